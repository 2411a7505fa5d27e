// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "dataplane/record/address.h"
#include "model/entity/entity_map.h"

namespace mimir::graph {

/// A node of a window's edges:
///
///   0        outside: everything that is not of the cluster
///   1        unknown: addresses that should be of the cluster and have no holder
///   2 + e    entity e of the EntityMap
///   above    literal addresses, as a NodeTable numbers them
///
/// All but the last are the same in every window, worker and host that share an
/// EntityMap, which is what makes reduced edge tables mergeable.
using NodeId = std::uint32_t;

inline constexpr NodeId kOutsideNode = 0;
inline constexpr NodeId kUnknownNode = 1;
inline constexpr NodeId kFirstEntityNode = 2;

[[nodiscard]] constexpr NodeId node_of(entity::EntityId entity) noexcept {
  return kFirstEntityNode + entity;
}

/// Numbers the literal addresses of a window in the order of their appearance.
///
/// Threads: none; one owner.
/// Memory: grows with the addresses that nobody holds, so one table a window and
/// clear() before the next.
class NodeTable {
 public:
  explicit NodeTable(std::size_t entity_count) : entity_count_(entity_count) {}

  [[nodiscard]] NodeId intern(const Address& address);
  [[nodiscard]] std::optional<NodeId> find(const Address& address) const;
  void clear();

  [[nodiscard]] bool is_entity(NodeId node) const {
    return node >= kFirstEntityNode && node < first_address();
  }
  [[nodiscard]] bool is_address(NodeId node) const { return node >= first_address(); }

  /// REQUIRES: is_entity(node).
  [[nodiscard]] entity::EntityId entity(NodeId node) const { return node - kFirstEntityNode; }
  /// REQUIRES: is_address(node).
  [[nodiscard]] const Address& address(NodeId node) const {
    return addresses_[node - first_address()];
  }

 private:
  [[nodiscard]] NodeId first_address() const {
    return kFirstEntityNode + static_cast<NodeId>(entity_count_);
  }

  std::size_t entity_count_;
  std::vector<Address> addresses_;
  std::map<Address, NodeId> ids_;
};

}  // namespace mimir::graph
