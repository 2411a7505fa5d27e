// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/simulator/attack_spec.h"
#include "tools/simulator/cluster.h"
#include "tools/simulator/tap.h"

namespace mimir::simulator {

/// What one pod sent to another, or out, on one connection of an attack: figures of the
/// packets that are in the capture (without the second copies of node-any).
struct HopTruth {
  std::string from;       ///< name of the pod
  std::string to;         ///< name of the pod, or the address outside
  std::uint32_t hop = 0;  ///< which one of the path
  AttackSpec::Method method = AttackSpec::Method::kTcp;
  Endpoint source;
  Endpoint destination;
  std::uint64_t ip_bytes = 0;
  std::uint64_t payload_bytes = 0;  ///< of what was stolen
  std::uint64_t packets = 0;
};

/// What an attack really was.
struct AttackTruth {
  std::uint32_t id = 0;  ///< from 1 on
  AttackSpec spec;
  TimeNs start_ns = 0;  ///< absolute; of the first packet
  TimeNs end_ns = 0;  ///< absolute; the holder sends no data later, proxies still may for a moment
  std::vector<std::string> pods;  ///< in the order of the path, of every chain
  std::vector<HopTruth> hops;
  std::uint64_t probes = 0;  ///< of a scan: ports tried
  std::uint64_t open = 0;    ///< of a scan: ports that answered with a handshake
};

/// Something hostile, as packets. It draws from a stream of its own: the rest of the
/// run is the same with and without it.
class Attack {
 public:
  virtual ~Attack() = default;

  /// Returns when the first step is due.
  virtual TimeNs begin(TimeNs time_ns) = 0;
  /// Returns when the next is due, or nothing at the end.
  virtual std::optional<TimeNs> step(TimeNs time_ns) = 0;
  [[nodiscard]] virtual AttackTruth truth() const = 0;
};

/// What attacks of every kind are made of.
struct AttackContext {
  const Topology& topology;
  const Cluster& cluster;
  Tap& tap;
};

[[nodiscard]] std::unique_ptr<Attack> make_attack(const AttackSpec& spec, std::uint32_t id,
                                                  const AttackContext& context, std::uint64_t seed);

/// One line of the truth file.
[[nodiscard]] std::string truth_line(const AttackTruth& truth);

}  // namespace mimir::simulator
