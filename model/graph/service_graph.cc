// SPDX-License-Identifier: Apache-2.0
#include "model/graph/service_graph.h"

#include <algorithm>
#include <tuple>

namespace mimir::graph {
namespace {

bool comes_before(const ServiceEdge& left, const ServiceEdge& right) {
  return std::tie(left.source, left.target) < std::tie(right.source, right.target);
}

}  // namespace

void ServiceGraph::build(const PodGraph& pods) {
  edges_.clear();
  total_ = pods.total();
  const auto nodes = pods.nodes();
  for (const PodEdge& edge : pods.edges()) {
    edges_.push_back({.source = nodes[edge.source].class_id,
                      .target = nodes[edge.target].class_id,
                      .counts = edge.counts});
  }
  std::sort(edges_.begin(), edges_.end(), comes_before);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < edges_.size(); ++i) {
    if (kept > 0 && !comes_before(edges_[kept - 1], edges_[i])) {
      edges_[kept - 1].counts += edges_[i].counts;
    } else {
      edges_[kept++] = edges_[i];
    }
  }
  edges_.resize(kept);
}

Counts ServiceGraph::counts(ClassId source, ClassId target) const {
  const ServiceEdge wanted{.source = source, .target = target, .counts = {}};
  const auto place = std::lower_bound(edges_.begin(), edges_.end(), wanted, comes_before);
  return place != edges_.end() && !comes_before(wanted, *place) ? place->counts : Counts{};
}

}  // namespace mimir::graph
