// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <span>
#include <vector>

#include "model/graph/cluster.h"
#include "model/graph/edge_table.h"
#include "model/graph/pod_graph.h"

namespace mimir::graph {

struct ServiceEdge {
  ClassId source = 0;
  ClassId target = 0;
  Counts counts;

  friend constexpr auto operator<=>(const ServiceEdge&, const ServiceEdge&) = default;
};

/// Who sent how much to whom in a window, by class: the pod graph with the nodes of
/// each class, its addresses included, drawn together.
///
/// Traffic within a class is an edge to itself. In node-any, a request through a
/// VIP counts on the way to the VIP and on the way to the pod.
/// Invariants: edges ascend by (source, target) and carry bytes.
/// Cost: O(edges log edges); build() keeps its memory.
class ServiceGraph {
 public:
  ServiceGraph() = default;
  explicit ServiceGraph(const PodGraph& pods) { build(pods); }

  void build(const PodGraph& pods);

  [[nodiscard]] std::span<const ServiceEdge> edges() const { return edges_; }
  [[nodiscard]] const Counts& total() const { return total_; }
  [[nodiscard]] Counts counts(ClassId source, ClassId target) const;

 private:
  std::vector<ServiceEdge> edges_;
  Counts total_;
};

}  // namespace mimir::graph
