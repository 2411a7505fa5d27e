// SPDX-License-Identifier: Apache-2.0
#include "tools/policy/policy_file.h"

#include <algorithm>
#include <utility>

#include "tools/policy/connections.h"
#include "tools/policy/kubernetes_reader.h"
#include "tools/policy/reachability.h"

namespace mimir::policy {
namespace {

bool holds_objects(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.substr(0, line.find('#')).find("apiVersion") != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

std::optional<PolicyFile> PolicyFile::parse(std::string_view text, std::string_view file,
                                            config::Diagnostics& diagnostics) {
  PolicyFile result;
  if (holds_objects(text)) {
    auto set = read_kubernetes_policies(text, file, diagnostics);
    if (!set) return std::nullopt;
    result.content_ = std::move(*set);
  } else {
    auto policy = injector::parse_policy(text, file, diagnostics);
    if (!policy) return std::nullopt;
    result.content_ = std::move(*policy);
  }
  return result;
}

injector::Policy PolicyFile::policy_of(const graph::Cluster& cluster,
                                       const graph::ObservationConfig& observation,
                                       config::Diagnostics& diagnostics) const {
  if (const auto* const policy = std::get_if<injector::Policy>(&content_)) return *policy;
  const PolicySet& set = std::get<PolicySet>(content_);
  return policy::policy_of(reachable(set, cluster, observation, diagnostics), cluster);
}

}  // namespace mimir::policy
