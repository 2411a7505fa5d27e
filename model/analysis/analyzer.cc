// SPDX-License-Identifier: Apache-2.0
#include "model/analysis/analyzer.h"

#include <utility>

namespace mimir::analysis {

namespace {

std::vector<std::uint32_t> granularities_of(const learn::Model& model) {
  std::vector<std::uint32_t> granularities_s;
  for (const learn::GranularityModel& granularity : model.granularities) {
    granularities_s.push_back(granularity.granularity_s);
  }
  return granularities_s;
}

}  // namespace

Lens::Lens(const graph::Cluster& cluster, invariant::Registry registry)
    : cluster_(&cluster), registry_(std::move(registry)), values_(registry_.columns().size()) {}

void Lens::look_at(const ReducedWindow& window) {
  pods_.build(window.edges, *cluster_);
  services_.build(pods_);
  registry_.compute({.pods = pods_,
                     .services = services_,
                     .destinations = window.destinations,
                     .granularity_s = window.granularity_s()},
                    values_);
}

Analyzer::Analyzer(const graph::Cluster& cluster, const graph::ObservationConfig& observation,
                   invariant::Registry registry, const learn::Model& model, Sink sink)
    : cluster_(&cluster),
      observation_(&observation),
      model_(model),
      sink_(std::move(sink)),
      nodes_(cluster.entities().size()),
      lens_(cluster, std::move(registry)),
      scores_within_(model.granularities.size()),
      stack_(granularities_of(model), [this](const ReducedWindow& window) { judge(window); }) {}

void Analyzer::move_to(const graph::Cluster& cluster, const graph::ObservationConfig& observation,
                       invariant::Registry registry, bool is_renumbered) {
  if (is_renumbered) stack_.cut();
  cluster_ = &cluster;
  observation_ = &observation;
  nodes_ = graph::NodeTable(cluster.entities().size());
  lens_ = Lens(cluster, std::move(registry));
}

void Analyzer::add(const Window& window) { add(reduce(window, *cluster_, *observation_, nodes_)); }

void Analyzer::judge(const ReducedWindow& window) {
  lens_.look_at(window);
  const std::uint32_t granularity_s = window.granularity_s();
  const auto own =
      learn::score(model_, granularity_s, {.names = lens_.names(), .values = lens_.values()});
  if (!own) return;  // the stack makes only windows the model knows
  const bool is_coarsest = granularity_s == model_.granularities.back().granularity_s;
  for (std::size_t i = 0; i < model_.granularities.size(); ++i) {
    if (model_.granularities[i].granularity_s == granularity_s) scores_within_[i].push_back(*own);
  }
  if (!is_coarsest || model_.granularities.size() == 1) {
    sink_({.window = window, .lens = lens_, .score = *own});
  } else {
    std::vector<learn::ScoresWithin> within;
    for (std::size_t i = 0; i < model_.granularities.size(); ++i) {
      within.push_back(
          {.granularity_s = model_.granularities[i].granularity_s, .scores = scores_within_[i]});
    }
    const auto combined = learn::combine(model_, within);
    if (combined) sink_({.window = window, .lens = lens_, .score = combined->score});
  }
  if (is_coarsest) {
    for (auto& scores : scores_within_) scores.clear();
  }
}

}  // namespace mimir::analysis
