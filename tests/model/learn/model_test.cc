// SPDX-License-Identifier: Apache-2.0
#include "model/learn/model.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "tests/model/learn/draw.h"
#include "tests/model/learn/models.h"

namespace mimir::learn {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Score score_of(std::uint32_t granularity_s, std::vector<std::string> names,
               std::vector<double> values) {
  return score(small_model(), granularity_s, {names, values}).value_or(Score{});
}

double sum_of(const Score& score) {
  double sum = score.intercept + score.other;
  for (const Contribution& part : score.contributions) sum += part.contribution;
  return sum;
}

TEST(Score, IsTheInterceptPlusWeightTimesZ) {
  const Score result = score_of(10, {"b", "a", "c"}, {30, 4, 9});
  // a: (4 - 1) / 2 = 1.5, times 0.5; b: (30 - 10) / 5 = 4, times -0.25.
  EXPECT_EQ(result.value, 0.125 + 0.75 - 1);
  EXPECT_EQ(result.threshold, 0.75);
  EXPECT_EQ(result.intercept, 0.125);
  EXPECT_FALSE(result.alert());
  EXPECT_EQ(result.missing_count, 0U);
  EXPECT_TRUE(result.unseen.empty());
  ASSERT_EQ(result.contributions.size(), 2U);  // c has no weight
  const Contribution& b = result.contributions[0];
  EXPECT_EQ(b.feature, "b");
  EXPECT_EQ(b.granularity_s, 10U);
  EXPECT_EQ(b.observed, 30);
  EXPECT_EQ(b.expected, 10);
  EXPECT_EQ(b.spread, 5);
  EXPECT_EQ(b.z, 4);
  EXPECT_EQ(b.weight, -0.25);
  EXPECT_EQ(b.contribution, -1);
  EXPECT_EQ(result.contributions[1].feature, "a");
  EXPECT_EQ(result.contributions[1].contribution, 0.75);
}

TEST(Score, OrdersEqualContributionsByName) {
  const Score result = score_of(10, {"b", "a"}, {0, 3});  // +0.5 and +0.5
  EXPECT_EQ(result.contributions[0].feature, "a");
  EXPECT_EQ(result.contributions[1].feature, "b");
}

TEST(Score, CountsMissingAndNamesUnseenFeatures) {
  const Score result = score_of(10, {"z", "a", "y", "b"}, {1, 5, kNaN, kNaN});
  EXPECT_EQ(result.missing_count, 2U);  // b has no value, c is not there
  EXPECT_EQ(result.unseen, (std::vector<std::string>{"z"}));
  EXPECT_EQ(result.value, 0.125 + 1);
  EXPECT_TRUE(result.alert());
  EXPECT_TRUE(std::isnan(result.contributions[1].observed));
  EXPECT_EQ(result.contributions[1].contribution, 0);
}

TEST(Score, AlertsStrictlyAboveTheThreshold) {
  EXPECT_FALSE(score_of(10, {"a"}, {3.5}).alert());  // 0.125 + 0.5 x 1.25 = 0.75
  EXPECT_TRUE(score_of(10, {"a"}, {3.6}).alert());
}

TEST(Score, OfAnEmptyWindowIsNoAlert) {
  Model model = small_model();
  model.granularities[0].intercept = 5;
  const std::optional<Score> result = score(model, 10, {});
  ASSERT_TRUE(result);
  EXPECT_TRUE(result->no_data);
  EXPECT_FALSE(result->alert());
}

TEST(Score, NeedsAGranularityOfTheModel) { EXPECT_FALSE(score(small_model(), 30, {})); }

TEST(Score, ContributionsAddUpToTheScore) {
  Draw draw(31);
  Model model;
  model.granularities.resize(1);
  std::vector<std::string> names;
  for (int i = 100; i < 160; ++i) {
    names.push_back(std::string("f").append(std::to_string(i)));
    model.granularities[0].features.push_back(
        {names.back(),
         {.median = draw.symmetric(), .iqr = 1.5 + draw.symmetric()},
         draw.symmetric()});
  }
  for (int round = 0; round < 200; ++round) {
    std::vector<double> values;
    for (std::size_t i = 0; i < names.size(); ++i) {
      values.push_back(draw.below(10) == 0 ? kNaN : 20 * draw.symmetric());
    }
    const std::optional<Score> result = score(model, 0, {names, values});
    ASSERT_TRUE(result);
    EXPECT_NEAR(sum_of(*result), result->value, 1e-12);
  }
}

TEST(Score, KeepsItsLargestContributionsAndTheSumOfTheRest) {
  // a: 0.5 x (x - 1) / 2, b: -0.25 x (x - 10) / 5.
  Score result = score_of(10, {"a", "b"}, {9, 30});
  ASSERT_EQ(result.value, 0.125 + 2 - 1);
  result.keep_largest(2);
  EXPECT_EQ(result.contributions.size(), 2U);
  EXPECT_EQ(result.other, 0);
  result.keep_largest(1);
  ASSERT_EQ(result.contributions.size(), 1U);
  EXPECT_EQ(result.contributions[0].feature, "a");
  EXPECT_EQ(result.other, -1);
  result.keep_largest(0);
  EXPECT_EQ(result.other, 1);
  EXPECT_EQ(result.value, result.intercept + result.other);
}

TEST(Combine, AddsWhatItsPartsKeptTogether) {
  std::vector<Score> fine = {score_of(10, {"a", "b"}, {9, 30})};
  std::vector<Score> coarse = {score_of(60, {"a", "b"}, {3, 20})};
  for (Score* const part : {&fine[0], &coarse[0]}) part->keep_largest(1);
  const std::optional<CombinedScore> result =
      combine(small_model(), std::vector<ScoresWithin>{{10, fine}, {60, coarse}});
  ASSERT_TRUE(result);
  // 10 s: 0.125 + 2 - 1 = 1.125; 60 s: 0.25 + 1 - 0.5 = 0.75; what is left out: -1 and -0.5.
  EXPECT_NEAR(result->score.value, -0.5 + 0.5 * 1.125 + 2 * 0.75, 1e-15);
  EXPECT_NEAR(result->score.other, 0.5 * -1 + 2 * -0.5, 1e-15);
  EXPECT_NEAR(sum_of(result->score), result->score.value, 1e-12);
}

TEST(Combine, TakesTheLoudestWindowOfEachGranularity) {
  const std::vector<Score> fine = {score_of(10, {"a"}, {2}), score_of(10, {"a", "q"}, {5, 1}),
                                   score_of(10, {"a"}, {5}), score_of(10, {"b"}, {10})};
  const std::vector<Score> coarse = {score_of(60, {"a", "b"}, {3, 20})};
  const std::vector<ScoresWithin> within = {{60, coarse}, {10, fine}};
  const std::optional<CombinedScore> result = combine(small_model(), within);
  ASSERT_TRUE(result);
  // 10 s: 0.125 + 0.5 x 2 = 1.125; 60 s: 0.25 + 1 x 1 - 0.25 x 2 = 0.75.
  EXPECT_NEAR(result->score.value, -0.5 + 0.5 * 1.125 + 2 * 0.75, 1e-15);
  EXPECT_EQ(result->score.threshold, 1);
  EXPECT_TRUE(result->score.alert());
  EXPECT_NEAR(sum_of(result->score), result->score.value, 1e-12);
  ASSERT_EQ(result->loudest.size(), 2U);
  EXPECT_EQ(result->loudest[0].granularity_s, 10U);
  EXPECT_EQ(result->loudest[0].index, 1U);  // the first of equals
  EXPECT_EQ(result->loudest[0].value, 1.125);
  EXPECT_EQ(result->score.unseen, (std::vector<std::string>{"q"}));

  const Contribution& first = result->score.contributions[0];
  EXPECT_EQ(first.feature, "a");
  EXPECT_EQ(first.granularity_s, 60U);
  EXPECT_EQ(first.weight, 2);  // 2 of the combination times 1
  EXPECT_EQ(first.contribution, 2);
}

TEST(Combine, TakesAGranularityWithoutDataAsExpected) {
  const std::vector<Score> fine = {score_of(10, {"a"}, {5}), score_of(10, {}, {})};
  const std::optional<CombinedScore> result =
      combine(small_model(), std::vector<ScoresWithin>{{10, fine}});
  ASSERT_TRUE(result);
  EXPECT_NEAR(result->score.value, -0.5 + 0.5 * 1.125 + 2 * 0.25, 1e-15);
  EXPECT_NEAR(sum_of(result->score), result->score.value, 1e-12);
  EXPECT_FALSE(result->score.no_data);

  const std::vector<Score> empty = {score_of(10, {}, {})};
  const std::optional<CombinedScore> nothing =
      combine(small_model(), std::vector<ScoresWithin>{{10, empty}});
  ASSERT_TRUE(nothing);
  EXPECT_TRUE(nothing->score.no_data);
}

TEST(Combine, PassesASingleGranularityUnchanged) {
  Model model = small_model();
  model.granularities.pop_back();
  model.combination.reset();
  const std::vector<Score> fine = {score_of(10, {"a"}, {2}), score_of(10, {"a"}, {6})};
  const std::optional<CombinedScore> result = combine(model, std::vector<ScoresWithin>{{10, fine}});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->score.value, fine[1].value);
  EXPECT_EQ(result->score.threshold, 0.75);
  EXPECT_EQ(result->score.intercept, 0.125);
  EXPECT_EQ(result->score.missing_count, 2U);
}

TEST(Combine, RefusesAnUnknownOrRepeatedGranularity) {
  EXPECT_FALSE(combine(small_model(), std::vector<ScoresWithin>{{30, {}}}));
  EXPECT_FALSE(combine(small_model(), std::vector<ScoresWithin>{{10, {}}, {10, {}}}));
}

TEST(EdgeBaseline, IsMedianAnd99thPercentile) {
  std::vector<double> bytes;
  for (int i = 100; i >= 0; --i) bytes.push_back(i);
  const EdgeBaseline edge = edge_baseline("a", "b", 10, bytes);
  EXPECT_EQ(edge.median_bytes, 50);
  EXPECT_EQ(edge.p99_bytes, 99);
  EXPECT_EQ(edge.window_count, 101U);
}

}  // namespace
}  // namespace mimir::learn
