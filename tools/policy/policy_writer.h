// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "config/diagnostic.h"
#include "model/graph/cluster.h"
#include "model/graph/observation.h"
#include "tools/policy/connections.h"

namespace mimir::policy {

/// As NetworkPolicies (networking.k8s.io/v1), YAML: one a service that has pods, which
/// isolates them in both directions and allows these connections, to any port. The outside
/// is every address but private ones and the cluster's own.
///
/// Reading them gives the same connections. Nothing, and an error by name, if labels do not
/// tell a service's pods from others of their namespace.
[[nodiscard]] std::optional<std::string> to_network_policies(
    const Connections& connections, const graph::Cluster& cluster,
    const graph::ObservationConfig& observation, config::Diagnostics& diagnostics);

/// The same as CiliumNetworkPolicies (cilium.io/v2); the outside is the entity `world`.
[[nodiscard]] std::optional<std::string> to_cilium_policies(const Connections& connections,
                                                            const graph::Cluster& cluster,
                                                            config::Diagnostics& diagnostics);

}  // namespace mimir::policy
