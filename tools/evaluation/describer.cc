// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/describer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "model/detector/principal_vector.h"
#include "model/graph/node_table.h"
#include "tools/evaluation/ego_net.h"

namespace mimir::evaluation {

namespace {}

Describer::Describer(const graph::Cluster& cluster, invariant::Registry registry,
                     std::optional<invariant::Registry> prototype,
                     std::span<const HttpMark> http_marks)
    : cluster_(cluster),
      lens_(cluster, std::move(registry)),
      prototype_(std::move(prototype)),
      http_marks_(http_marks),
      position_(cluster.class_count(), cluster.class_count()) {
  for (graph::ClassId id = 0; id < cluster.class_count(); ++id) {
    const bool takes_part = cluster.is_application(id) || id == cluster.outside_class() ||
                            id == cluster.unknown_class();
    if (!takes_part) continue;
    position_[id] = classes_.size();
    classes_.push_back(id);
  }
  name_columns();
}

void Describer::name_columns() {
  auto& services = names_[index_of(Description::kServiceBytes)];
  for (const graph::ClassId source : classes_) {
    for (const graph::ClassId target : classes_) {
      services.push_back(cluster_.class_name(source) + ">" + cluster_.class_name(target));
    }
  }
  auto& ego_nets = names_[index_of(Description::kEgoNets)];
  for (const graph::ClassId id : classes_) {
    ego_nets.push_back("ego_density(" + cluster_.class_name(id) + ")");
    ego_nets.push_back("ego_weight(" + cluster_.class_name(id) + ")");
  }
  auto& nodes = names_[index_of(Description::kPrincipalVector)];
  const std::size_t node_count = graph::kFirstEntityNode + cluster_.entities().size();
  for (graph::NodeId node = 0; node < node_count; ++node) {
    // The number keeps a pod and a machine of one name apart.
    nodes.push_back(cluster_.node_name(node) + " #" + std::to_string(node));
  }
  if (prototype_) {
    const auto columns = prototype_->columns();
    names_[index_of(Description::kPrototype)].assign(columns.begin(), columns.end());
  }
  auto& marks = names_[index_of(Description::kHttpMarks)];
  for (const HttpMark& mark : http_marks_) marks.push_back(mark.name);
  std::sort(marks.begin(), marks.end());
  marks.erase(std::unique(marks.begin(), marks.end()), marks.end());
  for (std::size_t i = 0; i < kDescriptionCount; ++i) values_[i].resize(names_[i].size());
}

void Describer::look_at(const analysis::ReducedWindow& window) {
  lens_.look_at(window);
  describe_services();
  describe_ego_nets();
  describe_principal_vector();
  describe_prototype();
  describe_http_marks(window);
}

void Describer::describe_services() {
  auto& values = values_[index_of(Description::kServiceBytes)];
  std::fill(values.begin(), values.end(), 0.0);
  for (const graph::ServiceEdge& edge : lens_.services().edges()) {
    const std::size_t source = position_[edge.source];
    const std::size_t target = position_[edge.target];
    if (source >= classes_.size() || target >= classes_.size() || source == target) continue;
    values[source * classes_.size() + target] = static_cast<double>(edge.counts.bytes);
  }
}

void Describer::describe_ego_nets() {
  auto& values = values_[index_of(Description::kEgoNets)];
  std::fill(values.begin(), values.end(), kNan);
  const std::vector<OddBall> scores = odd_ball(ego_nets(lens_.pods()));
  const auto raise = [](double& value, double score) {
    if (!(value >= score)) value = score;  // also from NaN
  };
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const std::size_t position = position_[lens_.pods().nodes()[i].class_id];
    if (position >= classes_.size()) continue;
    raise(values[2 * position], scores[i].density);
    raise(values[2 * position + 1], scores[i].weight);
  }
}

void Describer::describe_principal_vector() {
  auto& values = values_[index_of(Description::kPrincipalVector)];
  const std::vector<double> vector = detector::principal_vector(lens_.pods());
  std::fill(values.begin(), values.end(), vector.empty() ? kNan : 0.0);
  for (std::size_t i = 0; i < vector.size(); ++i) {
    values[lens_.pods().nodes()[i].id] = vector[i];
  }
}

void Describer::describe_prototype() {
  if (!prototype_) return;
  prototype_->compute({.pods = lens_.pods(), .services = lens_.services()},
                      values_[index_of(Description::kPrototype)]);
}

void Describer::describe_http_marks(const analysis::ReducedWindow& window) {
  const auto& names = names_[index_of(Description::kHttpMarks)];
  auto& values = values_[index_of(Description::kHttpMarks)];
  std::fill(values.begin(), values.end(), 0.0);
  auto mark = std::lower_bound(
      http_marks_.begin(), http_marks_.end(), window.begin_ns,
      [](const HttpMark& left, TimeNs begin_ns) { return left.begin_ns < begin_ns; });
  for (; mark != http_marks_.end() && mark->begin_ns < window.end_ns; ++mark) {
    const auto place = std::lower_bound(names.begin(), names.end(), mark->name);
    values[static_cast<std::size_t>(place - names.begin())] +=
        static_cast<double>(mark->request_count);
  }
}

std::span<const std::string> Describer::names(Description description) const {
  if (description == Description::kInvariants) return lens_.names();
  return names_[index_of(description)];
}

std::span<const double> Describer::values(Description description) const {
  if (description == Description::kInvariants) return lens_.values();
  return values_[index_of(description)];
}

}  // namespace mimir::evaluation
