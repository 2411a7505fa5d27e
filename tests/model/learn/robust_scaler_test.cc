// SPDX-License-Identifier: Apache-2.0
#include "model/learn/robust_scaler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "tests/model/learn/draw.h"

namespace mimir::learn {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Spread spread_of(std::vector<double> values) {
  return Spread::of(std::move(values)).value_or(Spread{.median = kNaN, .iqr = kNaN});
}

// Golden case G-11b.
TEST(RobustScaler, ScalesByMedianAndInterquartileRange) {
  const Spread outlier = spread_of({1, 2, 3, 4, 100});
  EXPECT_EQ(outlier, (Spread{.median = 3, .iqr = 2}));
  EXPECT_EQ(outlier.z(10), 3.5);
  EXPECT_EQ(outlier.z(1), -1);

  const Spread constant = spread_of({5, 5, 5, 5, 5});
  EXPECT_EQ(constant, (Spread{.median = 5, .iqr = 1}));
  EXPECT_EQ(constant.z(7), 2);
  EXPECT_EQ(constant.z(5), 0);

  const Spread gap = spread_of({1, 2, 3, kNaN, 10});
  EXPECT_EQ(gap, (Spread{.median = 2.5, .iqr = 3}));
  EXPECT_EQ(gap.z(1), -0.5);
  EXPECT_NEAR(gap.z(2), -0.16666667, 1e-8);
  EXPECT_NEAR(gap.z(3), 0.16666667, 1e-8);
  EXPECT_EQ(gap.z(10), 2.5);
}

TEST(RobustScaler, TakesAMissingValueAsTheExpectedOne) {
  EXPECT_EQ(spread_of({1, 2, 3, kNaN, 10}).z(kNaN), 0);
}

// Limiting the features comes first: an infinite value takes part in the median.
TEST(RobustScaler, LimitsInfinityAndEveryZ) {
  const Spread spread = spread_of({kInfinity, kInfinity, kInfinity, 0});
  EXPECT_EQ(spread.median, 1e9);
  EXPECT_EQ(spread.iqr, 0.25e9);
  EXPECT_EQ(spread.z(-kInfinity), -8);
  const Spread narrow{.median = 0, .iqr = 1};
  EXPECT_EQ(narrow.z(99.5), 99.5);
  EXPECT_EQ(narrow.z(1e6), 100);
  EXPECT_EQ(narrow.z(-kInfinity), -100);
}

TEST(RobustScaler, DoesNotTakeRoundingForSpread) {
  const double third = 1.0 / 3;
  const double next = std::nextafter(third, 1);
  EXPECT_EQ(spread_of({third, third, next, next}).iqr, 1);
  EXPECT_EQ(spread_of({1e6, 1e6, std::nextafter(1e6, 2e6), std::nextafter(1e6, 2e6)}).iqr, 1);
  EXPECT_NEAR(spread_of({0, 0, 1e-12, 1e-12}).iqr, 1e-12, 1e-20);
}

// Another definition of the same quantile: the mean of the two values between which
// the rank falls, each found by counting instead of sorting.
double quantile_by_counting(const std::vector<double>& values, double p) {
  const auto value_of_rank = [&values](std::size_t rank) {
    for (const double candidate : values) {
      std::size_t below = 0;
      std::size_t not_above = 0;
      for (const double value : values) {
        if (value < candidate) ++below;
        if (value <= candidate) ++not_above;
      }
      if (below <= rank && rank < not_above) return candidate;
    }
    return kNaN;
  };
  const double rank = p * static_cast<double>(values.size() - 1);
  const double share = rank - std::floor(rank);
  return (1 - share) * value_of_rank(static_cast<std::size_t>(std::floor(rank))) +
         share * value_of_rank(static_cast<std::size_t>(std::ceil(rank)));
}

TEST(RobustScaler, AgreesWithQuantilesFoundByCounting) {
  Draw draw(3);
  for (std::size_t size = 1; size < 60; ++size) {
    std::vector<double> values;
    for (std::size_t i = 0; i < size; ++i) {
      values.push_back(static_cast<double>(draw.below(30)) / 7);  // with ties
    }
    const double median = quantile_by_counting(values, 0.5);
    const double iqr = quantile_by_counting(values, 0.75) - quantile_by_counting(values, 0.25);
    const Spread spread = spread_of(values);
    EXPECT_NEAR(spread.median, median, 1e-12) << size;
    EXPECT_NEAR(spread.iqr, iqr < 1e-12 ? 1 : iqr, 1e-12) << size;
  }
}

TEST(RobustScaler, FitsTheGivenRowsOnlyAndDropsColumnsWithoutAValue) {
  FeatureTable table({"b", "never", "a"});
  table.append({}, std::vector{1.0, kNaN, 10.0});
  table.append({}, std::vector{2.0, kNaN, 20.0});
  table.append({.attack = true}, std::vector{1000.0, 7.0, -1000.0});
  table.append({}, std::vector{3.0, kNaN, 30.0});
  const RobustScaler scaler = RobustScaler::fit(table, std::vector<std::size_t>{0, 1, 3});
  ASSERT_EQ(scaler.columns.size(), 2U);
  EXPECT_EQ(scaler.columns[0].name, "a");
  EXPECT_EQ(scaler.columns[0].table_column, 2U);
  EXPECT_EQ(scaler.columns[0].spread, (Spread{.median = 20, .iqr = 10}));
  EXPECT_EQ(scaler.columns[1].name, "b");
  EXPECT_EQ(scaler.columns[1].spread, (Spread{.median = 2, .iqr = 1}));
}

}  // namespace
}  // namespace mimir::learn
