// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/attack_plan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

#include "tools/injector/counter_random.h"
#include "tools/injector/placement.h"

namespace mimir::evaluation {

namespace {

// What a draw is for.
enum Purpose : std::uint64_t { kFirstPath = 1, kPlaces = 2 };

// The deviations that the published prototype was judged with, in bytes a minute.
struct PublishedRate {
  double bytes_per_minute;
  double deviation;
};
constexpr std::array<PublishedRate, 5> kPublishedRates = {
    {{10e6, 300e3}, {1e6, 150e3}, {100e3, 25e3}, {50e3, 12.5e3}, {10e3, 2.5e3}}};
constexpr double kDeviationShare = 0.2;

std::uint64_t number_of(const PlanOptions& options, std::size_t i) {
  return (options.run << 32U) + i;
}

}  // namespace

std::vector<PlannedAttack> plan_at_random(std::span<const Stretch> stretches,
                                          const PlanOptions& options) {
  std::vector<PlannedAttack> plan;
  if (options.path_count == 0 || options.spans_per_attack == 0) return plan;
  injector::CounterRandom random({options.seed, options.run, kFirstPath});
  const std::size_t first_path = random.below(options.path_count);
  std::size_t longest = 0;
  for (const Stretch& stretch : stretches) longest = std::max(longest, stretch.size());
  for (std::size_t i = 0; i < stretches.size(); ++i) {
    const Stretch& stretch = stretches[i];
    auto count = static_cast<std::size_t>(static_cast<double>(stretch.size()) * options.share /
                                          static_cast<double>(options.spans_per_attack));
    const bool is_the_last_chance = plan.empty() && stretch.size() == longest;
    if (is_the_last_chance) count = std::max<std::size_t>(count, 1);
    injector::CounterRandom places({options.seed, options.run, i, kPlaces});
    const auto placed = injector::place({.first_window = stretch.begin,
                                         .window_count = stretch.size(),
                                         .attack_windows = options.spans_per_attack,
                                         .attack_count = count,
                                         .path_count = options.path_count,
                                         .seed = places.next()});
    for (const injector::Occurrence& occurrence : placed) {
      plan.push_back({.begin = occurrence.begin,
                      .end = occurrence.end,
                      .path = (first_path + plan.size()) % options.path_count,
                      .number = number_of(options, plan.size())});
    }
  }
  return plan;
}

std::vector<PlannedAttack> plan_every(std::size_t span_count, std::size_t offset, std::size_t step,
                                      const PlanOptions& options) {
  std::vector<PlannedAttack> plan;
  if (options.path_count == 0) return plan;
  for (std::size_t i = offset; i < span_count; i += step) {
    plan.push_back({.begin = i,
                    .end = i + 1,
                    .path = (i / step + offset) % options.path_count,
                    .number = number_of(options, i)});
  }
  return plan;
}

std::optional<AttackedWindows> attack(Span windows, const injector::TemplatePath& path,
                                      const injector::Rate& rate, const injector::AttackKey& key,
                                      const graph::Cluster& cluster,
                                      graph::Observation observation) {
  if (windows.empty()) return std::nullopt;
  std::vector<graph::EdgeTable> edges;
  for (const analysis::ReducedWindow& window : windows) edges.push_back(window.edges);
  const auto window_ms =
      static_cast<std::uint64_t>((windows.front().end_ns - windows.front().begin_ns) / 1'000'000);
  auto injected = injector::inject(path, rate, key, edges, window_ms, cluster, observation);
  if (!injected) return std::nullopt;
  AttackedWindows result{.windows = {windows.begin(), windows.end()}};
  for (std::size_t i = 0; i < result.windows.size(); ++i) {
    result.windows[i].edges = std::move(injected->windows[i]);
    result.bytes += injected->amounts[i].bytes;
    result.packets += injected->amounts[i].packets;
  }
  return result;
}

injector::Policy observed_policy(Span windows, const graph::Cluster& cluster) {
  graph::EdgeTable sum;
  for (const analysis::ReducedWindow& window : windows) sum.merge(window.edges);
  injector::Policy policy = injector::learn_policy(sum, cluster);
  for (graph::ClassId id = 0; id < cluster.class_count(); ++id) {
    if (!cluster.is_application(id)) continue;
    policy.allowed[cluster.class_name(id)].insert(std::string(injector::kInternetName));
  }
  return policy;
}

injector::Rate rate_of(double bytes_per_minute) {
  double deviation = bytes_per_minute * kDeviationShare;
  for (const PublishedRate& published : kPublishedRates) {
    if (published.bytes_per_minute == bytes_per_minute) deviation = published.deviation;
  }
  return {.bytes_per_minute = static_cast<std::uint64_t>(std::llround(bytes_per_minute)),
          .deviation_bytes_per_minute = static_cast<std::uint64_t>(std::llround(deviation))};
}

}  // namespace mimir::evaluation
