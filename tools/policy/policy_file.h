// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "config/diagnostic.h"
#include "model/graph/cluster.h"
#include "model/graph/observation.h"
#include "tools/injector/policy.h"
#include "tools/policy/network_policy.h"

namespace mimir::policy {

/// What a policy file says, before it is known of which cluster.
///
/// A file that has the word apiVersion outside of comments holds Kubernetes objects (see
/// kubernetes_reader.h); any other is of mimir's own format (see injector::parse_policy).
class PolicyFile {
 public:
  /// Nothing, with every fault at its place, if it cannot be read.
  [[nodiscard]] static std::optional<PolicyFile> parse(std::string_view text, std::string_view file,
                                                       config::Diagnostics& diagnostics);

  /// Who may send to whom in this cluster. Warns as reachable() does.
  [[nodiscard]] injector::Policy policy_of(const graph::Cluster& cluster,
                                           const graph::ObservationConfig& observation,
                                           config::Diagnostics& diagnostics) const;

 private:
  std::variant<injector::Policy, PolicySet> content_;
};

}  // namespace mimir::policy
