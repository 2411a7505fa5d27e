// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "config/diagnostic.h"
#include "model/graph/cluster.h"
#include "tools/policy/label_selector.h"

namespace mimir::policy {

/// What selects a service's pods and no others.
struct ServiceLabels {
  std::string namespace_name;
  Labels labels;
};

/// By the name of every application service that has pods: a single label that names it
/// (app.kubernetes.io/name, k8s-app, app, name), else all that its pods have in common,
/// without those that change with every rollout. Nothing, and an error for each service, if
/// labels do not tell its pods from all others of their namespace.
[[nodiscard]] std::optional<std::map<std::string, ServiceLabels>> service_labels(
    const graph::Cluster& cluster, config::Diagnostics& diagnostics);

}  // namespace mimir::policy
