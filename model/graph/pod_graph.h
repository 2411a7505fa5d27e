// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/graph/cluster.h"
#include "model/graph/edge_table.h"

namespace mimir::graph {

/// One endpoint of a window's traffic: a pod, a service's address, outside, unknown.
struct PodNode {
  NodeId id = 0;
  ClassId class_id = 0;
  NodeKind kind = NodeKind::kPod;
};

struct PodEdge {
  std::uint32_t source = 0;  ///< position in nodes()
  std::uint32_t target = 0;
  Counts counts;
};

/// Who sent how much to whom in a window, by endpoint: compressed sparse rows.
///
/// Invariants: nodes ascend by id; edges ascend by (source, target) and carry
/// bytes; row(i) is the edges out of node i. A node whose edges all lack bytes is a
/// node. Equal reduced tables give equal graphs.
/// Cost: build() is O(edges log nodes) and keeps its memory.
class PodGraph {
 public:
  PodGraph() = default;
  PodGraph(const EdgeTable& reduced, const Cluster& cluster) { build(reduced, cluster); }

  /// REQUIRES: a table of reduce(), or a merger of such.
  void build(const EdgeTable& reduced, const Cluster& cluster);

  [[nodiscard]] std::span<const PodNode> nodes() const { return nodes_; }
  [[nodiscard]] std::span<const PodEdge> edges() const { return edges_; }
  [[nodiscard]] std::span<const PodEdge> row(std::uint32_t node) const {
    return std::span(edges_).subspan(row_[node], row_[node + 1] - row_[node]);
  }
  [[nodiscard]] const Counts& total() const { return total_; }
  [[nodiscard]] std::optional<std::uint32_t> find(NodeId id) const;
  /// Bytes from `source` to `target`, positions in nodes(); 0 without an edge.
  [[nodiscard]] std::uint64_t bytes(std::uint32_t source, std::uint32_t target) const;

  /// Everything that arrived outside, its own traffic with itself included.
  [[nodiscard]] Counts into_outside() const;

 private:
  std::vector<PodNode> nodes_;
  std::vector<std::size_t> row_{0};
  std::vector<PodEdge> edges_;
  Counts total_;
};

}  // namespace mimir::graph
