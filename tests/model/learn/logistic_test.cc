// SPDX-License-Identifier: Apache-2.0
#include "model/learn/logistic.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "tests/model/learn/draw.h"

namespace mimir::learn {
namespace {

struct Problem {
  std::vector<double> values;
  std::size_t column_count = 0;
  std::vector<double> target;

  [[nodiscard]] Design design() const { return {values, column_count, target}; }
};

// The thirty rows of golden case G-11d.
Problem golden() {
  Problem problem;
  problem.column_count = 3;
  for (int i = 0; i < 30; ++i) {
    const int x0 = 7 * i % 11 - 5;
    const int x1 = 5 * i % 13 - 6;
    const int x2 = 3 * i % 7 - 3;
    for (const int x : {x0, x1, x2}) problem.values.push_back(x);
    problem.target.push_back(2 * x0 - x1 > 3 ? 1 : 0);
  }
  return problem;
}

Problem drawn(std::size_t row_count, std::size_t column_count) {
  Draw draw(7);
  Problem problem;
  problem.column_count = column_count;
  for (std::size_t row = 0; row < row_count; ++row) {
    double sum = 0;
    for (std::size_t j = 0; j < column_count; ++j) {
      problem.values.push_back(draw.symmetric() * (1 + static_cast<double>(j)));
      if (j % 2 == 0) sum += problem.values.back();
    }
    problem.target.push_back(sum + draw.symmetric() > 0.3 ? 1 : 0);
  }
  return problem;
}

// Of the loss alone, by weight and last by intercept: the definition, summed plainly.
std::vector<double> loss_gradient(const Problem& problem, const LogisticFit& fit) {
  std::vector<double> gradient(problem.column_count + 1, 0.0);
  const std::size_t rows = problem.target.size();
  for (std::size_t row = 0; row < rows; ++row) {
    const auto x =
        std::span(problem.values).subspan(row * problem.column_count, problem.column_count);
    const double residual = 1 / (1 + std::exp(-fit.predict(x))) - problem.target[row];
    for (std::size_t j = 0; j < x.size(); ++j) {
      gradient[j] += residual * x[j] / static_cast<double>(rows);
    }
    gradient.back() += residual / static_cast<double>(rows);
  }
  return gradient;
}

// scikit-learn 1.2.1, LogisticRegression(C, penalty, tol=1e-14) on golden(): newton-cg for
// the squared penalty, saga for the absolute one, which does not penalise the intercept
// either. alpha = 1 / (30 C).
TEST(Logistic, AgreesWithScikitLearn) {
  struct Row {
    Penalty penalty;
    double c;
    std::vector<double> weights;
    double intercept;
  };
  const std::vector<Row> rows = {
      {Penalty::kL2, 0.01, {0.20504896178, -0.06685009990, -0.01820529717}, -0.78748924323},
      {Penalty::kL2, 0.1, {0.65916955385, -0.26344196941, -0.03669112510}, -1.31810996567},
      {Penalty::kL2, 1.0, {1.52735545975, -0.68902959643, -0.03537171229}, -2.75307356072},
      {Penalty::kL1, 0.1, {0.43451682191, -0.07492369489, 0.0}, -0.99830236966},
      {Penalty::kL1, 1.0, {1.73739887468, -0.77504532662, 0.0}, -3.09304740683},
  };
  const Problem problem = golden();
  for (const Row& row : rows) {
    const LogisticFit fit = fit_logistic(problem.design(), row.penalty, 1 / (30 * row.c), 1e-14);
    EXPECT_TRUE(fit.converged);
    for (std::size_t j = 0; j < 3; ++j) EXPECT_NEAR(fit.weights[j], row.weights[j], 1e-6) << row.c;
    EXPECT_NEAR(fit.intercept, row.intercept, 1e-6) << row.c;
  }
}

// With every weight at 0 the odds are those of the labels: log(13 / 17), and it stays so from
// alpha = max |gradient| on.
TEST(Logistic, KeepsNothingUnderAStrongPenalty) {
  const Problem problem = golden();
  const LogisticFit fit = fit_logistic(problem.design(), Penalty::kL1, 10, 1e-14);
  EXPECT_EQ(fit.weights, (std::vector<double>{0, 0, 0}));
  double ones = 0;
  for (const double target : problem.target) ones += target;
  EXPECT_NEAR(fit.intercept, std::log(ones / (30 - ones)), 1e-6);
}

// The conditions under which a convex objective is at its least (KKT).
TEST(Logistic, MeetsTheConditionsOfAMinimum) {
  const Problem problem = drawn(400, 12);
  constexpr double kAlpha = 0.01;
  const LogisticFit absolute = fit_logistic(problem.design(), Penalty::kL1, kAlpha, 1e-14);
  const std::vector<double> slope = loss_gradient(problem, absolute);
  for (std::size_t j = 0; j < 12; ++j) {
    if (absolute.weights[j] == 0) {
      EXPECT_LE(std::abs(slope[j]), kAlpha + 1e-7);
    } else {
      EXPECT_NEAR(slope[j], absolute.weights[j] > 0 ? -kAlpha : kAlpha, 1e-7);
    }
  }
  EXPECT_NEAR(slope.back(), 0, 1e-7);
  const LogisticFit squared = fit_logistic(problem.design(), Penalty::kL2, kAlpha, 1e-14);
  const std::vector<double> slope2 = loss_gradient(problem, squared);
  for (std::size_t j = 0; j < 12; ++j) EXPECT_NEAR(slope2[j], -kAlpha * squared.weights[j], 1e-7);
}

// Classes far apart, values at the scaler's limit: nothing overflows, nothing runs away.
TEST(Logistic, EndsOnClassesThatAreFarApart) {
  Problem problem;
  problem.column_count = 2;
  for (int i = 0; i < 40; ++i) {
    problem.values.push_back(i < 20 ? -100 : 100);
    problem.values.push_back(i % 3);
    problem.target.push_back(i < 20 ? 0 : 1);
  }
  const LogisticFit fit = fit_logistic(problem.design(), Penalty::kL2, 0.001);
  EXPECT_TRUE(fit.converged);
  EXPECT_GT(fit.predict(std::vector<double>{100, 0}), 3);
  EXPECT_LT(fit.predict(std::vector<double>{-100, 0}), -3);
}

// By the definition: each penalty fitted without the fold, its loss on the fold.
TEST(Logistic, ChoosesTheAlphaOfTheSmallestLossOutOfFold) {
  const Problem problem = drawn(240, 6);
  Folds folds;
  for (std::uint32_t row = 0; row < 240; ++row) folds.push_back(row / 80);
  double best_loss = 1e9;
  double best_alpha = 0;
  for (const double alpha : logistic_alphas()) {
    double loss = 0;
    for (std::uint32_t fold = 0; fold < 3; ++fold) {
      Problem others{.values = {}, .column_count = 6, .target = {}};
      for (std::size_t row = 0; row < 240; ++row) {
        if (folds[row] == fold) continue;
        for (std::size_t j = 0; j < 6; ++j) others.values.push_back(problem.values[row * 6 + j]);
        others.target.push_back(problem.target[row]);
      }
      const LogisticFit fit = fit_logistic(others.design(), Penalty::kL1, alpha, 1e-12);
      for (std::size_t row = 0; row < 240; ++row) {
        if (folds[row] != fold) continue;
        const double odds = fit.predict(std::span(problem.values).subspan(row * 6, 6));
        loss += std::log(1 + std::exp(problem.target[row] > 0.5 ? -odds : odds)) / 240;
      }
    }
    if (loss < best_loss) best_alpha = alpha;
    best_loss = std::min(best_loss, loss);
  }
  EXPECT_EQ(cross_validate_logistic(problem.design(), Penalty::kL1, folds).alpha, best_alpha);
}

}  // namespace
}  // namespace mimir::learn
