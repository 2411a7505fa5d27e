// SPDX-License-Identifier: Apache-2.0
#include "model/graph/cluster.h"

namespace mimir::graph {

Cluster::Cluster(const entity::EntityMap& entities, const entity::ServiceAssignment& services,
                 const Cluster* before)
    : entities_(entities),
      services_(services),
      outside_class_(before == nullptr ? static_cast<ClassId>(services.size())
                                       : before->outside_class_),
      class_names_(services.size() + 2),
      is_application_(services.size() + 2, false),
      is_dns_(services.size() + 2, false),
      vips_(services.size() + 2),
      pods_(services.size() + 2) {
  for (entity::ServiceId id = 0; id < services.size(); ++id) {
    class_names_[class_of_service(id)] = services.service_name(id);
  }
  class_names_[outside_class()] = "outside";
  class_names_[unknown_class()] = "unknown";

  for (entity::EntityId id = 0; id < entities.size(); ++id) {
    const entity::Entity& entity = entities.entity(id);
    const ClassId service = class_of_service(services.service_of(id));
    if (entity.kind == entity::Kind::kNode) continue;
    if (!services.is_infrastructure(id)) is_application_[service] = true;
    if (services.is_dns(id)) is_dns_[service] = true;
    if (entity.kind == entity::Kind::kPod) {
      pods_[service].push_back(node_of(id));
    } else if (entities.had_address(id)) {
      vips_[service].push_back(node_of(id));
    }
  }
}

std::optional<ClassId> Cluster::find_class(std::string_view name) const {
  if (const auto service = services_.find(name)) return class_of_service(*service);
  if (name == class_names_[outside_class()]) return outside_class();
  if (name == class_names_[unknown_class()]) return unknown_class();
  return std::nullopt;
}

NodeKind Cluster::kind(NodeId node) const {
  if (node == kOutsideNode) return NodeKind::kOutside;
  if (node == kUnknownNode) return NodeKind::kUnknown;
  switch (entities_.entity(node - kFirstEntityNode).kind) {
    case entity::Kind::kPod:
      return NodeKind::kPod;
    case entity::Kind::kService:
      return NodeKind::kVip;
    case entity::Kind::kNode:
      break;
  }
  return NodeKind::kClusterNode;
}

ClassId Cluster::class_of(NodeId node) const {
  if (node == kOutsideNode) return outside_class();
  if (node == kUnknownNode) return unknown_class();
  return class_of_service(services_.service_of(node - kFirstEntityNode));
}

bool Cluster::is_infrastructure(NodeId node) const {
  return node >= kFirstEntityNode && services_.is_infrastructure(node - kFirstEntityNode);
}

std::string Cluster::node_name(NodeId node) const {
  if (node < kFirstEntityNode) return class_names_[class_of(node)];
  const entity::Entity& entity = entities_.entity(node - kFirstEntityNode);
  const std::string name =
      entity.namespace_name.empty() ? entity.name : entity.namespace_name + '/' + entity.name;
  return entity.kind == entity::Kind::kService ? name + " (VIP)" : name;
}

}  // namespace mimir::graph
