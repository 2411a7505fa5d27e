// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
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

/// Who is who, as one command uses it: read once, then only asked.
struct ClusterContext {
  entity::EntityMap entities;
  entity::ServiceAssignment services;
  std::unique_ptr<const graph::Cluster> cluster;  ///< refers to the two above
  graph::ObservationConfig observation;
};

/// Reads the entities that `config` names and settles the observation point.
/// `start_ns` is the time of the first packet, for logs that count from it.
/// Null, with every fault reported, if it cannot be; an address that two pods held
/// at once is a warning.
[[nodiscard]] std::unique_ptr<const ClusterContext> load_cluster(const ModelConfig& config,
                                                                 TimeNs start_ns,
                                                                 config::Diagnostics& diagnostics);

}  // namespace mimir::tools
