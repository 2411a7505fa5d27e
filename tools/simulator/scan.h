// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/simulator/attack.h"
#include "tools/simulator/random.h"

namespace mimir::simulator {

/// A pod that tries ports with SYNs, as nmap's half-open scan does: an open one answers
/// with a handshake, which is reset; a closed one resets; where nobody is, nothing
/// comes, and the SYN goes once more a second later.
class Scan final : public Attack {
 public:
  Scan(const AttackSpec& spec, std::uint32_t id, const AttackContext& context, std::uint64_t seed);

  TimeNs begin(TimeNs time_ns) override;
  std::optional<TimeNs> step(TimeNs time_ns) override;
  [[nodiscard]] AttackTruth truth() const override;

 private:
  [[nodiscard]] Endpoint next_target();
  /// The pod that has the address now, or nothing.
  [[nodiscard]] std::optional<std::uint32_t> holder(std::uint32_t address) const;
  bool emit(TimeNs time_ns, Endpoint source, Endpoint destination, std::uint8_t flags,
            bool from_scanner);

  AttackSpec spec_;
  std::uint32_t id_;
  AttackContext context_;
  Random random_;
  std::uint32_t pod_ = kNoService;
  std::uint32_t sequence_ = 0;
  std::uint64_t turn_ = 0;
  HopTruth sent_;
  std::uint64_t probes_ = 0;
  std::uint64_t open_ = 0;
  TimeNs begin_ns_ = 0;
  TimeNs end_ns_ = 0;
};

}  // namespace mimir::simulator
