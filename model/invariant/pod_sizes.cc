// SPDX-License-Identifier: Apache-2.0
#include "model/invariant/pod_sizes.h"

#include <limits>

namespace mimir::invariant {

namespace {
constexpr std::size_t kNoPod = std::numeric_limits<std::size_t>::max();
}

void PodSizes::build(const graph::PodGraph& pods) {
  const auto nodes = pods.nodes();
  slots_.clear();
  pod_of_.assign(nodes.size(), kNoPod);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Slot slot = services_.slot_of[nodes[i].class_id];
    if (nodes[i].kind != graph::NodeKind::kPod || slot == kNoSlot) continue;
    pod_of_[i] = slots_.size();
    slots_.push_back(slot);
  }
  sent_.assign(slots_.size() * services_.size(), 0.0);
  received_.assign(sent_.size(), 0.0);
  for (const graph::PodEdge& edge : pods.edges()) {
    const graph::PodNode& source = nodes[edge.source];
    const graph::PodNode& target = nodes[edge.target];
    const Slot from = services_.slot_of[source.class_id];
    const Slot to = services_.slot_of[target.class_id];
    const bool is_vip =
        source.kind == graph::NodeKind::kVip || target.kind == graph::NodeKind::kVip;
    if (from == kNoSlot || to == kNoSlot || is_vip) continue;
    const auto payload = static_cast<double>(edge.counts.payload_bytes());
    if (pod_of_[edge.source] != kNoPod) sent_[at(pod_of_[edge.source], to)] += payload;
    if (pod_of_[edge.target] != kNoPod) received_[at(pod_of_[edge.target], from)] += payload;
  }
}

}  // namespace mimir::invariant
