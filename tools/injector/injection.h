// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/graph/cluster.h"
#include "model/graph/edge_table.h"
#include "model/graph/observation.h"
#include "tools/injector/path_templates.h"

namespace mimir::injector {

/// How much an attack carries out. Deviations are those of a normal distribution,
/// one draw a base window.
struct Rate {
  std::uint64_t bytes_per_minute = 0;
  std::uint64_t deviation_bytes_per_minute = 0;
  std::uint32_t packet_bytes = 500;  ///< IP total length; held within 40 and 1460
  std::uint32_t deviation_packet_bytes = 100;
};

/// Which draws an attack uses: equal keys give equal attacks, whatever else is
/// injected, in whatever order.
struct AttackKey {
  std::uint64_t seed = 0;
  std::uint64_t rate = 0;    ///< number of the rate among those tried
  std::uint64_t attack = 0;  ///< number of the occurrence
};

/// What flows over each hop in each of `window_count` base windows.
///
///   bytes   = floor(X * window / minute) + what the window before left over
///   packets = floor(bytes / S)
///
/// X >= 0 and S are the draws. Less than 60 bytes are not sent, but left over to the
/// next window of the attack. All arithmetic behind the draws is of integers.
[[nodiscard]] std::vector<graph::Counts> amounts(const Rate& rate, const AttackKey& key,
                                                 std::size_t window_count, std::uint64_t window_ms);

struct Hop {
  graph::NodeId source = 0;
  graph::NodeId target = 0;

  friend bool operator==(const Hop&, const Hop&) = default;
};

/// One node a stop: a pod at random among those of the service in `window`, else of
/// those it ever had. The draw is the same for every rate. Nothing, if the cluster
/// lacks the service, its pods or its VIP.
[[nodiscard]] std::optional<std::vector<graph::NodeId>> choose_nodes(const TemplatePath& path,
                                                                     const graph::EdgeTable& window,
                                                                     const graph::Cluster& cluster,
                                                                     const AttackKey& key);

/// The directed edges that carry the data, as the observation point sees them:
///
///   stops            node-any                mirror
///   a, b             a > b                   a > b
///   a, b's VIP, b    a > b's VIP, a > b      a > b
///   a, a's VIP, b    a > b, a's VIP > b      a > b
///
/// REQUIRES: one node a stop.
[[nodiscard]] std::vector<Hop> hops(const TemplatePath& path, std::span<const graph::NodeId> nodes,
                                    graph::Observation observation);

/// `window` with `counts` on every hop and, on its reverse, an acknowledgement of
/// 40 bytes a packet. Adds to what is there; edges that lack are made.
[[nodiscard]] graph::EdgeTable with_traffic(const graph::EdgeTable& window,
                                            std::span<const Hop> hops, const graph::Counts& counts);

/// An attack that took place in copies of some windows.
struct InjectedAttack {
  std::vector<Hop> hops;
  std::vector<graph::Counts> amounts;     ///< over each hop, by window
  std::vector<graph::EdgeTable> windows;  ///< with the attack in them
};

/// The whole amount over every hop, in every one of `windows`: the reduced base
/// windows of one occurrence, in order. Coarser windows are sums of the results, so
/// all granularities see one attack. Pods are chosen once, by the first window.
[[nodiscard]] std::optional<InjectedAttack> inject(const TemplatePath& path, const Rate& rate,
                                                   const AttackKey& key,
                                                   std::span<const graph::EdgeTable> windows,
                                                   std::uint64_t window_ms,
                                                   const graph::Cluster& cluster,
                                                   graph::Observation observation);

}  // namespace mimir::injector
