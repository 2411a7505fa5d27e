// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "tools/evaluation/dataset.h"
#include "tools/evaluation/learner.h"
#include "tools/evaluation/outcome.h"
#include "tools/evaluation/thresholds.h"

namespace mimir::evaluation {

/// One learner at one granularity, or with all of them combined, under one threshold.
struct Result {
  std::string learner;
  std::string granularity;  ///< "10", "60", "combined"
  ThresholdRule rule = ThresholdRule::kOwn;
  double threshold = 0;
  std::vector<RateOutcome> rates;   ///< descending, on held-out runs
  BenignOutcome benign;             ///< on held-out runs
  std::vector<ApartOutcome> apart;  ///< what is no theft, on held-out runs
  /// F1 of all windows of training runs, each judged by what the other runs taught; none
  /// without training runs.
  std::optional<double> cross_validated_f1;
};

/// The scores of one learner over all held-out passes; combined ones only of those that combine
/// the granularities themselves.
struct ScoredLearner {
  std::string learner;
  std::string granularity;
  std::vector<ScoredPass> passes;
};

struct ComparisonOptions {
  std::uint32_t fold_count = 5;  ///< at most; whole runs, or stretches of a single one
  std::size_t thread_count = 1;
  ThresholdOptions thresholds;
};

/// What takes part.
struct LearnerFacts {
  std::string name;
  std::string summary;
  bool needs_labels = false;
};

/// Every learner, judged alike.
struct Comparison {
  std::vector<LearnerFacts> learners;
  std::vector<Result> results;
  std::vector<ScoredLearner> scores;
};

/// Fits each learner to `training`, chooses its thresholds there, and judges `held_out`.
///
/// Thresholds come from out-of-fold scores: for each fold of training runs the learner is
/// fitted to the others and judges the fold. Of a single run the folds are stretches of time.
/// Then the learner is fitted to all of it and judges the held-out runs once. Without training
/// (a dataset without runs) only learners that bring their thresholds along take part.
///
/// Learners that do not combine granularities themselves alert, combined, where any of their
/// windows within one of the coarsest alerts; the combined score is the largest of
/// (score - threshold) / IQR of benign training scores, its threshold 0.
///
/// A learner that cannot be fitted is left out, with a warning that says why.
/// Runs on `thread_count` threads, a learner each; equal results for any number.
/// REQUIRES: both datasets have the same granularities and share no run; they outlive the
/// result.
[[nodiscard]] Comparison compare(const Dataset& training, const Dataset& held_out,
                                 std::vector<std::unique_ptr<Learner>> learners,
                                 const ComparisonOptions& options,
                                 config::Diagnostics& diagnostics);

}  // namespace mimir::evaluation
