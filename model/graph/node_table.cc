// SPDX-License-Identifier: Apache-2.0
#include "model/graph/node_table.h"

namespace mimir::graph {

NodeId NodeTable::intern(const Address& address) {
  const NodeId next = first_address() + static_cast<NodeId>(addresses_.size());
  const auto [place, inserted] = ids_.try_emplace(address, next);
  if (inserted) addresses_.push_back(address);
  return place->second;
}

std::optional<NodeId> NodeTable::find(const Address& address) const {
  const auto place = ids_.find(address);
  return place == ids_.end() ? std::nullopt : std::optional(place->second);
}

void NodeTable::clear() {
  addresses_.clear();
  ids_.clear();
}

}  // namespace mimir::graph
