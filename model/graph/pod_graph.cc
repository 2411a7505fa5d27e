// SPDX-License-Identifier: Apache-2.0
#include "model/graph/pod_graph.h"

#include <algorithm>

namespace mimir::graph {

void PodGraph::build(const EdgeTable& reduced, const Cluster& cluster) {
  nodes_.clear();
  edges_.clear();
  total_ = Counts{};
  for (const Edge& edge : reduced.edges()) {
    nodes_.push_back({.id = edge.source});
    nodes_.push_back({.id = edge.target});
  }
  std::sort(nodes_.begin(), nodes_.end(),
            [](const PodNode& left, const PodNode& right) { return left.id < right.id; });
  nodes_.erase(
      std::unique(nodes_.begin(), nodes_.end(),
                  [](const PodNode& left, const PodNode& right) { return left.id == right.id; }),
      nodes_.end());
  for (PodNode& node : nodes_) {
    node.class_id = cluster.class_of(node.id);
    node.kind = cluster.kind(node.id);
  }

  row_.assign(nodes_.size() + 1, 0);
  std::uint32_t source = 0;
  for (const Edge& edge : reduced.edges()) {
    if (edge.counts.bytes == 0) continue;
    while (nodes_[source].id != edge.source) ++source;
    edges_.push_back({.source = source, .target = *find(edge.target), .counts = edge.counts});
    ++row_[source + 1];
    total_ += edge.counts;
  }
  for (std::size_t i = 1; i < row_.size(); ++i) row_[i] += row_[i - 1];
}

std::optional<std::uint32_t> PodGraph::find(NodeId id) const {
  const auto place =
      std::lower_bound(nodes_.begin(), nodes_.end(), id,
                       [](const PodNode& node, NodeId wanted) { return node.id < wanted; });
  if (place == nodes_.end() || place->id != id) return std::nullopt;
  return static_cast<std::uint32_t>(place - nodes_.begin());
}

std::uint64_t PodGraph::bytes(std::uint32_t source, std::uint32_t target) const {
  const auto out = row(source);
  const auto place = std::lower_bound(
      out.begin(), out.end(), target,
      [](const PodEdge& edge, std::uint32_t wanted) { return edge.target < wanted; });
  return place != out.end() && place->target == target ? place->counts.bytes : 0;
}

Counts PodGraph::into_outside() const {
  Counts sum;
  const auto outside = find(kOutsideNode);
  if (!outside) return sum;
  for (const PodEdge& edge : edges_) {
    if (edge.target == *outside) sum += edge.counts;
  }
  return sum;
}

}  // namespace mimir::graph
