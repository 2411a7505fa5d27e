// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "dataplane/record/time.h"
#include "model/entity/entity_map.h"
#include "model/entity/service_assignment.h"
#include "model/graph/cluster.h"
#include "model/graph/observation.h"
#include "model/model_config.h"

namespace mimir::tools {

/// How many are there at the end of a history.
struct PresentCounts {
  std::size_t pods = 0;
  std::size_t services = 0;
  std::size_t nodes = 0;
};

/// Who is who, as one command uses it: made once, then only asked.
struct ClusterContext {
  entity::EntityMap entities;
  entity::ServiceAssignment services;
  std::unique_ptr<const graph::Cluster> cluster;  ///< refers to the two above
  graph::ObservationConfig observation;
  PresentCounts present;
};

/// The history that the file of `config` has. `start_ns` is the time of the first packet,
/// for forms that do not say when. Nothing, with every fault reported, if it cannot be.
[[nodiscard]] std::optional<std::vector<entity::Event>> read_cluster_events(
    const ModelConfig& config, TimeNs start_ns, config::Diagnostics& diagnostics);

/// What one command asks of a history. If `before` is not null, services keep the ids and
/// the names they have there, and nodes too if the history goes on from its. Null, with every fault
/// reported, if nobody is in it; an address that two pods held at once is a warning, of those that
/// `before` did not have.
[[nodiscard]] std::unique_ptr<const ClusterContext> build_cluster(
    const ModelConfig& config, std::span<const entity::Event> events, const ClusterContext* before,
    config::Diagnostics& diagnostics);

/// Reads the entities that `config` names and settles the observation point.
/// `start_ns` is the time of the first packet, for logs that count from it.
/// Null, with every fault reported, if it cannot be; an address that two pods held
/// at once is a warning.
[[nodiscard]] std::unique_ptr<const ClusterContext> load_cluster(const ModelConfig& config,
                                                                 TimeNs start_ns,
                                                                 config::Diagnostics& diagnostics);

}  // namespace mimir::tools
