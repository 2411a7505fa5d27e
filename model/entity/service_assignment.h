// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/entity/entity_map.h"

namespace mimir::entity {

/// Dense, stable within one assignment: 0 .. size() - 1.
using ServiceId = std::uint32_t;

/// The one service of each entity; the nodes of a class graph.
///
/// A pod belongs to the service
///   1. whose endpoints list it (Entity::service), else
///   2. of its namespace that has one of its labels; of labels, those whose key,
///      without a prefix such as app.kubernetes.io/, is name, then k8s-app, then app;
///      of services that share a label, one with an address goes before a headless
///      one, then the shorter name wins (k8s-app: the one seen last), else
///   3. that is named like the pod's owner or, by the pod's name, its workload, else
///   4. it is a service of its own, named after its workload.
/// A service that shares a label with a shorter one belongs to that (x-repl to x),
/// unless the endpoints of a pod say otherwise. All nodes of the cluster are one
/// service of their own, "(nodes)". Every entity has a service.
///
/// Threads: immutable after build(); any number of readers.
/// Invariant: depends on the entities and their order of appearance only. Labels do
/// not change with time here: an EntityMap knows the last of them.
class ServiceAssignment {
 public:
  ServiceAssignment() = default;

  /// With `before`, the assignment of an earlier map of the same cluster, the services it
  /// has keep their ids and their names, though nobody may be left in them, and new ones
  /// come behind them: what refers to a service lives on.
  [[nodiscard]] static ServiceAssignment build(const EntityMap& map,
                                               const ServiceAssignment* before = nullptr);

  [[nodiscard]] std::size_t size() const { return names_.size(); }

  /// "user-db", or "shop/user-db" where two namespaces have a user-db.
  [[nodiscard]] const std::string& service_name(ServiceId id) const { return names_[id]; }
  [[nodiscard]] std::optional<ServiceId> find(std::string_view service_name) const;

  [[nodiscard]] ServiceId service_of(EntityId id) const { return service_of_[id]; }

  /// What a cluster runs for itself: the namespace kube-system and the API server's
  /// service, DNS excepted. Nodes are not; they are told by their kind.
  [[nodiscard]] bool is_infrastructure(EntityId id) const { return is_infrastructure_[id]; }

  /// A pod or service of the cluster's DNS, kube-dns or CoreDNS.
  [[nodiscard]] bool is_dns(EntityId id) const { return is_dns_[id]; }

 private:
  friend class ServiceAssigner;
  using Name = std::pair<std::string, std::string>;  // namespace, name

  std::vector<Name> classes_;  // by ServiceId, as the next
  std::vector<std::string> names_;
  std::map<std::string, ServiceId, std::less<>> ids_;
  std::vector<ServiceId> service_of_;  // by EntityId, as the next two
  std::vector<bool> is_infrastructure_;
  std::vector<bool> is_dns_;
};

/// What a pod is an instance of: its owner's name, or its own name, without what
/// Kubernetes appends (template hash, random suffix, ordinal, name of the node).
[[nodiscard]] std::string workload_name(const Entity& pod);

}  // namespace mimir::entity
