// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/entity/entity_map.h"
#include "model/entity/service_assignment.h"
#include "model/graph/node_table.h"

namespace mimir::graph {

/// A class of nodes: the services of a ServiceAssignment under their own ids, then
/// outside, then unknown, then the services that a later map of the same cluster has more.
using ClassId = std::uint32_t;

enum class NodeKind : std::uint8_t { kPod, kVip, kClusterNode, kOutside, kUnknown };

/// What the graphs ask about who is who.
///
/// Threads: immutable; any number of readers.
/// REQUIRES: the map and the assignment it is made of outlive it.
class Cluster {
 public:
  /// `before`: of an earlier map of the same cluster, whose classes keep their ids.
  /// REQUIRES: the assignment goes on from the earlier one.
  Cluster(const entity::EntityMap& entities, const entity::ServiceAssignment& services,
          const Cluster* before = nullptr);

  [[nodiscard]] const entity::EntityMap& entities() const { return entities_; }

  [[nodiscard]] std::size_t class_count() const { return class_names_.size(); }
  [[nodiscard]] const std::string& class_name(ClassId id) const { return class_names_[id]; }
  [[nodiscard]] std::optional<ClassId> find_class(std::string_view name) const;
  [[nodiscard]] ClassId outside_class() const { return outside_class_; }
  [[nodiscard]] ClassId unknown_class() const { return outside_class() + 1; }

  /// Whether the class is a service that is neither infrastructure nor the nodes.
  [[nodiscard]] bool is_application(ClassId id) const { return is_application_[id]; }
  /// Whether clients can reach the class through an address of its own.
  [[nodiscard]] bool has_vip(ClassId id) const { return !vips_[id].empty(); }
  /// The services with an address that make up the class, by order of appearance.
  [[nodiscard]] const std::vector<NodeId>& vips(ClassId id) const { return vips_[id]; }
  [[nodiscard]] const std::vector<NodeId>& pods(ClassId id) const { return pods_[id]; }
  [[nodiscard]] bool is_dns(ClassId id) const { return is_dns_[id]; }

  // The following REQUIRE a node that is not a literal address.
  [[nodiscard]] NodeKind kind(NodeId node) const;
  [[nodiscard]] ClassId class_of(NodeId node) const;
  [[nodiscard]] bool is_infrastructure(NodeId node) const;
  /// "shop/user-0", "shop/user (VIP)", "outside".
  [[nodiscard]] std::string node_name(NodeId node) const;

 private:
  [[nodiscard]] ClassId class_of_service(entity::ServiceId id) const {
    return id < outside_class_ ? id : id + 2;
  }

  const entity::EntityMap& entities_;
  const entity::ServiceAssignment& services_;
  ClassId outside_class_;
  std::vector<std::string> class_names_;
  std::vector<bool> is_application_;  // by ClassId, as the next three
  std::vector<bool> is_dns_;
  std::vector<std::vector<NodeId>> vips_;
  std::vector<std::vector<NodeId>> pods_;
};

}  // namespace mimir::graph
