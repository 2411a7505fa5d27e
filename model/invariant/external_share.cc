// SPDX-License-Identifier: Apache-2.0
#include "model/invariant/external_share.h"

#include <algorithm>
#include <limits>

namespace mimir::invariant {

ExternalShare::ExternalShare(const Services& services)
    : services_(services), column_of_(services.size(), 0) {
  for (Slot slot = 0; slot < services.size(); ++slot) {
    if (slot == services.outside) continue;
    column_of_[slot] = static_cast<std::uint32_t>(columns_.size());
    columns_.push_back("external_share(" + services.names[slot] + ")");
  }
}

void ExternalShare::compute(const Graphs& graphs, std::span<double> into) {
  std::fill(into.begin(), into.end(), 0.0);
  double total = 0.0;
  for (const graph::ServiceEdge& edge : graphs.services.edges()) {
    const Slot source = services_.slot_of[edge.source];
    if (services_.slot_of[edge.target] != services_.outside) continue;
    if (source == kNoSlot || source == services_.outside) continue;
    into[column_of_[source]] = static_cast<double>(edge.counts.bytes);
    total += static_cast<double>(edge.counts.bytes);
  }
  for (double& value : into) {
    value = total == 0.0 ? std::numeric_limits<double>::quiet_NaN() : value / total;
  }
}

}  // namespace mimir::invariant
