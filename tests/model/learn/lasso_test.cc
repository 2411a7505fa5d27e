// SPDX-License-Identifier: Apache-2.0
#include "model/learn/lasso.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "tests/model/learn/draw.h"

namespace mimir::learn {
namespace {

struct Problem {
  std::vector<double> values;
  std::size_t column_count = 0;
  std::vector<double> target;

  [[nodiscard]] Design design() const { return {values, column_count, target}; }
  [[nodiscard]] double at(std::size_t row, std::size_t column) const {
    return values[row * column_count + column];
  }
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

// Correlated columns of unequal scale, far from centred.
Problem random_problem(Draw& draw, std::size_t row_count, std::size_t column_count) {
  Problem problem;
  problem.column_count = column_count;
  for (std::size_t row = 0; row < row_count; ++row) {
    const double shared = draw.symmetric();
    double sum = 0;
    for (std::size_t j = 0; j < column_count; ++j) {
      const double scale = 1 + static_cast<double>(j);
      const double x = scale * (draw.symmetric() + 0.7 * shared) + 5 * scale;
      problem.values.push_back(x);
      if (j % 3 == 0) sum += (x - 5 * scale) / scale;
    }
    problem.target.push_back(sum + 0.5 * draw.symmetric() > 0 ? 1 : 0);
  }
  return problem;
}

std::vector<double> residuals(const Problem& problem, const LassoFit& fit) {
  std::vector<double> result;
  for (std::size_t row = 0; row < problem.target.size(); ++row) {
    double predicted = fit.intercept;
    for (std::size_t j = 0; j < problem.column_count; ++j) {
      predicted += problem.at(row, j) * fit.weights[j];
    }
    result.push_back(problem.target[row] - predicted);
  }
  return result;
}

double objective(const Problem& problem, const LassoFit& fit) {
  double loss = 0;
  for (const double r : residuals(problem, fit)) loss += r * r;
  double norm = 0;
  for (const double w : fit.weights) norm += std::abs(w);
  return loss / (2 * static_cast<double>(problem.target.size())) + fit.alpha * norm;
}

// A slow way to the same minimum: proximal gradient descent (ISTA) on the rows given,
// the intercept as one more, unpenalised column of the centred problem.
LassoFit fit_slowly(const Problem& problem, const std::vector<std::size_t>& rows, double alpha) {
  const std::size_t p = problem.column_count;
  const auto n = static_cast<double>(rows.size());
  std::vector<double> mean(p, 0.0);
  double target_mean = 0;
  for (const std::size_t row : rows) {
    for (std::size_t j = 0; j < p; ++j) mean[j] += problem.at(row, j) / n;
    target_mean += problem.target[row] / n;
  }
  double lipschitz = 0;  // the trace bounds the largest eigenvalue of X'X / n
  for (const std::size_t row : rows) {
    for (std::size_t j = 0; j < p; ++j) {
      lipschitz += (problem.at(row, j) - mean[j]) * (problem.at(row, j) - mean[j]) / n;
    }
  }
  LassoFit fit;
  fit.alpha = alpha;
  fit.weights.assign(p, 0.0);
  for (int step = 0; step < 20'000; ++step) {
    std::vector<double> gradient(p, 0.0);
    for (const std::size_t row : rows) {
      double residual = problem.target[row] - target_mean;
      for (std::size_t j = 0; j < p; ++j) {
        residual -= (problem.at(row, j) - mean[j]) * fit.weights[j];
      }
      for (std::size_t j = 0; j < p; ++j) {
        gradient[j] -= residual * (problem.at(row, j) - mean[j]) / n;
      }
    }
    for (std::size_t j = 0; j < p; ++j) {
      const double moved = fit.weights[j] - gradient[j] / lipschitz;
      const double shrunk = std::max(0.0, std::abs(moved) - alpha / lipschitz);
      fit.weights[j] = std::copysign(shrunk, moved);
    }
  }
  fit.intercept = target_mean;
  for (std::size_t j = 0; j < p; ++j) fit.intercept -= mean[j] * fit.weights[j];
  return fit;
}

std::vector<std::size_t> every_row(const Problem& problem) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < problem.target.size(); ++row) rows.push_back(row);
  return rows;
}

TEST(Lasso, GivesTheGoldenFigures) {
  const Problem problem = golden();
  EXPECT_EQ(std::vector(problem.target.begin(), problem.target.begin() + 10),
            (std::vector<double>{0, 1, 0, 1, 0, 0, 1, 0, 0, 1}));
  const LassoPath path = cross_validate_lasso(problem.design(), contiguous_folds(30, 5));

  ASSERT_EQ(path.alphas.size(), 100U);
  EXPECT_NEAR(path.alphas.front(), 1.0777777778, 5e-11);
  EXPECT_NEAR(path.alphas.back(), 0.0010777777778, 5e-14);
  EXPECT_NEAR(path.fit.alpha, 0.0937396147, 5e-11);
  EXPECT_NEAR(path.fit.weights[0], 0.10943585, 5e-9);
  EXPECT_NEAR(path.fit.weights[1], -0.0382988, 5e-8);
  EXPECT_EQ(path.fit.weights[2], 0);
  EXPECT_NEAR(path.fit.intercept, 0.3171012238, 5e-11);
  // The golden case prints 0.38823027 for row 4, where both columns are 1: a slip of one
  // digit, for its own intercept and coefficients add up to 0.38823827.
  const std::vector<double> predictions = {-0.00028521, 0.57427171, -0.05496566, 1.01747565,
                                           0.38823827};
  for (std::size_t row = 0; row < predictions.size(); ++row) {
    EXPECT_NEAR(path.fit.predict(std::span(problem.values).subspan(row * 3, 3)), predictions[row],
                5e-9);
  }
}

// Karush-Kuhn-Tucker: the gradient of the loss balances the subgradient of the norm.
TEST(Lasso, SatisfiesTheConditionsOfAMinimum) {
  Draw draw(1);
  for (int round = 0; round < 40; ++round) {
    const Problem problem = random_problem(draw, 30 + draw.below(40), 1 + draw.below(12));
    const double alpha = lasso_alphas(problem.design())[10 + draw.below(80)];
    const LassoFit fit = fit_lasso(problem.design(), alpha, 1e-13);
    ASSERT_TRUE(fit.converged);
    const std::vector<double> residual = residuals(problem, fit);
    const auto n = static_cast<double>(residual.size());
    double sum = 0;
    for (const double r : residual) sum += r;
    EXPECT_NEAR(sum / n, 0, 1e-10);
    for (std::size_t j = 0; j < problem.column_count; ++j) {
      double pull = 0;
      for (std::size_t row = 0; row < residual.size(); ++row) {
        pull += problem.at(row, j) * residual[row] / n;
      }
      if (fit.weights[j] == 0) {
        EXPECT_LE(std::abs(pull), alpha + 1e-8);
      } else {
        EXPECT_NEAR(pull, std::copysign(alpha, fit.weights[j]), 1e-7);
      }
    }
  }
}

TEST(Lasso, ShrinksOrthonormalColumnsByAlpha) {
  // Columns of a Hadamard matrix of order 16 but its first: centred, x'x = n, x_i'x_j = 0.
  Problem problem;
  problem.column_count = 15;
  Draw draw(2);
  for (unsigned row = 0; row < 16; ++row) {
    for (unsigned j = 1; j < 16; ++j) {
      problem.values.push_back(__builtin_parity(row & j) == 0 ? 1 : -1);
    }
    problem.target.push_back(draw.symmetric());
  }
  const double alpha = 0.05;
  const LassoFit fit = fit_lasso(problem.design(), alpha, 1e-13);
  bool dropped = false;
  bool kept = false;
  for (std::size_t j = 0; j < 15; ++j) {
    double least_squares = 0;
    for (std::size_t row = 0; row < 16; ++row) {
      least_squares += problem.at(row, j) * problem.target[row] / 16;
    }
    const double shrunk = std::max(0.0, std::abs(least_squares) - alpha);
    EXPECT_NEAR(fit.weights[j], std::copysign(shrunk, least_squares), 1e-13);
    (shrunk == 0 ? dropped : kept) = true;
  }
  EXPECT_TRUE(dropped && kept);
}

TEST(Lasso, AgreesWithGradientDescent) {
  Draw draw(7);
  for (int round = 0; round < 12; ++round) {
    const Problem problem = random_problem(draw, 15 + draw.below(20), 2 + draw.below(4));
    const double alpha = lasso_alphas(problem.design())[20 + draw.below(50)];
    const LassoFit fast = fit_lasso(problem.design(), alpha, 1e-13);
    const LassoFit slow = fit_slowly(problem, every_row(problem), alpha);
    for (std::size_t j = 0; j < problem.column_count; ++j) {
      EXPECT_NEAR(fast.weights[j], slow.weights[j], 1e-6);
    }
    EXPECT_NEAR(fast.intercept, slow.intercept, 1e-5);
  }
}

// The duality gap bounds how far the objective is above the minimum: tolerance |y|^2 / n.
TEST(Lasso, StopsWithinItsToleranceOfTheMinimum) {
  Draw draw(9);
  for (int round = 0; round < 20; ++round) {
    const Problem problem = random_problem(draw, 60, 8);
    double mean = 0;
    double norm2 = 0;
    for (const double y : problem.target) mean += y / 60;
    for (const double y : problem.target) norm2 += (y - mean) * (y - mean);
    const double alpha = lasso_alphas(problem.design())[70];
    const LassoFit loose = fit_lasso(problem.design(), alpha);
    const LassoFit tight = fit_lasso(problem.design(), alpha, 1e-13);
    EXPECT_TRUE(loose.converged);
    EXPECT_LE(loose.sweep_count, tight.sweep_count);
    EXPECT_LE(objective(problem, loose) - objective(problem, tight), kTolerance * norm2 / 60);
  }
}

TEST(Lasso, KeepsNoColumnAtTheLargestAlphaAndOneJustBelow) {
  Draw draw(4);
  const Problem problem = random_problem(draw, 50, 6);
  const std::vector<double> alphas = lasso_alphas(problem.design());
  const auto kept = [&problem](double alpha) {
    const LassoFit fit = fit_lasso(problem.design(), alpha, 1e-12);
    return 6 - std::count(fit.weights.begin(), fit.weights.end(), 0.0);
  };
  EXPECT_EQ(kept(alphas[0] * (1 + 1e-12)), 0);
  EXPECT_EQ(kept(alphas[0] * 0.9999), 1);
  for (std::size_t i = 1; i < alphas.size(); ++i) {
    EXPECT_NEAR(alphas[i] / alphas[0], std::pow(1000, -static_cast<double>(i) / 99), 1e-12);
  }
}

TEST(Lasso, KeepsNothingWhenTheLabelIsConstant) {
  Draw draw(6);
  Problem problem = random_problem(draw, 20, 3);
  std::fill(problem.target.begin(), problem.target.end(), 1.0);
  const LassoPath path = cross_validate_lasso(problem.design(), contiguous_folds(20, 5));
  EXPECT_EQ(path.fit.weights, std::vector<double>(3, 0.0));
  EXPECT_EQ(path.fit.intercept, 1);
  EXPECT_EQ(path.fit.alpha, path.alphas.front());
}

TEST(Lasso, GivesAConstantColumnNoWeight) {
  Draw draw(8);
  Problem problem = random_problem(draw, 40, 4);
  for (std::size_t row = 0; row < 40; ++row) problem.values[row * 4] = 0.1 + 1e4;
  const LassoFit fit = fit_lasso(problem.design(), 1e-9, 1e-10);
  EXPECT_EQ(fit.weights[0], 0);
  EXPECT_NE(fit.weights[3], 0);
}

// Every fold is fitted slowly from nothing, without the others' sums or warm starts.
TEST(LassoPath, ErrorsAreThoseOfFittingEachFoldAlone) {
  Draw draw(10);
  const Problem problem = random_problem(draw, 36, 3);
  Folds folds;
  for (std::size_t row = 0; row < 36; ++row) folds.push_back(row % 7 < 2 ? 0 : row % 7 < 4 ? 1 : 2);
  const LassoPath path = cross_validate_lasso(problem.design(), folds);
  for (const std::size_t a : {5U, 30U, 60U, 90U}) {
    double expected = 0;
    for (std::uint32_t fold = 0; fold < 3; ++fold) {
      std::vector<std::size_t> training;
      for (std::size_t row = 0; row < 36; ++row) {
        if (folds[row] != fold) training.push_back(row);
      }
      const std::vector<double> residual =
          residuals(problem, fit_slowly(problem, training, path.alphas[a]));
      double sum = 0;
      double count = 0;
      for (std::size_t row = 0; row < 36; ++row) {
        if (folds[row] != fold) continue;
        sum += residual[row] * residual[row];
        ++count;
      }
      expected += sum / count / 3;
    }
    EXPECT_NEAR(path.mean_squared_error[a], expected, 2e-3 * expected) << a;
  }
}

TEST(LassoPath, ChoosesTheLargestOfTheBestAlphas) {
  Draw draw(12);
  const Problem problem = random_problem(draw, 60, 5);
  const LassoPath path = cross_validate_lasso(problem.design(), contiguous_folds(60, 5));
  const auto best =
      std::min_element(path.mean_squared_error.begin(), path.mean_squared_error.end());
  EXPECT_EQ(path.fit.alpha,
            path.alphas[static_cast<std::size_t>(best - path.mean_squared_error.begin())]);
  const LassoPath unjudged = cross_validate_lasso(problem.design(), Folds(60, 0));
  EXPECT_EQ(unjudged.fit.alpha, unjudged.alphas.front());
}

TEST(Lasso, GivesEqualBytesForEqualRows) {
  Draw draw(13);
  const Problem problem = random_problem(draw, 80, 10);
  const LassoPath one = cross_validate_lasso(problem.design(), contiguous_folds(80, 5));
  const LassoPath two = cross_validate_lasso(problem.design(), contiguous_folds(80, 5));
  EXPECT_EQ(one.fit.weights, two.fit.weights);
  EXPECT_EQ(one.mean_squared_error, two.mean_squared_error);
}

}  // namespace
}  // namespace mimir::learn
