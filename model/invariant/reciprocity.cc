// SPDX-License-Identifier: Apache-2.0
#include "model/invariant/reciprocity.h"

#include <algorithm>
#include <limits>

namespace mimir::invariant {

Reciprocity::Reciprocity(const Services& services, Form form)
    : services_(services), form_(form), column_of_(services.size()) {
  for (Slot first = 0; first < services.size(); ++first) {
    for (Slot second = first; second < services.size(); ++second) {
      const bool alone = first == second && services.is_single(first);
      if (alone && form == Form::kIntended) continue;
      const auto column = static_cast<std::uint32_t>(columns_.size());
      column_of_.at(first, second) = column;
      column_of_.at(second, first) = column;
      columns_.push_back("reciprocity(" + services.names[first] + "," + services.names[second] +
                         ")");
    }
  }
}

void Reciprocity::compute(const Graphs& graphs, std::span<double> into) {
  mutual_.assign(columns_.size(), 0);
  total_.assign(columns_.size(), 0);
  const auto nodes = graphs.pods.nodes();
  for (const graph::PodEdge& edge : graphs.pods.edges()) {
    const Slot source = services_.slot_of[nodes[edge.source].class_id];
    const Slot target = services_.slot_of[nodes[edge.target].class_id];
    if (source == kNoSlot || target == kNoSlot) continue;
    const std::uint32_t column = column_of_.at(source, target);
    if (column == PairColumns::kNoColumn) continue;
    total_[column] += edge.counts.bytes;
    if (edge.source != edge.target) {
      mutual_[column] += std::min(edge.counts.bytes, graphs.pods.bytes(edge.target, edge.source));
    }
  }
  const double undefined =
      form_ == Form::kPrototype ? -1.0 : std::numeric_limits<double>::quiet_NaN();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    into[i] = total_[i] == 0 ? undefined
                             : static_cast<double>(mutual_[i]) / static_cast<double>(total_[i]);
  }
}

}  // namespace mimir::invariant
