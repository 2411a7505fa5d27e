// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/entity/entity_map.h"
#include "model/entity/service_assignment.h"
#include "model/graph/cluster.h"
#include "model/graph/edge_table.h"
#include "model/graph/node_table.h"
#include "model/graph/observation.h"
#include "model/graph/reduction.h"

namespace mimir::test {

[[nodiscard]] Address address_of(std::string_view text);

[[nodiscard]] entity::Event pod_event(std::string name, std::string_view address,
                                      std::string namespace_name, std::string label_key,
                                      std::string label_value);
[[nodiscard]] entity::Event service_event(std::string name, std::string_view address,
                                          std::string namespace_name, std::string label_key,
                                          std::string label_value);

/// A cluster made of events; everything in it lives as long as it does.
struct World {
  explicit World(const std::vector<entity::Event>& events)
      : entities(entity::EntityMap::build(events)),
        services(entity::ServiceAssignment::build(entities)),
        cluster(entities, services) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  [[nodiscard]] graph::NodeId pod(std::string_view name,
                                  std::string_view namespace_name = "default") const;
  [[nodiscard]] graph::NodeId vip(std::string_view name,
                                  std::string_view namespace_name = "default") const;
  [[nodiscard]] graph::ClassId class_named(std::string_view name) const;

  entity::EntityMap entities;
  entity::ServiceAssignment services;
  graph::Cluster cluster;
};

/// The WordPress cluster of the two real windows: 7 database pods, 11 web pods,
/// DNS, and what minikube runs for itself. Addresses as they were in windows 883
/// and 884 of that run.
[[nodiscard]] std::vector<entity::Event> wordpress_events();

/// "wwwppp-wordpress-65d5d74697-<suffix>".
[[nodiscard]] std::string wordpress_pod(std::string_view suffix);

/// Seen on all interfaces of the one node, behind the bridge 172.17.0.1.
[[nodiscard]] graph::ObservationConfig wordpress_observation();

/// The conversations of window 883 or 884, or nothing where the data is absent.
[[nodiscard]] std::optional<std::vector<graph::Conversation>> wordpress_conversations(int window);

}  // namespace mimir::test
