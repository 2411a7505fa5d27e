// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "model/learn/train.h"
#include "tools/analysis_run.h"
#include "tools/evaluation/http_marks.h"
#include "tools/injector/injection.h"
#include "tools/policy/policy_file.h"

namespace mimir::tools {

/// What to learn from benign captures, and against which thefts.
struct TrainingPlan {
  std::string name;
  std::string sensitive_service;
  std::vector<std::uint32_t> granularities_s = {10, 60};  ///< the first is the base window's
  std::vector<injector::Rate> rates;
  std::size_t path_count_max = 24;
  std::uint64_t seed = 1;
  bool is_prototype = false;  ///< columns as the published prototype had them
  /// Nothing: what happened in the captures, and every service may leave the
  /// cluster, as it may where no network policy forbids it.
  std::optional<policy::PolicyFile> policy;
};

/// 10, 1 and 0.1 MB a minute with the deviations the published prototype was judged
/// with; the lowest two of its five rates are left to evaluation.
[[nodiscard]] std::vector<injector::Rate> default_rates();

/// A benign capture and what it is called.
struct TrainingRun {
  std::string name;
  AnalysisRun analysis;
  learn::ContactHabits contacts{};
  std::vector<evaluation::HttpMark> http_marks{};  ///< where payload was looked into
};

/// Reads the captures as one run of that name, and learns its habits. Nothing, with the
/// reason, if one cannot be read.
[[nodiscard]] std::optional<TrainingRun> read_run(std::span<const CaptureArgument> captures,
                                                  std::string name, const AnalysisOptions& options,
                                                  config::Diagnostics& diagnostics);

/// Reads each capture as a run of its own, and says on standard error what is in it. Nothing,
/// with the reason, if one cannot be read or knows nobody of the cluster.
[[nodiscard]] std::optional<std::vector<TrainingRun>> read_runs(
    std::span<const CaptureArgument> captures, const AnalysisOptions& options,
    config::Diagnostics& diagnostics);

/// Who may send to whom in the cluster of the run: by `policy`, else what happened, and
/// everyone to the outside.
[[nodiscard]] injector::Policy policy_of(const TrainingRun& run,
                                         const std::optional<policy::PolicyFile>& policy,
                                         config::Diagnostics& diagnostics);

/// Pods with traffic in the median window of all runs.
[[nodiscard]] std::size_t pod_count(const std::vector<TrainingRun>& runs);

/// What tells its capture from others: what a model file remembers of it. A window's
/// fingerprint is of its time, packets and bytes, whatever entities were given; windows of a
/// few packets have none, for others could be like them.
[[nodiscard]] learn::CaptureOrigin origin_of(const TrainingRun& run);

/// Builds the rows to learn from and what a model knows beside its weights.
///
/// Every complete window of every run is there once as it was; and for every rate
/// each span of the coarsest granularity is there once more with a theft in it, at
/// base granularity, so that all granularities see one theft. Lengths of paths take turns, and
/// within a length its paths, at every rate.
/// Windows in which a capture begins or ends, or which lost records, are left out.
///
/// Nothing, with the reason, if no path leads from the sensitive service out.
[[nodiscard]] std::optional<learn::TrainingSet> build_training_set(
    const std::vector<TrainingRun>& runs, const TrainingPlan& plan,
    config::Diagnostics& diagnostics);

}  // namespace mimir::tools
