// SPDX-License-Identifier: Apache-2.0
#include "model/learn/lasso.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "model/learn/moments.h"

namespace mimir::learn {

namespace {

// kAlphaRatio to the power 1/(kAlphaCount - 1), written out so that the grid does
// not depend on the mathematics library.
constexpr double kAlphaStep = 1.0722672220103233;

double soft_threshold(double value, double limit) {
  if (value > limit) return value - limit;
  if (value < -limit) return value + limit;
  return 0;
}

// Coordinate descent for one centred problem; the weights stay from alpha to alpha.
class Descent {
 public:
  explicit Descent(const CentredMoments& moments)
      : moments_(moments),
        weights_(moments.column_count, 0.0),
        gram_times_weights_(moments.column_count, 0.0) {}

  // Returns the number of sweeps; converged() says whether they were enough.
  std::uint32_t run(double alpha, double tolerance) {
    const double penalty = alpha * moments_.row_count;
    converged_ = false;
    for (std::uint32_t sweep = 1; sweep <= kSweepCountMax; ++sweep) {
      const Change change = sweep_once(penalty);
      const bool at_rest = change.largest_step == 0;
      if (at_rest || change.largest_step < tolerance * change.largest_weight ||
          change.largest_weight == 0) {
        converged_ = at_rest || duality_gap(penalty) <= tolerance * moments_.target_norm2;
        if (converged_) return sweep;
      }
    }
    return kSweepCountMax;
  }

  [[nodiscard]] bool converged() const { return converged_; }
  [[nodiscard]] const std::vector<double>& weights() const { return weights_; }

 private:
  struct Change {
    double largest_step = 0;
    double largest_weight = 0;
  };

  Change sweep_once(double penalty) {
    Change change;
    for (std::size_t j = 0; j < moments_.column_count; ++j) {
      const double norm2 = moments_.gram_row(j)[j];
      if (norm2 == 0) continue;
      const double before = weights_[j];
      const double pull = moments_.cross[j] - gram_times_weights_[j] + before * norm2;
      const double after = soft_threshold(pull, penalty) / norm2;
      const double step = after - before;
      if (step != 0) {
        weights_[j] = after;
        const double* row = moments_.gram_row(j);
        for (std::size_t k = 0; k < moments_.column_count; ++k) {
          gram_times_weights_[k] += step * row[k];
        }
      }
      change.largest_step = std::max(change.largest_step, std::abs(step));
      change.largest_weight = std::max(change.largest_weight, std::abs(after));
    }
    return change;
  }

  // Of 1/2 |y - X w|^2 + penalty |w|_1, with the residual scaled until it is dual feasible.
  [[nodiscard]] double duality_gap(double penalty) const {
    double weights_dot_cross = 0;
    double explained2 = 0;
    double weights_norm1 = 0;
    double dual_norm = 0;
    for (std::size_t j = 0; j < moments_.column_count; ++j) {
      weights_dot_cross += weights_[j] * moments_.cross[j];
      explained2 += weights_[j] * gram_times_weights_[j];
      weights_norm1 += std::abs(weights_[j]);
      dual_norm = std::max(dual_norm, std::abs(moments_.cross[j] - gram_times_weights_[j]));
    }
    const double residual2 = moments_.target_norm2 + explained2 - 2 * weights_dot_cross;
    const double scale = dual_norm > penalty ? penalty / dual_norm : 1;
    return 0.5 * residual2 * (1 + scale * scale) + penalty * weights_norm1 -
           scale * (moments_.target_norm2 - weights_dot_cross);
  }

  const CentredMoments& moments_;
  std::vector<double> weights_;
  std::vector<double> gram_times_weights_;
  bool converged_ = false;
};

double intercept_of(const CentredMoments& moments, const std::vector<double>& weights) {
  double intercept = moments.target_mean;
  for (std::size_t j = 0; j < weights.size(); ++j) intercept -= moments.mean[j] * weights[j];
  return intercept;
}

LassoFit fit_moments(const CentredMoments& moments, double alpha, double tolerance) {
  Descent descent(moments);
  LassoFit fit;
  fit.sweep_count = descent.run(alpha, tolerance);
  fit.converged = descent.converged();
  fit.weights = descent.weights();
  fit.intercept = intercept_of(moments, fit.weights);
  fit.alpha = alpha;
  return fit;
}

std::vector<double> alphas_of(const CentredMoments& moments) {
  double alpha = 0;
  for (const double cross : moments.cross) alpha = std::max(alpha, std::abs(cross));
  alpha /= moments.row_count;
  std::vector<double> alphas;
  for (std::size_t i = 0; i < kAlphaCount; ++i) {
    alphas.push_back(alpha);
    alpha /= kAlphaStep;
  }
  return alphas;
}

std::vector<std::size_t> all_rows(const Design& design) {
  std::vector<std::size_t> rows(design.target.size());
  for (std::size_t row = 0; row < rows.size(); ++row) rows[row] = row;
  return rows;
}

// The models of every alpha side by side: weight of column j at alpha a is
// weights[j * kAlphaCount + a], so that one pass over a row serves all alphas.
struct PathModels {
  std::vector<double> weights;
  std::array<double, kAlphaCount> intercept{};
  std::vector<std::size_t> used;  // columns that any alpha keeps
};

PathModels follow_path(const CentredMoments& moments, const std::vector<double>& alphas) {
  PathModels models;
  models.weights.assign(moments.column_count * kAlphaCount, 0.0);
  std::vector<std::uint8_t> is_used(moments.column_count, 0);
  Descent descent(moments);
  for (std::size_t a = 0; a < alphas.size(); ++a) {
    descent.run(alphas[a], kTolerance);
    const std::vector<double>& weights = descent.weights();
    models.intercept[a] = intercept_of(moments, weights);
    for (std::size_t j = 0; j < weights.size(); ++j) {
      models.weights[j * kAlphaCount + a] = weights[j];
      if (weights[j] != 0) is_used[j] = 1;
    }
  }
  for (std::size_t j = 0; j < is_used.size(); ++j) {
    if (is_used[j] != 0) models.used.push_back(j);
  }
  return models;
}

std::array<double, kAlphaCount> errors_of(const PathModels& models, const Design& design,
                                          const std::vector<std::size_t>& rows) {
  std::array<double, kAlphaCount> sum{};
  for (const std::size_t row : rows) {
    std::array<double, kAlphaCount> predicted = models.intercept;
    for (const std::size_t j : models.used) {
      const double x = design.values[row * design.column_count + j];
      if (x == 0) continue;
      const double* weights = &models.weights[j * kAlphaCount];
      for (std::size_t a = 0; a < kAlphaCount; ++a) predicted[a] += x * weights[a];
    }
    for (std::size_t a = 0; a < kAlphaCount; ++a) {
      const double error = predicted[a] - design.target[row];
      sum[a] += error * error;
    }
  }
  for (double& error : sum) error /= static_cast<double>(rows.size());
  return sum;
}

}  // namespace

double LassoFit::predict(std::span<const double> row) const {
  double value = intercept;
  for (std::size_t j = 0; j < weights.size(); ++j) value += weights[j] * row[j];
  return value;
}

LassoFit fit_lasso(const Design& design, double alpha, double tolerance) {
  const MomentShift shift = MomentShift::of(design);
  Moments moments(design.column_count);
  moments.add(design, shift, all_rows(design));
  return fit_moments(moments.centred(shift), alpha, tolerance);
}

std::vector<double> lasso_alphas(const Design& design) {
  const MomentShift shift = MomentShift::of(design);
  Moments moments(design.column_count);
  moments.add(design, shift, all_rows(design));
  return alphas_of(moments.centred(shift));
}

LassoPath cross_validate_lasso(const Design& design, const Folds& folds) {
  assert(folds.size() == design.target.size() && !folds.empty());
  const std::uint32_t fold_count = *std::max_element(folds.begin(), folds.end()) + 1;
  std::vector<std::vector<std::size_t>> rows_of_fold(fold_count);
  for (std::size_t row = 0; row < folds.size(); ++row) rows_of_fold[folds[row]].push_back(row);

  // Moments add up: each row is summed once, into its fold, and a training part is
  // the sum of the other folds.
  const MomentShift shift = MomentShift::of(design);
  std::vector<Moments> of_fold(fold_count, Moments(design.column_count));
  for (std::uint32_t fold = 0; fold < fold_count; ++fold) {
    of_fold[fold].add(design, shift, rows_of_fold[fold]);
  }
  Moments all(design.column_count);
  for (const Moments& moments : of_fold) all.add(moments);
  const CentredMoments centred = all.centred(shift);

  LassoPath path;
  path.alphas = alphas_of(centred);
  path.mean_squared_error.assign(kAlphaCount, 0.0);
  for (std::uint32_t fold = 0; fold < fold_count && fold_count > 1; ++fold) {
    Moments others(design.column_count);
    for (std::uint32_t other = 0; other < fold_count; ++other) {
      if (other != fold) others.add(of_fold[other]);
    }
    const PathModels models = follow_path(others.centred(shift), path.alphas);
    const std::array<double, kAlphaCount> errors = errors_of(models, design, rows_of_fold[fold]);
    for (std::size_t a = 0; a < kAlphaCount; ++a) {
      path.mean_squared_error[a] += errors[a] / fold_count;
    }
  }
  const auto best =
      std::min_element(path.mean_squared_error.begin(), path.mean_squared_error.end());
  const auto chosen = static_cast<std::size_t>(best - path.mean_squared_error.begin());
  path.fit = fit_moments(centred, path.alphas[chosen], kTolerance);
  return path;
}

}  // namespace mimir::learn
