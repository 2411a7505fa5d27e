// SPDX-License-Identifier: Apache-2.0
#include "model/invariant/pod_excess.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace mimir::invariant {

namespace {

std::optional<Slot> find(const Services& services, const std::string& name) {
  const auto place = std::lower_bound(services.names.begin(), services.names.end(), name);
  if (place == services.names.end() || *place != name) return std::nullopt;
  return static_cast<Slot>(place - services.names.begin());
}

}  // namespace

PodExcess::PodExcess(const Services& services, std::span<const learn::PodLaw> laws)
    : sizes_(services) {
  for (const learn::PodLaw& law : laws) {
    const auto source = find(services, law.source);
    const auto target = find(services, law.target);
    if (!source || !target) continue;
    Rule rule{.law = law, .source = *source, .target = *target, .others = {}};
    // What nobody sends to a service that is not there is 0: no term.
    std::erase_if(rule.law.terms,
                  [&](const auto& term) { return !find(services, term.service).has_value(); });
    for (const auto& term : rule.law.terms) rule.others.push_back(*find(services, term.service));
    const std::string name = "pod_excess(" + law.source + ">" + law.target + ")";
    const auto place = std::find(columns_.begin(), columns_.end(), name);
    rule.column = static_cast<std::size_t>(place - columns_.begin());
    if (place == columns_.end()) columns_.push_back(name);
    rules_.push_back(std::move(rule));
  }
}

double PodExcess::z(const Rule& rule, std::size_t pod) {
  given_.clear();
  for (const Slot other : rule.others) {
    given_.push_back(other == rule.target ? sizes_.received(pod, other) : sizes_.sent(pod, other));
  }
  return rule.law.z(sizes_.sent(pod, rule.target), given_);
}

void PodExcess::compute(const Graphs& graphs, std::span<double> into) {
  std::fill(into.begin(), into.end(), std::numeric_limits<double>::quiet_NaN());
  sizes_.build(graphs.pods);
  for (const Rule& rule : rules_) {
    if (rule.law.granularity_s != graphs.granularity_s) continue;
    double& largest = into[rule.column];
    for (std::size_t pod = 0; pod < sizes_.size(); ++pod) {
      if (sizes_.slot(pod) != rule.source || !sizes_.talks(pod, rule.target)) continue;
      const double value = z(rule, pod);
      if (!(largest >= value)) largest = value;  // also from NaN
    }
  }
}

}  // namespace mimir::invariant
