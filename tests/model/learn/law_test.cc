// SPDX-License-Identifier: Apache-2.0
#include "model/learn/law.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "tests/model/learn/draw.h"

namespace mimir::learn {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// The base and slope that minimise the sum of weighted squares, by solving the two normal
// equations with Cramer's rule; weights are those of the law.
std::pair<double, double> weighted_line(const std::vector<double>& values,
                                        const std::vector<double>& given) {
  double w = 0;
  double wx = 0;
  double wy = 0;
  double wxx = 0;
  double wxy = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double weight = 1 / (given[i] + 1500);
    w += weight;
    wx += weight * given[i];
    wy += weight * values[i];
    wxx += weight * given[i] * given[i];
    wxy += weight * given[i] * values[i];
  }
  const double determinant = w * wxx - wx * wx;
  return {(wy * wxx - wx * wxy) / determinant, (w * wxy - wx * wy) / determinant};
}

TEST(Law, FindsALineExactly) {
  std::vector<double> values;
  std::vector<double> given;
  for (int i = 0; i < 50; ++i) {
    given.push_back(1000.0 * i);
    values.push_back(700 + 3.5 * given.back());
  }
  const Law law = fit_law("bytes(b>a)", values, given);
  EXPECT_NEAR(law.base, 700, 1e-6);
  EXPECT_NEAR(law.slope, 3.5, 1e-9);
  EXPECT_EQ(law.noise, kNoiseMin);
  EXPECT_EQ(law.given, "bytes(b>a)");
}

// Residuals of one size reach the same weight in Huber's scheme, so that the fit is that of
// plain weighted least squares.
TEST(Law, IsWeightedLeastSquaresWhereNothingIsFar) {
  std::vector<double> values;
  std::vector<double> given;
  for (int i = 0; i < 400; ++i) {
    given.push_back(500 + 37.0 * (i % 97));
    const double sign = i % 2 == 0 ? 1 : -1;
    values.push_back(100 + 2 * given.back() + sign * 20 * std::sqrt(given.back() + 1500));
  }
  const Law law = fit_law("g", values, given);
  const auto [base, slope] = weighted_line(values, given);
  EXPECT_NEAR(law.base, base, 1e-6 * std::abs(base));
  EXPECT_NEAR(law.slope, slope, 1e-9);
  EXPECT_NEAR(law.noise, 40, 0.5);
}

TEST(Law, IsNotMovedByATenthOfOutliers) {
  Draw draw(5);
  std::vector<double> values;
  std::vector<double> given;
  for (int i = 0; i < 1000; ++i) {
    given.push_back(1e4 + 9e3 * draw.symmetric());
    values.push_back(4 * given.back() + 30 * draw.symmetric() * std::sqrt(given.back() + 1500));
    if (i % 10 == 0) values.back() += 1e6;
  }
  const Law law = fit_law("g", values, given);
  EXPECT_NEAR(law.expected(1e4), 4e4, 1000);
  EXPECT_GT(weighted_line(values, given).first + 1e4 * weighted_line(values, given).second, 1e5);
  EXPECT_LT(law.noise, 60);
}

// n messages of a law of their own: the deviation of their sum grows with the root of n.
TEST(Law, AZMeansTheSameAtEveryLoad) {
  Draw draw(9);
  const auto window = [&draw](int messages) {
    double sum = 0;
    for (int i = 0; i < messages; ++i) sum += 2000 + 1500 * draw.symmetric();
    return sum;
  };
  std::vector<double> values;
  std::vector<double> given;
  for (int i = 0; i < 2000; ++i) {
    const int messages = 20 + static_cast<int>(draw.below(180));
    given.push_back(300.0 * messages);
    values.push_back(window(messages));
  }
  const Law law = fit_law("g", values, given);
  for (const int messages : {30, 190}) {
    double squares = 0;
    for (int i = 0; i < 2000; ++i) {
      const double z = (window(messages) - law.expected(300.0 * messages)) /
                       (law.noise * std::sqrt(300.0 * messages + 1500));
      squares += z * z / 2000;
    }
    // The IQR of a normal variable is 1.349 deviations.
    EXPECT_NEAR(std::sqrt(squares) * 1.349, 1, 0.15) << messages;
  }
}

TEST(Law, OfFewWindowsIsTheRatioOfTheSums) {
  const Law law = fit_law("g", std::vector<double>{100, 500}, std::vector<double>{10, 50});
  EXPECT_EQ(law.slope, 10);
  EXPECT_EQ(law.base, 0);
  const Law silent = fit_law("g", std::vector<double>{100, 300}, std::vector<double>{0, 0});
  EXPECT_EQ(silent.slope, 0);
  EXPECT_EQ(silent.base, 200);
}

TEST(Law, ZIsLimitedAndNothingWhereEitherSideIsMissing) {
  const Law law{.given = "g", .base = 100, .slope = 2, .noise = 10};
  const double expected = 100 + 2 * 8500;
  const double unit = std::sqrt(100.0 * 10000 + 0.05 * 0.05 * expected * expected);
  EXPECT_DOUBLE_EQ(law.unit(8500), unit);
  EXPECT_DOUBLE_EQ(law.z(expected + 3 * unit, 8500), 3);
  EXPECT_EQ(law.z(1e12, 8500), kLawLimit);
  EXPECT_EQ(law.z(-1e12, 8500), -kLawLimit);
  EXPECT_EQ(law.z(kNaN, 8500), 0);
  EXPECT_EQ(law.z(1, kNaN), 0);
}

TEST(Law, KnowsTheOtherDirectionByName) {
  EXPECT_EQ(other_direction("bytes(a>b-2)"), "bytes(b-2>a)");
  EXPECT_FALSE(other_direction("edge_variation(a>b)"));
  EXPECT_FALSE(other_direction("bytes(a)"));
  EXPECT_FALSE(other_direction("bytes(a>b"));
}

}  // namespace
}  // namespace mimir::learn
