// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/learn/folds.h"

namespace mimir::learn {

/// Rows to learn from. Borrowed: both must outlive the call they are passed to.
/// REQUIRES: every value finite; values.size() == target.size() * column_count.
struct Design {
  std::span<const double> values;  ///< row by row
  std::size_t column_count = 0;
  std::span<const double> target;
};

/// The linear model that minimises
///
///     1/(2n) |y - X w - b|^2  +  alpha |w|_1
///
/// (Tibshirani 1996). The intercept b is not penalised: columns and target are
/// centred, then b = mean(y) - mean(x) w.
struct LassoFit {
  std::vector<double> weights;
  double intercept = 0;
  double alpha = 0;
  std::uint32_t sweep_count = 0;
  bool converged = false;  ///< the duality gap fell below the tolerance

  [[nodiscard]] double predict(std::span<const double> row) const;
};

/// Alphas tried, from the smallest that keeps no column downwards.
inline constexpr std::size_t kAlphaCount = 100;
/// The largest alpha is this many times the smallest.
inline constexpr double kAlphaRatio = 1000;
inline constexpr std::uint32_t kSweepCountMax = 80'000;
/// The last sweep moved no weight by more than this share of the largest one, and
/// the duality gap is below this share of |y - mean(y)|^2 (the stopping rule of
/// scikit-learn's Lasso; the gap is that of Friedman, Hastie and Tibshirani 2010).
inline constexpr double kTolerance = 1e-4;

/// Cyclic coordinate descent on covariances, from w = 0 (Friedman, Hastie and
/// Tibshirani 2010, section 2.2).
///
/// Equal rows in equal order give equal bytes: sums run in row order, one thread.
/// Cost: n p^2 / 2 once, then p for each sweep and p for each weight that moves.
[[nodiscard]] LassoFit fit_lasso(const Design& design, double alpha, double tolerance = kTolerance);

/// The grid cross-validation chooses from, and what it found.
struct LassoPath {
  LassoFit fit;                            ///< at the chosen alpha, on all rows
  std::vector<double> alphas;              ///< kAlphaCount, descending
  std::vector<double> mean_squared_error;  ///< one an alpha: mean over folds of the fold's
};

/// alpha_max = max_j |x_j' (y - mean(y))| / n, down to alpha_max / kAlphaRatio, geometric.
/// All zeros when the target is constant.
[[nodiscard]] std::vector<double> lasso_alphas(const Design& design);

/// Chooses alpha by the smallest mean fold error, the largest such alpha on ties,
/// and fits it to all rows. Within a fold the path starts warm from alpha to alpha.
///
/// With fewer than two folds there is nothing to judge by: alpha_max is chosen.
/// Cost: n p^2 / 2 + fold_count x 100 fits + 100 n p; 8 p^2 (fold_count + 2) bytes.
/// REQUIRES: one fold a row, as folds.h makes them.
[[nodiscard]] LassoPath cross_validate_lasso(const Design& design, const Folds& folds);

}  // namespace mimir::learn
