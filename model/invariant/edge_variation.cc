// SPDX-License-Identifier: Apache-2.0
#include "model/invariant/edge_variation.h"

#include <cmath>
#include <limits>

namespace mimir::invariant {

EdgeVariation::EdgeVariation(const Services& services, Form form)
    : services_(services), form_(form), column_of_(services.size()) {
  for (Slot source = 0; source < services.size(); ++source) {
    for (Slot target = 0; target < services.size(); ++target) {
      const bool wanted = form == Form::kIntended ? source != target : source <= target;
      if (!wanted) continue;
      column_of_.at(source, target) = static_cast<std::uint32_t>(columns_.size());
      columns_.push_back("edge_variation(" + services.names[source] + ">" + services.names[target] +
                         ")");
    }
  }
}

std::uint32_t EdgeVariation::column(const graph::PodNode& source,
                                    const graph::PodNode& target) const {
  const Slot from = services_.slot_of[source.class_id];
  const Slot to = services_.slot_of[target.class_id];
  if (from == kNoSlot || to == kNoSlot || from == to) return PairColumns::kNoColumn;
  if (source.kind == graph::NodeKind::kVip) return PairColumns::kNoColumn;
  if (target.kind == graph::NodeKind::kVip && form_ == Form::kIntended) {
    return PairColumns::kNoColumn;
  }
  return column_of_.at(from, to);
}

void EdgeVariation::compute(const Graphs& graphs, std::span<double> into) {
  count_.assign(columns_.size(), 0);
  mean_.assign(columns_.size(), 0.0);
  squares_.assign(columns_.size(), 0.0);
  const auto nodes = graphs.pods.nodes();

  // Two passes: in one, squares of byte counts would cost half of the digits.
  for (const graph::PodEdge& edge : graphs.pods.edges()) {
    const std::uint32_t at = column(nodes[edge.source], nodes[edge.target]);
    if (at == PairColumns::kNoColumn) continue;
    ++count_[at];
    mean_[at] += static_cast<double>(edge.counts.bytes);
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (count_[i] > 0) mean_[i] /= static_cast<double>(count_[i]);
  }
  for (const graph::PodEdge& edge : graphs.pods.edges()) {
    const std::uint32_t at = column(nodes[edge.source], nodes[edge.target]);
    if (at == PairColumns::kNoColumn) continue;
    const double deviation = static_cast<double>(edge.counts.bytes) - mean_[at];
    squares_[at] += deviation * deviation;
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    into[i] = count_[i] == 0 ? std::numeric_limits<double>::quiet_NaN()
                             : std::sqrt(squares_[i] / static_cast<double>(count_[i])) / mean_[i];
  }
  if (form_ == Form::kPrototype) {
    for (Slot slot = 0; slot < services_.size(); ++slot) into[column_of_.at(slot, slot)] = 0.0;
  }
}

}  // namespace mimir::invariant
