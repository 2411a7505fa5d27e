// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "model/graph/cluster.h"
#include "model/invariant/registry.h"
#include "model/learn/feature_table.h"
#include "tools/evaluation/attack_plan.h"
#include "tools/evaluation/describer.h"
#include "tools/evaluation/labels.h"
#include "tools/evaluation/spans.h"
#include "tools/injector/path_templates.h"

namespace mimir::evaluation {

/// What most incidents are.
inline constexpr std::string_view kTheft = "theft";

/// An attack of one pass.
struct Incident {
  Interval time;
  std::string path;          ///< "user-db > user > outside"
  std::string kind{kTheft};  ///< what moves no data, such as a scan, is judged apart
  double rate_bytes_per_minute = 0;
  std::uint64_t bytes = 0;  ///< over each hop; 0 where only the time is known
};

/// One window of a pass: which row describes it, and what it really was.
struct LabelledWindow {
  TimeNs begin_ns = 0;
  std::size_t row = 0;  ///< in the tables of its granularity
  WindowLabel label;
};

/// One run once through, with the attacks of one rate and seed in it, or with none, or
/// with those that really happened.
struct Pass {
  std::size_t run = 0;
  double rate_bytes_per_minute = 0;  ///< 0: nothing was injected
  std::uint64_t seed = 0;
  std::vector<Incident> incidents;
  std::vector<std::vector<LabelledWindow>> windows;  ///< by granularity, in order of time

  [[nodiscard]] bool is_injected() const { return rate_bytes_per_minute > 0; }
};

struct RunFacts {
  std::string name;
  WindowLedger windows;
  std::size_t span_count = 0;
  std::size_t path_count = 0;
};

/// Runs as rows that learners can look at. A window without attack has one row, however
/// many passes it takes part in; an attacked one has a row of its own for each attack.
struct Dataset {
  using Tables = std::array<learn::FeatureTable, kDescriptionCount>;

  std::vector<std::uint32_t> granularities_s;  ///< ascending
  std::vector<Tables> tables;                  ///< by granularity; row i means the same in all
  std::vector<Pass> passes;
  std::vector<RunFacts> runs;
  std::uint64_t infeasible_attacks = 0;  ///< planned, but the path had nobody to go through

  [[nodiscard]] const learn::FeatureTable& table(std::size_t granularity,
                                                 Description description) const {
    return tables[granularity][index_of(description)];
  }
  [[nodiscard]] TimeNs span_ns() const { return granularities_s.back() * kNsPerSecond; }
};

/// A run to be looked at. Everything is borrowed.
struct RunInput {
  std::string name;
  const graph::Cluster& cluster;
  invariant::Options invariants;  ///< that describe it
  std::span<const analysis::ReducedWindow> windows;
  std::span<const injector::TemplatePath> paths;
  bool with_prototype = false;  ///< describe it also by the prototype's columns
  std::span<const HttpMark> http_marks{};
};

/// A pass to be made: `rate` over the places of `attacks`.
struct PassPlan {
  injector::Rate rate;
  std::uint64_t seed = 0;
  std::vector<PlannedAttack> attacks;
};

/// Adds the run to the dataset: one pass as it was, and one for every plan. Attacks are
/// injected into base windows and coarser ones summed from these, so that one attack is
/// seen alike by all granularities. False, with the reason, if the cluster lacks the
/// sensitive service.
///
/// Cost: graphs and invariants of every clean window once, and of every attacked one once
/// more a plan, spread over `thread_count` threads; equal results for any number.
/// REQUIRES: granularities are set; spans in the plans are of clean_spans(windows).
[[nodiscard]] bool add_run(Dataset& dataset, const RunInput& run, std::span<const PassPlan> plans,
                           std::size_t thread_count, config::Diagnostics& diagnostics);

/// The same with what really happened: a single pass, labelled by the times of `incidents`.
[[nodiscard]] bool add_labelled_run(Dataset& dataset, const RunInput& run,
                                    std::vector<Incident> incidents, std::size_t thread_count,
                                    config::Diagnostics& diagnostics);

}  // namespace mimir::evaluation
