// SPDX-License-Identifier: Apache-2.0
#include "model/learn/logistic.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace mimir::learn {

namespace {

constexpr std::uint32_t kStepCountMax = 200;
constexpr std::uint32_t kSweepsOfStepMax = 1000;
constexpr double kCurvatureMin = 1e-9;
constexpr std::array<double, 5> kAlphas = {0.1, 0.03, 0.01, 0.003, 0.001};
/// Enough to rank penalties; the fit that is kept goes on to the default.
constexpr double kRankingTolerance = 1e-5;

// log(1 + exp(-margin)) without overflow.
double log_loss(double margin) {
  return margin > 0 ? std::log1p(std::exp(-margin)) : -margin + std::log1p(std::exp(margin));
}

double probability(double odds) {
  return odds > 0 ? 1 / (1 + std::exp(-odds)) : std::exp(odds) / (1 + std::exp(odds));
}

// The last of the p + 1 coordinates is the intercept, whose column is 1.
class Newton {
 public:
  Newton(const Design& design, Penalty penalty, double alpha)
      : design_(design),
        penalty_(penalty),
        alpha_(alpha),
        size_(design.column_count + 1),
        row_count_(static_cast<double>(design.target.size())),
        weights_(size_, 0.0),
        step_(size_),
        gradient_(size_),
        moments_(size_ * size_),
        odds_(design.target.size(), 0.0) {}

  void start_from(const LogisticFit& fit) {
    std::copy(fit.weights.begin(), fit.weights.end(), weights_.begin());
    weights_.back() = fit.intercept;
    for (std::size_t row = 0; row < odds_.size(); ++row) odds_[row] = dot(row, weights_);
  }

  LogisticFit run(double tolerance) {
    LogisticFit fit;
    fit.alpha = alpha_;
    double objective = objective_of(odds_, weights_);
    for (fit.step_count = 0; fit.step_count < kStepCountMax; ++fit.step_count) {
      expand();
      find_step();
      const double promised = decrease();
      fit.converged = promised >= -tolerance * std::max(objective, 1e-3);
      if (fit.converged || !search(objective, promised)) break;
    }
    fit.weights.assign(weights_.begin(), weights_.end() - 1);
    fit.intercept = weights_.back();
    return fit;
  }

 private:
  [[nodiscard]] double value(std::size_t row, std::size_t j) const {
    return j + 1 == size_ ? 1.0 : design_.values[row * design_.column_count + j];
  }

  [[nodiscard]] double dot(std::size_t row, const std::vector<double>& vector) const {
    double sum = vector.back();
    const double* x = design_.values.data() + row * design_.column_count;
    for (std::size_t j = 0; j + 1 < size_; ++j) sum += x[j] * vector[j];
    return sum;
  }

  [[nodiscard]] double penalty_of(const std::vector<double>& weights) const {
    double sum = 0;
    for (std::size_t j = 0; j + 1 < size_; ++j) {
      sum += penalty_ == Penalty::kL1 ? std::abs(weights[j]) : 0.5 * weights[j] * weights[j];
    }
    return alpha_ * sum;
  }

  [[nodiscard]] double objective_of(const std::vector<double>& odds,
                                    const std::vector<double>& weights) const {
    double loss = 0;
    for (std::size_t row = 0; row < odds.size(); ++row) {
      loss += log_loss(design_.target[row] > 0.5 ? odds[row] : -odds[row]);
    }
    return loss / row_count_ + penalty_of(weights);
  }

  // Gradient and second derivatives of the loss at the present weights.
  void expand() {
    std::fill(gradient_.begin(), gradient_.end(), 0.0);
    std::fill(moments_.begin(), moments_.end(), 0.0);
    std::vector<double> x(size_);
    for (std::size_t row = 0; row < odds_.size(); ++row) {
      const double p = probability(odds_[row]);
      const double residual = (p - design_.target[row]) / row_count_;
      const double curvature = std::max(p * (1 - p), kCurvatureMin) / row_count_;
      for (std::size_t j = 0; j < size_; ++j) x[j] = value(row, j);
      for (std::size_t j = 0; j < size_; ++j) {
        if (x[j] == 0) continue;
        gradient_[j] += residual * x[j];
        const double weighted = curvature * x[j];
        double* moments = moments_.data() + j * size_;
        for (std::size_t k = j; k < size_; ++k) moments[k] += weighted * x[k];
      }
    }
    for (std::size_t j = 0; j < size_; ++j) {
      for (std::size_t k = 0; k < j; ++k) moments_[j * size_ + k] = moments_[k * size_ + j];
    }
  }

  // Minimises the quadratic model plus the penalty by coordinate descent.
  void find_step() {
    std::fill(step_.begin(), step_.end(), 0.0);
    std::vector<double> slope = gradient_;  // of the model, at weights + step
    for (std::uint32_t sweep = 0; sweep < kSweepsOfStepMax; ++sweep) {
      double moved = 0;
      for (std::size_t j = 0; j < size_; ++j) {
        const double curvature = moments_[j * size_ + j];
        if (curvature == 0) continue;
        const double at = weights_[j] + step_[j];
        const double change = minimiser(j, at, slope[j], curvature) - at;
        if (change == 0) continue;
        step_[j] += change;
        const double* moments = moments_.data() + j * size_;
        for (std::size_t k = 0; k < size_; ++k) slope[k] += change * moments[k];
        moved = std::max(moved, change * change * curvature);
      }
      if (moved < 1e-18) return;
    }
  }

  [[nodiscard]] double minimiser(std::size_t j, double at, double slope, double curvature) const {
    const double pull = curvature * at - slope;
    if (j + 1 == size_) return pull / curvature;
    if (penalty_ == Penalty::kL2) return pull / (curvature + alpha_);
    if (pull > alpha_) return (pull - alpha_) / curvature;
    if (pull < -alpha_) return (pull + alpha_) / curvature;
    return 0;
  }

  // What the step promises to first order: never above 0.
  [[nodiscard]] double decrease() const {
    std::vector<double> there(size_);
    double sum = 0;
    for (std::size_t j = 0; j < size_; ++j) {
      there[j] = weights_[j] + step_[j];
      sum += gradient_[j] * step_[j];
    }
    return sum + penalty_of(there) - penalty_of(weights_);
  }

  // Halves the step until it keeps a share of the promise. False if no step does.
  bool search(double& objective, double promised) {
    std::vector<double> weights(size_);
    std::vector<double> odds(odds_.size());
    std::vector<double> step_odds(odds_.size());
    for (std::size_t row = 0; row < odds.size(); ++row) step_odds[row] = dot(row, step_);
    for (double share = 1; share > 1e-12; share /= 2) {
      for (std::size_t j = 0; j < size_; ++j) weights[j] = weights_[j] + share * step_[j];
      for (std::size_t i = 0; i < odds.size(); ++i) odds[i] = odds_[i] + share * step_odds[i];
      const double reached = objective_of(odds, weights);
      if (reached > objective + 1e-4 * share * promised) continue;
      objective = reached;
      weights_ = weights;
      odds_ = odds;
      return true;
    }
    return false;
  }

  Design design_;  // borrows only what the caller keeps
  Penalty penalty_;
  double alpha_;
  std::size_t size_;
  double row_count_;
  std::vector<double> weights_;
  std::vector<double> step_;
  std::vector<double> gradient_;
  std::vector<double> moments_;
  std::vector<double> odds_;  ///< of each row, at the present weights
};

// The rows of all folds but one.
struct Part {
  std::vector<double> values;
  std::vector<double> target;
  std::size_t column_count = 0;

  [[nodiscard]] Design design() const { return {values, column_count, target}; }
};

Part without(const Design& design, const Folds& folds, std::uint32_t fold) {
  Part part;
  part.column_count = design.column_count;
  for (std::size_t row = 0; row < folds.size(); ++row) {
    if (folds[row] == fold) continue;
    const auto values = design.values.subspan(row * design.column_count, design.column_count);
    part.values.insert(part.values.end(), values.begin(), values.end());
    part.target.push_back(design.target[row]);
  }
  return part;
}

double loss_on(const Design& design, const Folds& folds, std::uint32_t fold,
               const LogisticFit& fit) {
  double loss = 0;
  double count = 0;
  for (std::size_t row = 0; row < folds.size(); ++row) {
    if (folds[row] != fold) continue;
    const double odds =
        fit.predict(design.values.subspan(row * design.column_count, design.column_count));
    loss += log_loss(design.target[row] > 0.5 ? odds : -odds);
    count += 1;
  }
  return loss / count;
}

}  // namespace

double LogisticFit::predict(std::span<const double> row) const {
  double value = intercept;
  for (std::size_t j = 0; j < weights.size(); ++j) value += weights[j] * row[j];
  return value;
}

LogisticFit fit_logistic(const Design& design, Penalty penalty, double alpha, double tolerance) {
  return Newton(design, penalty, alpha).run(tolerance);
}

std::span<const double> logistic_alphas() { return kAlphas; }

LogisticFit cross_validate_logistic(const Design& design, Penalty penalty, const Folds& folds) {
  assert(folds.size() == design.target.size() && !folds.empty());
  const std::uint32_t fold_count = *std::max_element(folds.begin(), folds.end()) + 1;
  std::array<double, kAlphas.size()> losses{};
  for (std::uint32_t fold = 0; fold < fold_count && fold_count > 1; ++fold) {
    const Part part = without(design, folds, fold);
    LogisticFit fit;
    for (std::size_t a = 0; a < kAlphas.size(); ++a) {
      Newton newton(part.design(), penalty, kAlphas[a]);
      if (a > 0) newton.start_from(fit);
      fit = newton.run(kRankingTolerance);
      losses[a] += loss_on(design, folds, fold, fit) / fold_count;
    }
  }
  const auto best = std::min_element(losses.begin(), losses.end());
  return fit_logistic(design, penalty, kAlphas[static_cast<std::size_t>(best - losses.begin())]);
}

}  // namespace mimir::learn
