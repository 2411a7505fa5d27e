// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tools/policy/label_selector.h"
#include "tools/policy/network_policy.h"
#include "tools/policy/object_reader.h"

namespace mimir::policy {

/// Reads a LabelSelector: matchLabels and matchExpressions, both optional. An operator
/// with values that cannot be is an error.
[[nodiscard]] LabelSelector read_label_selector(const config::Node& node, const std::string& path,
                                                config::Diagnostics& diagnostics);

/// Reads an EndpointSelector of Cilium: the same, where a key may begin with its source
/// (`k8s:`, `any:`) and say something of the namespace:
///
///   k8s:io.kubernetes.pod.namespace            the namespace's name
///   k8s:io.cilium.k8s.namespace.labels.LABEL   a label of the namespace
///
/// `own_namespace` is what it selects in where it says nothing of namespaces; empty: in
/// all. Other sources are an error.
[[nodiscard]] PodSelector read_endpoint_selector(const config::Node& node, const std::string& path,
                                                 const std::string& own_namespace,
                                                 config::Diagnostics& diagnostics);

}  // namespace mimir::policy
