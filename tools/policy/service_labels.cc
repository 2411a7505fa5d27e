// SPDX-License-Identifier: Apache-2.0
#include "tools/policy/service_labels.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace mimir::policy {
namespace {

constexpr std::array<std::string_view, 4> kNaming{"app.kubernetes.io/name", "k8s-app", "app",
                                                  "name"};
constexpr std::array<std::string_view, 8> kChanging{"pod-template-hash",
                                                    "pod-template-generation",
                                                    "controller-revision-hash",
                                                    "statefulset.kubernetes.io/pod-name",
                                                    "apps.kubernetes.io/pod-index",
                                                    "controller-uid",
                                                    "job-name",
                                                    "batch.kubernetes.io/job-name"};

bool includes(const Labels& labels, const Labels& wanted) {
  return std::includes(labels.begin(), labels.end(), wanted.begin(), wanted.end());
}

class Chooser {
 public:
  explicit Chooser(const graph::Cluster& cluster) : cluster_(cluster) {
    for (entity::EntityId id = 0; id < cluster.entities().size(); ++id) {
      if (cluster.entities().entity(id).kind == entity::Kind::kPod) pods_.push_back(id);
    }
  }

  // Nothing if no labels select the pods of that service alone.
  [[nodiscard]] std::optional<ServiceLabels> choose(graph::ClassId service) const {
    const graph::NodeId first = cluster_.pods(service).front();
    const std::string& namespace_name = pod(first).namespace_name;
    Labels common = pod(first).labels;
    for (const graph::NodeId node : cluster_.pods(service)) {
      std::erase_if(common, [&](const auto& label) {
        const auto other = pod(node).labels.find(label.first);
        return other == pod(node).labels.end() || other->second != label.second;
      });
    }
    std::vector<Labels> choices;
    for (const std::string_view key : kNaming) {
      const auto label = common.find(std::string(key));
      if (label != common.end()) choices.push_back({*label});
    }
    for (const std::string_view key : kChanging) common.erase(std::string(key));
    choices.push_back(common);
    for (Labels& labels : choices) {
      if (!labels.empty() && selects_only(service, namespace_name, labels)) {
        return ServiceLabels{.namespace_name = namespace_name, .labels = std::move(labels)};
      }
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] const entity::Entity& pod(graph::NodeId node) const {
    return cluster_.entities().entity(node - graph::kFirstEntityNode);
  }

  [[nodiscard]] bool selects_only(graph::ClassId service, const std::string& namespace_name,
                                  const Labels& labels) const {
    return std::none_of(pods_.begin(), pods_.end(), [&](entity::EntityId id) {
      const entity::Entity& other = cluster_.entities().entity(id);
      const bool is_own = cluster_.class_of(graph::node_of(id)) == service;
      const bool is_selected =
          other.namespace_name == namespace_name && includes(other.labels, labels);
      return is_own != is_selected;
    });
  }

  const graph::Cluster& cluster_;
  std::vector<entity::EntityId> pods_;
};

}  // namespace

std::optional<std::map<std::string, ServiceLabels>> service_labels(
    const graph::Cluster& cluster, config::Diagnostics& diagnostics) {
  const Chooser chooser(cluster);
  std::map<std::string, ServiceLabels> result;
  bool is_whole = true;
  for (graph::ClassId id = 0; id < cluster.class_count(); ++id) {
    if (!cluster.is_application(id) || cluster.pods(id).empty()) continue;
    if (auto labels = chooser.choose(id)) {
      result.emplace(cluster.class_name(id), std::move(*labels));
      continue;
    }
    is_whole = false;
    diagnostics.error({},
                      fmt::format("no labels tell the pods of {} from all others of their "
                                  "namespace",
                                  cluster.class_name(id)),
                      "give entities with labels, as kubectl get pods -o json has them, or write "
                      "the policy of mimir's own format");
  }
  if (!is_whole) return std::nullopt;
  return result;
}

}  // namespace mimir::policy
