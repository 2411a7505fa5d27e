// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/graph/cluster.h"
#include "model/graph/observation.h"
#include "tools/evaluation/spans.h"
#include "tools/injector/injection.h"
#include "tools/injector/path_templates.h"
#include "tools/injector/policy.h"

namespace mimir::evaluation {

/// One attack of a run: which spans, [begin, end) among the run's, and which path.
struct PlannedAttack {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t path = 0;
  std::uint64_t number = 0;  ///< of all the attacks that share a seed

  friend bool operator==(const PlannedAttack&, const PlannedAttack&) = default;
};

struct PlanOptions {
  double share = 0.2;  ///< of the time that is under attack
  std::size_t spans_per_attack = 1;
  std::size_t path_count = 1;
  std::uint64_t seed = 1;
  std::uint64_t run = 0;  ///< number of the run: its attacks are numbered from run x 2^32 on
};

/// Attacks at random places of a run, path after path in turn from one that the seed
/// chooses; never over a gap, and with a benign span between two where that fits. At
/// least one, if any fits. The same plan serves every rate, so that rates differ by
/// nothing else.
[[nodiscard]] std::vector<PlannedAttack> plan_at_random(std::span<const Stretch> stretches,
                                                        const PlanOptions& options);

/// Every `step`-th span from `offset` on, one span each: over all offsets every span is
/// attacked exactly once. For training.
[[nodiscard]] std::vector<PlannedAttack> plan_every(std::size_t span_count, std::size_t offset,
                                                    std::size_t step, const PlanOptions& options);

/// Base windows as an attack left them.
struct AttackedWindows {
  std::vector<analysis::ReducedWindow> windows;
  std::uint64_t bytes = 0;  ///< over each hop
  std::uint64_t packets = 0;
};

/// Copies of `windows`, the base windows of one attack in order, with that attack in
/// them. Coarser windows are to be summed from these copies alone. Nothing if the path
/// has nobody to go through.
[[nodiscard]] std::optional<AttackedWindows> attack(
    Span windows, const injector::TemplatePath& path, const injector::Rate& rate,
    const injector::AttackKey& key, const graph::Cluster& cluster, graph::Observation observation);

/// What happened in the windows, and that every application may send to the internet:
/// what holds where nobody wrote a policy.
[[nodiscard]] injector::Policy observed_policy(Span windows, const graph::Cluster& cluster);

inline constexpr double kBytesPerMegabyte = 1e6;  ///< rates are named in MB a minute

/// A rate with its deviation: for 10, 1, 0.1, 0.05 and 0.01 MB a minute the one that the
/// published prototype was judged with, for any other a fifth of it.
[[nodiscard]] injector::Rate rate_of(double bytes_per_minute);

}  // namespace mimir::evaluation
