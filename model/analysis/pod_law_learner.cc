// SPDX-License-Identifier: Apache-2.0
#include "model/analysis/pod_law_learner.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "model/graph/pod_graph.h"
#include "model/invariant/pod_sizes.h"
#include "model/invariant/services.h"

namespace mimir::analysis {

namespace {

/// Least share of the pods that has to do with a service for it to be a term.
constexpr std::size_t kTermShare = 20;

template <class Value>
void keep_every_second(std::vector<Value>& values) {
  for (std::size_t i = 0; 2 * i < values.size(); ++i) values[i] = std::move(values[2 * i]);
  values.resize((values.size() + 1) / 2);
}

}  // namespace

std::uint32_t PodLawLearner::number_of(const std::string& service) {
  const auto next = static_cast<std::uint32_t>(services_.size());
  const auto [place, is_new] = numbers_.emplace(service, next);
  if (is_new) services_.push_back(service);
  return place->second;
}

bool PodLawLearner::is_next(Kept& kept) {
  if (++kept.skipped < kept.stride) return false;
  kept.skipped = 0;
  if (kept.values.size() == kPodSamplesMax) {
    keep_every_second(kept.values);
    keep_every_second(kept.given);
    kept.stride *= 2;
  }
  return true;
}

void PodLawLearner::add(const ReducedWindow& window, const graph::Cluster& cluster,
                        graph::Observation observation) {
  const invariant::Services services(cluster, observation);
  invariant::PodSizes sizes(services);
  sizes.build(graph::PodGraph(window.edges, cluster));
  const auto slot_count = static_cast<invariant::Slot>(services.size());
  for (std::size_t pod = 0; pod < sizes.size(); ++pod) {
    const invariant::Slot source = sizes.slot(pod);
    for (invariant::Slot target = 0; target < slot_count; ++target) {
      if (target == source || !sizes.talks(pod, target)) continue;
      Kept& kept = kept_[{services.names[source], services.names[target], window.granularity_s()}];
      if (!is_next(kept)) continue;
      kept.values.push_back(sizes.sent(pod, target));
      std::vector<Given>& given = kept.given.emplace_back();
      for (invariant::Slot other = 0; other < slot_count; ++other) {
        const double bytes = other == target ? sizes.received(pod, other) : sizes.sent(pod, other);
        if (bytes > 0) given.push_back({number_of(services.names[other]), bytes});
      }
    }
  }
}

std::vector<std::uint32_t> PodLawLearner::terms_of(const Kept& kept) const {
  std::vector<std::size_t> counts(services_.size(), 0);
  for (const auto& given : kept.given) {
    for (const Given& each : given) ++counts[each.service];
  }
  std::vector<std::uint32_t> terms;
  for (const auto& [service, number] : numbers_) {
    if (counts[number] > 0 && counts[number] * kTermShare >= kept.given.size()) {
      terms.push_back(number);
    }
  }
  return terms;
}

std::vector<learn::PodLaw> PodLawLearner::fit() const {
  std::vector<learn::PodLaw> laws;
  for (const auto& [key, kept] : kept_) {
    const auto& [source, target, granularity_s] = key;
    learn::PodLaw law{
        .source = source, .target = target, .granularity_s = granularity_s, .terms = {}};
    const std::vector<std::uint32_t> terms = terms_of(kept);
    for (const std::uint32_t term : terms) law.terms.push_back({.service = services_[term]});
    learn::PodSamples samples{.values = kept.values,
                              .given = std::vector<double>(kept.values.size() * terms.size())};
    for (std::size_t i = 0; i < kept.given.size(); ++i) {
      for (const Given& each : kept.given[i]) {
        const auto place = std::find(terms.begin(), terms.end(), each.service);
        if (place == terms.end()) continue;
        samples.given[i * terms.size() + static_cast<std::size_t>(place - terms.begin())] =
            each.bytes;
      }
    }
    if (learn::fit_pod_law(law, samples)) laws.push_back(std::move(law));
  }
  return laws;
}

}  // namespace mimir::analysis
