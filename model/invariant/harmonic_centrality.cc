// SPDX-License-Identifier: Apache-2.0
#include "model/invariant/harmonic_centrality.h"

#include <algorithm>
#include <functional>
#include <limits>

namespace mimir::invariant {

namespace {
constexpr double kInfinity = std::numeric_limits<double>::infinity();
}  // namespace

HarmonicCentrality::HarmonicCentrality(const Services& services) : services_(services) {
  for (const std::string& name : services.names) {
    columns_.push_back("harmonic_centrality(" + name + ")");
  }
}

void HarmonicCentrality::build_arcs(const graph::ServiceGraph& graph) {
  const std::size_t class_count = services_.slot_of.size();
  present_.assign(class_count, false);
  row_.assign(class_count + 1, 0);
  for (const graph::ServiceEdge& edge : graph.edges()) {
    present_[edge.source] = true;
    present_[edge.target] = true;
    if (edge.source != edge.target) ++row_[edge.target + 1];
  }
  for (std::size_t i = 1; i < row_.size(); ++i) row_[i] += row_[i - 1];
  arcs_.resize(row_.back());
  const auto total = static_cast<double>(graph.total().bytes);
  // Filled from the back of each row, so that row_ ends where it should.
  std::vector<std::size_t> next(row_.begin() + 1, row_.end());
  for (const graph::ServiceEdge& edge : graph.edges()) {
    if (edge.source == edge.target) continue;
    arcs_[--next[edge.target]] = {.from = edge.source,
                                  .length = total / static_cast<double>(edge.counts.bytes)};
  }
}

double HarmonicCentrality::centrality(std::uint32_t into) {
  distance_.assign(present_.size(), kInfinity);
  distance_[into] = 0.0;
  heap_.assign(1, {0.0, into});
  // Added up as the distances ascend, an order that does not depend on ids.
  double sum = 0.0;
  while (!heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    const auto [reached, at] = heap_.back();
    heap_.pop_back();
    if (reached > distance_[at]) continue;
    if (at != into) sum += 1.0 / reached;
    for (std::size_t i = row_[at]; i < row_[at + 1]; ++i) {
      const Arc& arc = arcs_[i];
      const double through = reached + arc.length;
      if (through >= distance_[arc.from]) continue;
      distance_[arc.from] = through;
      heap_.emplace_back(through, arc.from);
      std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
    }
  }
  return sum;
}

void HarmonicCentrality::compute(const Graphs& graphs, std::span<double> into) {
  std::fill(into.begin(), into.end(), std::numeric_limits<double>::quiet_NaN());
  build_arcs(graphs.services);
  for (std::uint32_t id = 0; id < present_.size(); ++id) {
    const Slot slot = services_.slot_of[id];
    if (slot != kNoSlot && present_[id]) into[slot] = centrality(id);
  }
}

}  // namespace mimir::invariant
