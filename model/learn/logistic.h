// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/learn/folds.h"
#include "model/learn/lasso.h"

namespace mimir::learn {

enum class Penalty : std::uint8_t { kL1, kL2 };

/// The linear model that minimises
///
///     1/n sum of log(1 + exp(-s (x w + b)))  +  alpha |w|_1   or   alpha/2 |w|^2
///
/// with s = 1 for target 1 and -1 for target 0; the intercept b is not penalised.
/// scikit-learn's C is 1 / (n alpha).
struct LogisticFit {
  std::vector<double> weights;
  double intercept = 0;
  double alpha = 0;
  std::uint32_t step_count = 0;
  bool converged = false;

  /// The log of the odds: above 0 means rather 1 than 0.
  [[nodiscard]] double predict(std::span<const double> row) const;
};

/// Proximal Newton steps, each by coordinate descent on the weighted second moments, with a
/// line search (Lee, Sun and Saunders 2014; the steps of Friedman, Hastie and Tibshirani
/// 2010, section 3). Ends when a step promises less than `tolerance` of the objective.
///
/// Cost: n p^2 / 2 a step, about ten steps. REQUIRES: targets are 0 or 1; alpha > 0.
[[nodiscard]] LogisticFit fit_logistic(const Design& design, Penalty penalty, double alpha,
                                       double tolerance = 1e-8);

/// The penalties that cross-validation tries, from the strongest on.
[[nodiscard]] std::span<const double> logistic_alphas();

/// Chooses alpha by the smallest mean log loss over the folds, the largest on ties, and fits
/// it to all rows. With fewer than two folds the largest.
/// REQUIRES: one fold a row.
[[nodiscard]] LogisticFit cross_validate_logistic(const Design& design, Penalty penalty,
                                                  const Folds& folds);

}  // namespace mimir::learn
