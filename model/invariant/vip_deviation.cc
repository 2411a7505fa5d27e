// SPDX-License-Identifier: Apache-2.0
#include "model/invariant/vip_deviation.h"

#include <algorithm>
#include <limits>
#include <tuple>

namespace mimir::invariant {

VipDeviation::VipDeviation(const Services& services, Form form)
    : services_(services), form_(form) {}

bool VipDeviation::takes_part(Slot source, Slot target) const {
  if (source == kNoSlot || target == kNoSlot) return false;
  if (services_.is_single(source) || services_.is_single(target)) return false;
  if (services_.is_dns[source] || services_.is_dns[target]) return false;
  if (form_ == Form::kPrototype) return true;
  return source != target && services_.has_vip[source] && services_.has_vip[target];
}

// One entry a key, in the order of (source, target, end, pod).
void VipDeviation::collect(const graph::PodGraph& graph) {
  entries_.clear();
  const auto nodes = graph.nodes();
  for (const graph::PodEdge& edge : graph.edges()) {
    const graph::PodNode& from = nodes[edge.source];
    const graph::PodNode& to = nodes[edge.target];
    const Slot source = services_.slot_of[from.class_id];
    const Slot target = services_.slot_of[to.class_id];
    if (!takes_part(source, target)) continue;
    const bool from_vip = from.kind == graph::NodeKind::kVip;
    const bool to_vip = to.kind == graph::NodeKind::kVip;
    if (from_vip && to_vip) continue;
    Entry entry{.source = source, .target = target};
    (from_vip || to_vip ? entry.vip_bytes : entry.pod_bytes) = edge.counts.bytes;
    if (!from_vip) {
      entry.end = End::kTarget;
      entry.pod = edge.source;
      entries_.push_back(entry);
    }
    if (!to_vip) {
      entry.end = End::kSource;
      entry.pod = edge.target;
      entries_.push_back(entry);
    }
  }
  const auto key = [](const Entry& entry) {
    return std::tie(entry.source, entry.target, entry.end, entry.pod);
  };
  std::sort(entries_.begin(), entries_.end(),
            [&](const Entry& left, const Entry& right) { return key(left) < key(right); });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (kept > 0 && key(entries_[kept - 1]) == key(entries_[i])) {
      entries_[kept - 1].vip_bytes += entries_[i].vip_bytes;
      entries_[kept - 1].pod_bytes += entries_[i].pod_bytes;
    } else {
      entries_[kept++] = entries_[i];
    }
  }
  entries_.resize(kept);
}

// `pair` holds the keys of one pair of services, those of the target's end first.
void VipDeviation::add_pair(std::span<const Entry> pair, Sums& sums) const {
  bool used[2] = {false, false};
  std::uint64_t bytes[2] = {0, 0};
  for (const Entry& entry : pair) {
    const auto end = static_cast<std::size_t>(entry.end);
    used[end] |= entry.vip_bytes > 0;
    bytes[end] += entry.pod_bytes;
    sums.vip_keys += entry.vip_bytes > 0 ? 1 : 0;
    sums.pod_keys += entry.pod_bytes > 0 ? 1 : 0;
  }
  for (const Entry& entry : pair) {
    const bool counts =
        form_ == Form::kPrototype ? entry.vip_bytes > 0 : used[static_cast<std::size_t>(entry.end)];
    if (!counts) continue;
    sums.deviation +=
        std::max(entry.vip_bytes, entry.pod_bytes) - std::min(entry.vip_bytes, entry.pod_bytes);
  }
  // Every byte between pods is under both ends.
  if (form_ == Form::kPrototype) {
    sums.pod_bytes += bytes[0] + bytes[1];
  } else {
    sums.pod_bytes += bytes[0];
    if (!used[0] && !used[1]) sums.deviation += bytes[0];
  }
}

VipDeviation::Sums VipDeviation::sums(const graph::PodGraph& graph) {
  collect(graph);
  Sums sums;
  auto first = entries_.begin();
  while (first != entries_.end()) {
    const auto last = std::find_if(first, entries_.end(), [&](const Entry& entry) {
      return entry.source != first->source || entry.target != first->target;
    });
    add_pair(std::span(first, last), sums);
    first = last;
  }
  return sums;
}

void VipDeviation::compute(const Graphs& graphs, std::span<double> into) {
  const Sums of = sums(graphs.pods);
  into[0] = of.pod_bytes == 0
                ? std::numeric_limits<double>::quiet_NaN()
                : static_cast<double>(of.deviation) / static_cast<double>(of.pod_bytes);
}

}  // namespace mimir::invariant
