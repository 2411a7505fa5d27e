// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "model/graph/cluster.h"
#include "model/graph/edge_table.h"
#include "model/graph/node_table.h"
#include "model/graph/observation.h"

namespace mimir::graph {

/// Where the bytes of a window's edges went. Each edge is counted once, under the
/// first line that fits; together they are the total of the edges.
struct ByteLedger {
  std::uint64_t kept = 0;            ///< between applications and outside
  std::uint64_t kept_unknown = 0;    ///< of an address that should have a holder; in the graph
  std::uint64_t unmapped = 0;        ///< of such an address, and not in the graph
  std::uint64_t cluster_nodes = 0;   ///< of the cluster's machines: probes, API server
  std::uint64_t infrastructure = 0;  ///< of kube-system and the like
  std::uint64_t foreign = 0;         ///< nobody of the cluster took part
  std::uint64_t duplicate = 0;       ///< the second sight of what is kept elsewhere

  [[nodiscard]] std::uint64_t total() const {
    return kept + kept_unknown + unmapped + cluster_nodes + infrastructure + foreign + duplicate;
  }
  constexpr ByteLedger& operator+=(const ByteLedger& other) noexcept {
    kept += other.kept;
    kept_unknown += other.kept_unknown;
    unmapped += other.unmapped;
    cluster_nodes += other.cluster_nodes;
    infrastructure += other.infrastructure;
    foreign += other.foreign;
    duplicate += other.duplicate;
    return *this;
  }

  /// The share of the bytes whose owner should be known and is not; 0 of nothing.
  [[nodiscard]] double unmapped_share() const {
    const std::uint64_t all = total();
    return all == 0 ? 0.0 : static_cast<double>(kept_unknown + unmapped) / static_cast<double>(all);
  }
};

/// The edges that the invariants are about, without literal addresses, so that
/// tables of several windows and workers can be merged.
struct Reduction {
  EdgeTable edges;
  ByteLedger bytes;
};

/// Merges what is not of the cluster into outside and leaves out machines and
/// infrastructure.
///
/// kMirror: an address without a holder is what classify() says; unknown ones
/// become one node. What outside tells outside is left out, so every byte of the
/// external traffic is there once a direction, between a pod and outside.
///
/// kNodeAny: an address without a holder is outside, but for loopback, the gateway
/// and its /24. What comes from the outside is seen as the gateway's (translated),
/// and so are kubelets' probes; answers to the outside are seen to the gateway and
/// to the outside. So, where anything is outside: of a node that sends to outside,
/// gateway -> node becomes outside -> node and node -> gateway, a duplicate, goes;
/// of any other node both go. Without a gateway in the configuration nothing is
/// compensated.
///
/// Cost: O(edges log edges). `nodes` is the table that `named` was made with.
[[nodiscard]] Reduction reduce(const EdgeTable& named, const NodeTable& nodes,
                               const Cluster& cluster, const ObservationConfig& config);

}  // namespace mimir::graph
