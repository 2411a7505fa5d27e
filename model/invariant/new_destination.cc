// SPDX-License-Identifier: Apache-2.0
#include "model/invariant/new_destination.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace mimir::invariant {

namespace {
constexpr std::size_t kNoColumn = std::numeric_limits<std::size_t>::max();
}

NewDestination::NewDestination(const Services& services, const KnownDestinations& known)
    : services_(services), column_of_(services.size(), kNoColumn) {
  for (Slot slot = 0; slot < services.size(); ++slot) {
    if (services.is_single(slot)) continue;
    const auto found = known.find(services.names[slot]);
    std::vector<entity::Cidr> networks =
        found == known.end() ? std::vector<entity::Cidr>() : found->second;
    if (networks.size() > kKnownNetworkMax) continue;
    std::sort(networks.begin(), networks.end());
    column_of_[slot] = columns_.size();
    columns_.push_back("bytes(" + services.names[slot] + ">elsewhere)");
    known_.push_back(std::move(networks));
  }
}

void NewDestination::compute(const Graphs& graphs, std::span<double> into) {
  std::fill(into.begin(), into.end(), std::numeric_limits<double>::quiet_NaN());
  for (const graph::Destination& destination : graphs.destinations) {
    const Slot slot = services_.slot_of[destination.source];
    if (slot == kNoSlot || column_of_[slot] == kNoColumn) continue;
    const std::size_t column = column_of_[slot];
    const auto& known = known_[column];
    if (std::binary_search(known.begin(), known.end(), destination.network)) continue;
    const auto bytes = static_cast<double>(destination.bytes);
    into[column] = std::isnan(into[column]) ? bytes : into[column] + bytes;
  }
}

}  // namespace mimir::invariant
