// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "model/learn/feature_table.h"
#include "model/learn/model.h"
#include "model/learn/threshold.h"

namespace mimir::learn {

/// Windows to learn from, of one or several granularities and runs, each benign
/// window once and each attacked window once a rate; and what goes into the model
/// unchanged. Held-out windows do not belong here: every row is learned from.
struct TrainingSet {
  FeatureTable table;
  ModelContext context;
};

struct TrainingOptions {
  std::uint32_t window_count_min = 20;  ///< benign windows each granularity must have
  std::uint32_t fold_count = 5;         ///< within a granularity
  std::uint32_t combination_fold_count = 3;
  /// Least IQR of a feature. Invariants are shares and ratios: one that never moved
  /// in benign windows is expected to stay within a thousandth, so that the first
  /// byte over a new edge already weighs.
  double iqr_min = 1e-3;
  /// Families of columns that are not looked at: what one of them is worth.
  std::vector<std::string> left_out{};
  /// Largest z of a feature. A linear model that is to see small thefts must not have large
  /// ones drown them, and one feature that strays must not be an alert by itself.
  double z_limit = 10;
  ThresholdRule threshold_rule = ThresholdRule::kMargin;
  /// What the thresholds of each granularity, and of the combination, are to cost in benign
  /// traffic; none: the best F1 alone.
  std::optional<double> false_alerts_per_day{};
};

/// How the published prototype learned: no least IQR, a wide limit, thresholds among
/// scikit-learn's candidates, no budget of false alerts.
[[nodiscard]] TrainingOptions prototype_options();

/// Learns a model, for each granularity: median and IQR of benign windows, lasso on
/// the labels, F1-optimal threshold; then the combination of the granularities.
///
/// Folds hold runs together; within a single run they are contiguous in time and
/// hold the variants of one window together. Rows without a single value (empty
/// windows) are left out.
///
/// Equal rows and columns in any order give equal models.
/// None, with the reason in `diagnostics`, when a granularity has no benign window,
/// no attacked window or too few windows. A model that keeps no feature is returned
/// with a warning.
[[nodiscard]] std::optional<Model> train(const TrainingSet& set, const TrainingOptions& options,
                                         config::Diagnostics& diagnostics);

}  // namespace mimir::learn
