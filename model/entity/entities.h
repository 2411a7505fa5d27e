// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "dataplane/record/time.h"
#include "model/entity/entity_map.h"

namespace mimir::entity {

/// Reads a cluster's history in whichever form `text` has: an entity log
/// (entity_log.h), a creation log (creation_log.h) or a list of Kubernetes objects
/// (cluster_list.h). `start_ns` is the time of the capture's first packet, for the
/// two that do not say when; the entity log does.
[[nodiscard]] std::vector<Event> read_entities(std::string_view text, std::string_view file,
                                               TimeNs start_ns, config::Diagnostics& diagnostics);

}  // namespace mimir::entity
