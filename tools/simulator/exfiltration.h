// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/simulator/attack.h"
#include "tools/simulator/carrier.h"
#include "tools/simulator/payload.h"

namespace mimir::simulator {

/// Data that leave through proxies, as the Data Exfiltration Toolkit sends them, or
/// somebody who goes from pod to pod: chains of hops, one pod a service, over each of
/// which every packet goes on as it comes.
///
/// A chain of which a pod has left is made anew, as an agent in every pod would.
class Exfiltration final : public Attack {
 public:
  Exfiltration(const AttackSpec& spec, std::uint32_t id, const AttackContext& context,
               std::uint64_t seed);

  TimeNs begin(TimeNs time_ns) override;
  std::optional<TimeNs> step(TimeNs time_ns) override;
  [[nodiscard]] AttackTruth truth() const override;

 private:
  struct Hop {
    std::vector<std::string> names;  ///< of the members it lies between
    std::uint32_t first;             ///< which hop of the path it is
    std::unique_ptr<Carrier> carrier;
  };
  struct Chain {
    std::vector<std::uint32_t> pods;
    std::vector<std::size_t> hops;  ///< indices of hops_
    bool is_open = false;
    TimeNs not_before_ns = 0;  ///< until then a hop of it waits for an answer
  };

  /// False if a service of the path has no pod now.
  bool choose(Chain& chain);
  void add_hop(Chain& chain, const std::vector<Endpoint>& ends, std::uint32_t first);
  [[nodiscard]] bool is_whole(const Chain& chain) const;
  TimeNs open(Chain& chain, TimeNs time_ns);
  void close(Chain& chain, TimeNs time_ns);
  void send(Chain& chain, std::size_t length, TimeNs time_ns);

  AttackSpec spec_;
  std::uint32_t id_;
  AttackContext context_;
  Random random_;
  Payloads payloads_;
  std::vector<Hop> hops_;  ///< of all chains, those that were made anew too
  std::vector<Chain> chains_;
  std::vector<std::string> pods_;
  std::size_t turn_ = 0;
  TimeNs begin_ns_ = 0;
  TimeNs end_ns_ = 0;
  TimeNs due_ns_ = 0;  ///< when the next packet would leave if nobody had to wait
};

}  // namespace mimir::simulator
