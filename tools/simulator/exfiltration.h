// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/simulator/attack_spec.h"
#include "tools/simulator/cluster.h"
#include "tools/simulator/connection.h"
#include "tools/simulator/payload.h"

namespace mimir::simulator {

/// One connection of an attack, and what its sender put on the wire: figures of the
/// packets that are in the capture (without the second copies of node-any).
struct HopTruth {
  std::string from;  ///< name of the pod
  std::string to;    ///< name of the pod, or the address outside
  Endpoint source;
  Endpoint destination;
  std::uint64_t ip_bytes = 0;
  std::uint64_t payload_bytes = 0;
  std::uint64_t packets = 0;
};

/// What an attack really was.
struct AttackTruth {
  std::uint32_t id = 0;  ///< from 1 on
  AttackSpec spec;
  TimeNs start_ns = 0;  ///< absolute; of the first packet
  TimeNs end_ns = 0;  ///< absolute; the holder sends no data later, proxies still may for a moment
  std::vector<HopTruth> hops;
};

/// Data that leaves through proxies, as the Data Exfiltration Toolkit sends it: a
/// chain of TCP connections, one pod a service, on each of which packets of 300 to
/// 1400 bytes follow each other at random gaps of up to twice the mean. Every proxy
/// sends on what it got, and every packet is acknowledged.
///
/// It draws from its own stream: the rest of the run is the same with and without it.
class Exfiltration {
 public:
  Exfiltration(const AttackSpec& spec, std::uint32_t id, const Topology& topology,
               const Cluster& cluster, Tap& tap, std::uint64_t seed);

  /// Opens the chain. Returns when the first data go out.
  TimeNs begin(TimeNs time_ns);

  /// Sends one packet along the chain, or closes it at the end. Returns when to go on.
  std::optional<TimeNs> step(TimeNs time_ns);

  [[nodiscard]] AttackTruth truth() const;

 private:
  AttackSpec spec_;
  std::uint32_t id_;
  Random random_;
  Payloads payloads_;
  std::vector<std::string> names_;  ///< of the chain's members
  std::vector<Connection> hops_;
  TimeNs begin_ns_ = 0;
  TimeNs end_ns_ = 0;
};

/// One line of the truth file.
[[nodiscard]] std::string truth_line(const AttackTruth& truth);

}  // namespace mimir::simulator
