// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "config/diagnostic.h"
#include "tools/policy/network_policy.h"
#include "tools/policy/object_reader.h"

namespace mimir::policy {

/// Reads a stream of Kubernetes objects, YAML documents or JSON, also lists of them
/// (`kubectl get networkpolicies,namespaces -A -o yaml`):
///
///   NetworkPolicy                                     networking.k8s.io/v1
///   CiliumNetworkPolicy, CiliumClusterwideNetworkPolicy  cilium.io/v2
///   Namespace                                         for its labels
///
/// What can be evaluated is read whole or refused: a field that is not understood is an
/// error at its place, and so is a policy of another kind. Other objects take no part,
/// with a warning. Where a port has a name, it is taken for all ports of its protocol,
/// with a warning, for entities do not know the ports of containers.
[[nodiscard]] std::optional<PolicySet> read_kubernetes_policies(std::string_view text,
                                                                std::string_view file,
                                                                config::Diagnostics& diagnostics);

/// The `spec` of a NetworkPolicy in `namespace_name` (networking.k8s.io/v1).
[[nodiscard]] NetworkPolicy read_network_policy(ObjectReader& spec,
                                                const std::string& namespace_name);

/// One rule of Cilium's `spec` or `specs`. `namespace_name` is empty of a clusterwide one.
[[nodiscard]] NetworkPolicy read_cilium_policy(ObjectReader& spec,
                                               const std::string& namespace_name);

/// Reads an address block, "cidr" and "except"; none, with an error, if it cannot be.
[[nodiscard]] std::optional<AddressBlock> read_block(ObjectReader& reader);

}  // namespace mimir::policy
