// SPDX-License-Identifier: Apache-2.0
#include "model/detector/direction.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include <gtest/gtest.h>

namespace mimir::detector {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

void expect_near(const std::vector<double>& got, const std::vector<double>& wanted,
                 double tolerance) {
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(wanted[i])) {
      EXPECT_TRUE(std::isnan(got[i])) << i << ": " << got[i];
    } else {
      EXPECT_NEAR(got[i], wanted[i], tolerance) << i;
    }
  }
}

// Golden case G-1: expectations of the prototype's own tests. arccos is flat at 1, so that
// a zero angle may come out as 3e-8.
TEST(AnglesToMean, AreThoseOfThePrototype) {
  struct Row {
    std::vector<Direction> vectors;
    std::size_t window;
    std::vector<double> expected;
  };
  const Direction same{1000, 1000};
  const std::vector<Row> rows = {
      {{{1, 1}, {1, 1}, {1, 1}, {1, 1}}, 1, {kNan, 0, 0, 0}},
      {{{1, 1}, {2, 2}, {3, 3}, {1, 1}}, 2, {kNan, kNan, 0, 0}},
      {{{1, 1}, {4, 2}, {2, 4}, same}, 2, {kNan, kNan, 0.5667292, 0}},
      {{{1, 1}, {4, 2}, {}, {}, same, same, same}, 2, {kNan, kNan, kNan, kNan, kNan, 0, 0}},
      {{{0, 0}, {4, 2}, {2, 4}, {0, 0}, same, same, same},
       2,
       {kNan, kNan, 0.6435011, kNan, 0.32175055, 0, 0}},
      {{{0, 0}, {4, 2}, {2, 4}, {0, 0, 4}, {1000, 1000, 3}, {1000, 1000, 2}, {1000, 1000}},
       2,
       {kNan, kNan, 0.6435011, 1.5707963, 0.7833984, 0.00353549, 0.0017677651}},
  };
  for (const Row& row : rows) {
    expect_near(angles_to_mean(row.vectors, row.window), row.expected, 1e-7);
  }
}

// Golden case G-2 with aligned signs: the prototype's first value was that of an
// eigenvector which the library happened to turn round.
TEST(DominantVector, TurnsAsInTheGoldenCase) {
  const std::vector<std::vector<MatrixEntry>> matrices = {
      {{0, 0, -7}, {0, 1, 2}, {1, 0, 8}, {1, 1, -1}},
      {{0, 0, 1}, {0, 1, 1}, {1, 1, -1}},
      {{0, 0, 9}, {0, 1, 8}, {1, 0, 1}, {1, 1, 2}},
  };
  std::vector<Direction> vectors;
  for (const auto& entries : matrices) vectors.push_back(dominant_vector(2, entries));
  EXPECT_NEAR(std::abs(vectors[0][0]), std::numbers::sqrt2 / 2, 1e-9);
  EXPECT_NEAR(vectors[0][0], -vectors[0][1], 1e-9);
  EXPECT_NEAR(std::abs(vectors[2][0]), 0.992278, 1e-6);
  align(vectors);
  expect_near(angles_to_mean(vectors, 1), {kNan, 0.78539816, 0.12435499}, 1e-7);
  expect_near(angles_to_mean(vectors, 2), {kNan, kNan, 0.51705408}, 1e-7);
}

// Golden case G-3: 3a, 3b; 3c is 3b in another order of the nodes, which only permutes.
TEST(CorrelationTurns, AreNoneWhileAllNodesKeepInStep) {
  const std::vector<std::vector<double>> rising = {{15, 25, 14}, {17, 27, 16}, {19, 29, 18},
                                                   {21, 31, 20}, {25, 35, 24}, {27, 37, 26},
                                                   {29, 39, 28}, {31, 41, 30}, {35, 45, 34}};
  const std::vector<double> still = {kNan, kNan, kNan, kNan, kNan, 0, 0, 0, 0};
  expect_near(correlation_turns(rising, 3), still, 1e-7);
  const std::vector<double> falling = {24, 22, 20, 18, 14, 12, 10, 8, 4};
  std::vector<std::vector<double>> both = rising;
  for (std::size_t i = 0; i < both.size(); ++i) both[i].push_back(falling[i]);
  expect_near(correlation_turns(both, 3), still, 1e-7);
  EXPECT_TRUE(correlation_turns({}, 3).empty());
}

// Golden case G-3d, six digits.
TEST(CorrelationTurns, SeeTheNodeThatFallsOutOfStep) {
  const std::vector<std::vector<double>> steps = {
      {15, 25, 14, 24}, {17, 27, 16, 22}, {19, 29, 18, 20}, {21, 31, 20, 18}, {25, 35, 24, 14},
      {27, 37, 26, 12}, {29, 39, 38, 10}, {31, 41, 30, 8},  {35, 45, 34, 4},  {37, 47, 36, 2},
      {39, 49, 38, 0},  {41, 51, 40, -2}, {43, 53, 42, -4}};
  expect_near(correlation_turns(steps, 3),
              {kNan, kNan, kNan, kNan, kNan, 0, 0.017327, 0.259943, 0.68734, 0.352618, 0.346883,
               0.254286, 0},
              2e-6);
}

// Golden case G-11a, the form without a constant dimension.
TEST(DirectionChange, IsThatOfTheGoldenCase) {
  const std::vector<Direction> vectors = {{3, 4, 0}, {4, 3, 0}, {3, 4, 0}, {0, 3, 4}, {3, 4, 0}};
  DirectionChange change(2);
  std::vector<double> changes;
  for (const Direction& vector : vectors) {
    const auto judged = change.next(vector);
    changes.push_back(judged ? judged->change : kNan);
  }
  expect_near(changes, {kNan, kNan, 0.010050506, 0.575735931, 0.139767473}, 1e-8);
  const std::vector<Direction> units = {{0.6, 0.8, 0}, {0.8, 0.6, 0}};
  expect_near(typical_direction(units), {0.70710678, 0.70710678, 0}, 1e-8);
}

// By hand from the changes of the golden case, weight 1/2: moments before the fourth vector
// are those of 0.04 (1 - 0.96, the second vector against the first) and 0.010050506.
TEST(DirectionChange, HasAThresholdFromTheChangesBefore) {
  DirectionChange change(2);
  (void)change.next({3, 4, 0});
  (void)change.next({4, 3, 0});
  const auto first = change.next({3, 4, 0});
  ASSERT_TRUE(first.has_value());
  EXPECT_FALSE(first->threshold.has_value()) << "one change has no spread";
  const auto second = change.next({0, 3, 4});
  ASSERT_TRUE(second.has_value());
  ASSERT_TRUE(second->threshold.has_value());
  const double m1 = (0.04 + 0.010050506) / 2;
  const double m2 = (0.04 * 0.04 + 0.010050506 * 0.010050506) / 2;
  // Gamma with shape m1^2 / (m2 - m1^2) = 2.7941 and scale 0.0089564; its 0.995 quantile by
  // numerical integration of the density below.
  const double shape = m1 * m1 / (m2 - m1 * m1);
  const double scale = (m2 - m1 * m1) / m1;
  double mass = 0;
  constexpr int kSteps = 200'000;
  const double width = *second->threshold / kSteps;
  for (int i = 0; i < kSteps; ++i) {
    const double x = (i + 0.5) * width / scale;
    mass += std::exp((shape - 1) * std::log(x) - x - std::lgamma(shape)) * width / scale;
  }
  EXPECT_NEAR(mass, 0.995, 1e-6);
  EXPECT_GT(second->change, *second->threshold);
}

TEST(DirectionChange, ForgetsWhatHasNoDirection) {
  DirectionChange with_gap(2);
  DirectionChange without(2);
  (void)with_gap.next({3, 4, 0});
  EXPECT_FALSE(with_gap.next({0, 0, 0}).has_value());
  EXPECT_FALSE(with_gap.next({}).has_value());
  (void)with_gap.next({4, 3, 0});
  (void)without.next({3, 4, 0});
  (void)without.next({4, 3, 0});
  EXPECT_EQ(with_gap.next({1, 2, 3})->change, without.next({1, 2, 3})->change);
}

// Golden case G-11a: lambda = 3.921177806652406.
TEST(PerronVector, IsThatOfTheGoldenCase) {
  const std::vector<MatrixEntry> entries = {{0, 1, 2}, {0, 2, 1}, {1, 0, 1},
                                            {1, 2, 3}, {2, 0, 4}, {2, 1, 1}};
  expect_near(perron_vector(3, entries), {0.47284187, 0.60830812, 0.63748081}, 1e-8);
}

// A star of four: sqrt(1/2) in the middle, sqrt(1/6) at each end; power iteration alone would
// swing for ever.
TEST(PerronVector, SettlesOnABipartiteGraph) {
  std::vector<MatrixEntry> star;
  for (std::uint32_t i = 1; i < 4; ++i) {
    star.push_back({0, i, 5e9});
    star.push_back({i, 0, 5e9});
  }
  const double end = std::sqrt(1.0 / 6);
  expect_near(perron_vector(4, star), {std::sqrt(0.5), end, end, end}, 1e-9);
  EXPECT_TRUE(perron_vector(4, {}).empty());
}

}  // namespace
}  // namespace mimir::detector
