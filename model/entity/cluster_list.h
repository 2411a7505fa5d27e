// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "dataplane/record/time.h"
#include "model/entity/entity_map.h"

namespace mimir::entity {

/// Reads what `kubectl get nodes,services,endpointslices,pods -A -o json` prints: a
/// List of objects as they are at `at_ns`. Objects of other kinds are passed over.
///
/// A pod's service is the one whose EndpointSlice names it, else the one whose
/// selector matches it. Of several, one with an address goes before a headless one,
/// then the shorter name, then the alphabet.
[[nodiscard]] std::vector<Event> read_cluster_list(std::string_view text, std::string_view file,
                                                   TimeNs at_ns, config::Diagnostics& diagnostics);

}  // namespace mimir::entity
