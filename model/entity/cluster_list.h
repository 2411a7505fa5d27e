// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "dataplane/record/time.h"
#include "model/entity/entity_map.h"

namespace mimir::entity {

/// Reads what kubectl prints of a cluster, one JSON object behind the other:
///
///   get nodes,services,endpointslices,pods -A -o json     Lists, and single objects: the
///                                                         cluster as it is at `at_ns`
///   get pods -A -o json --watch --output-watch-events     {"type":"ADDED","object":{...}}:
///                                                         what came, changed and went
///
/// Such an event does not say when it was; its object's own times do, to the second: when
/// it was made, was started, changed its conditions, or is to be gone. What is older than
/// `at_ns` was there at `at_ns`. Of the objects ClusterObjects says what is read.
///
/// Cost: an event after `at_ns` compares all objects with those before it.
[[nodiscard]] std::vector<Event> read_cluster_list(std::string_view text, std::string_view file,
                                                   TimeNs at_ns, config::Diagnostics& diagnostics);

}  // namespace mimir::entity
