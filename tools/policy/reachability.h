// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/diagnostic.h"
#include "model/graph/cluster.h"
#include "model/graph/observation.h"
#include "tools/policy/connections.h"
#include "tools/policy/network_policy.h"

namespace mimir::policy {

/// Which application services may connect to which under these policies, as Kubernetes
/// defines them (kubernetes.io/docs/concepts/services-networking/network-policies):
///
///   a pod that no policy isolates in a direction may do everything in it;
///   else what any policy that selects it allows, less what one of them denies;
///   a connection needs the client's leave to go and the server's to come, to one port.
///
/// A service may if one pod of it may, of all it ever had and by their last labels.
///
/// The outside: a service connects to it where its pods may to any address that is
/// outside. It connects to a service only where a policy isolates the service's pods and
/// lets it in: pods' addresses are not routed out there, so that nobody forbids it is no
/// sign that it can. A denial of a part of the outside leaves the rest; one of every IPv4
/// address leaves nothing.
///
/// Left out, for entities do not tell: that a pod on its node's network is under no
/// policy, and that kubelets reach every pod of their node.
///
/// Warns of a policy that selects no pod of the cluster, of labels of namespaces that are
/// asked for and not known, and of services whose pods have no labels at all.
/// Cost: (kinds of pods)^2 x rules; pods of a service with equal labels are one kind.
[[nodiscard]] Connections reachable(const PolicySet& set, const graph::Cluster& cluster,
                                    const graph::ObservationConfig& observation,
                                    config::Diagnostics& diagnostics);

}  // namespace mimir::policy
