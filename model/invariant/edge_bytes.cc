// SPDX-License-Identifier: Apache-2.0
#include "model/invariant/edge_bytes.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mimir::invariant {

EdgeBytes::EdgeBytes(const Services& services) : services_(services), column_of_(services.size()) {
  for (Slot source = 0; source < services.size(); ++source) {
    for (Slot target = 0; target < services.size(); ++target) {
      if (source == target) continue;
      column_of_.at(source, target) = static_cast<std::uint32_t>(columns_.size());
      columns_.push_back("bytes(" + services.names[source] + ">" + services.names[target] + ")");
    }
  }
}

void EdgeBytes::compute(const Graphs& graphs, std::span<double> into) {
  std::fill(into.begin(), into.end(), std::numeric_limits<double>::quiet_NaN());
  for (const graph::ServiceEdge& edge : graphs.services.edges()) {
    const Slot source = services_.slot_of[edge.source];
    const Slot target = services_.slot_of[edge.target];
    if (source == kNoSlot || target == kNoSlot || source == target) continue;
    into[column_of_.at(source, target)] = static_cast<double>(edge.counts.bytes);
    double& back = into[column_of_.at(target, source)];
    if (std::isnan(back)) back = 0;
  }
}

}  // namespace mimir::invariant
