// SPDX-License-Identifier: Apache-2.0
#include "model/invariant/registry.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "model/invariant/current_flow.h"
#include "model/invariant/edge_bytes.h"
#include "model/invariant/edge_variation.h"
#include "model/invariant/external_share.h"
#include "model/invariant/harmonic_centrality.h"
#include "model/invariant/new_destination.h"
#include "model/invariant/pod_excess.h"
#include "model/invariant/reciprocity.h"
#include "model/invariant/vip_deviation.h"

namespace mimir::invariant {
namespace {

std::string applications_of(const Services& services) {
  std::string list;
  for (Slot slot = 0; slot < services.size(); ++slot) {
    if (services.is_single(slot)) continue;
    if (!list.empty()) list += ", ";
    list += services.names[slot];
  }
  return list.empty() ? "none" : list;
}

}  // namespace

std::optional<Registry> Registry::build(const graph::Cluster& cluster, const Options& options,
                                        config::Diagnostics& diagnostics) {
  Registry registry;
  registry.services_ = std::make_unique<const Services>(cluster, options.observation);
  const Services& services = *registry.services_;

  const auto sensitive = cluster.find_class(options.sensitive_service);
  const Slot slot = sensitive ? services.slot_of[*sensitive] : kNoSlot;
  if (slot == kNoSlot || services.is_single(slot)) {
    diagnostics.error(
        {}, "sensitive service: the cluster has no application `" + options.sensitive_service + "`",
        "its applications are: " + applications_of(services));
    return std::nullopt;
  }

  auto& list = registry.invariants_;
  list.push_back(std::make_unique<Reciprocity>(services, options.form));
  list.push_back(std::make_unique<EdgeVariation>(services, options.form));
  list.push_back(std::make_unique<HarmonicCentrality>(services));
  list.push_back(std::make_unique<CurrentFlow>(services, slot, options.form));
  if (options.form == Form::kIntended) {
    list.push_back(std::make_unique<ExternalShare>(services));
    list.push_back(std::make_unique<EdgeBytes>(services));
    if (options.destinations) {
      list.push_back(std::make_unique<NewDestination>(services, *options.destinations));
    }
    list.push_back(std::make_unique<PodExcess>(services, options.pod_laws));
  }
  if (options.observation == graph::Observation::kNodeAny) {
    list.push_back(std::make_unique<VipDeviation>(services, options.form));
  }
  for (const auto& invariant : list) {
    const auto columns = invariant->columns();
    registry.columns_.insert(registry.columns_.end(), columns.begin(), columns.end());
  }
  return registry;
}

void Registry::compute(const Graphs& graphs, std::span<double> into) {
  if (graphs.pods.edges().empty()) {
    std::fill(into.begin(), into.end(), std::numeric_limits<double>::quiet_NaN());
    return;
  }
  std::size_t at = 0;
  for (const auto& invariant : invariants_) {
    const std::size_t count = invariant->columns().size();
    invariant->compute(graphs, into.subspan(at, count));
    at += count;
  }
}

std::vector<Feature> Registry::compute(const Graphs& graphs) {
  std::vector<double> values(columns_.size());
  compute(graphs, values);
  std::vector<Feature> features;
  features.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) features.push_back({columns_[i], values[i]});
  return features;
}

}  // namespace mimir::invariant
