// SPDX-License-Identifier: Apache-2.0
#include "model/learn/threshold.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "tests/model/learn/draw.h"

namespace mimir::learn {
namespace {

struct Golden {
  std::vector<std::uint8_t> attack;
  std::vector<double> scores;
  std::vector<double> candidates;
  std::vector<double> f1;
  double threshold;
  double best_f1;
  double margin;
  double margin_f1;
};

// Golden case G-11c. In its first case the score .2 is left out, where alerting on the
// four scores above finds all three attacks at the price of one false alert: 6/7.
const std::vector<Golden>& golden() {
  static const std::vector<Golden> kCases = {
      {{0, 0, 1, 0, 1, 1},
       {.1, .2, .35, .4, .6, .9},
       {1.9, .9, .6, .4, .35, .1},
       {0, 0, .5, .8, .6667, .75},
       .4,
       .8,
       .275,
       6.0 / 7},
      {{0, 1, 0, 1}, {.5, .5, .2, .9}, {1.9, .9, .5, .2}, {0, 0, .6667, .8}, .2, .8, .35, .8},
      {{0, 0, 0, 1}, {0, 0, 0, 1}, {2, 1, 0}, {0, 0, 1}, 0, 1, .5, 1},
      {{0, 0, 1, 1}, {.3, .2, .1, 0}, {1.3, .3, .2, 0}, {0, 0, 0, .4}, 0, .4, .05, .4},
  };
  return kCases;
}

TEST(Threshold, TriesDistinctScoresButForStraightRunsOfTheCurve) {
  for (const Golden& c : golden()) {
    const std::vector<double> candidates = threshold_candidates(c.attack, c.scores);
    ASSERT_EQ(candidates, c.candidates);
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      EXPECT_NEAR(confusion(c.attack, c.scores, candidates[i]).f1(), c.f1[i], 5e-5);
    }
  }
}

TEST(Threshold, MaximisesF1OverTheCandidates) {
  for (const Golden& c : golden()) {
    const auto best = best_threshold(c.attack, c.scores, ThresholdRule::kCandidates);
    ASSERT_TRUE(best);
    EXPECT_EQ(best->value, c.threshold);
    EXPECT_NEAR(best->f1, c.best_f1, 1e-12);
  }
}

TEST(Threshold, StandsHalfwayToTheNextScoreAndTriesEveryScore) {
  for (const Golden& c : golden()) {
    const auto best = best_threshold(c.attack, c.scores, ThresholdRule::kMargin);
    ASSERT_TRUE(best);
    EXPECT_NEAR(best->value, c.margin, 1e-12);
    EXPECT_NEAR(best->f1, c.margin_f1, 1e-12);
  }
}

TEST(Threshold, StaysBelowTheNextScoreWhenNothingFitsBetween) {
  // Of these two neighbours, halfway rounds up to the higher one.
  const double lower = std::nextafter(1.0, 2.0);
  const double next = std::nextafter(lower, 2.0);
  const auto best = best_threshold(std::vector<std::uint8_t>{0, 1}, std::vector{lower, next},
                                   ThresholdRule::kMargin);
  ASSERT_TRUE(best);
  EXPECT_EQ(best->value, lower);
}

struct Choice {
  double value = 0;
  double f1 = 0;
};

// The first of `thresholds` that has the largest F1, by counting hits and mistakes.
Choice choose_by_counting(const std::vector<std::uint8_t>& attack,
                          const std::vector<double>& scores,
                          const std::vector<double>& thresholds) {
  Choice best{thresholds.front(), 0};
  for (const double threshold : thresholds) {
    double hits = 0;
    double wrong = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (scores[i] > threshold && attack[i] == 1) ++hits;
      if ((scores[i] > threshold) != (attack[i] == 1)) ++wrong;
    }
    const double f1 = hits == 0 ? 0 : 2 * hits / (2 * hits + wrong);
    if (f1 > best.f1) best = {threshold, f1};
  }
  return best;
}

TEST(Threshold, AgreesWithTryingAllByCounting) {
  Draw draw(11);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::uint8_t> attack;
    std::vector<double> scores;
    const std::size_t size = 1 + draw.below(14);
    for (std::size_t i = 0; i < size; ++i) {
      attack.push_back(static_cast<std::uint8_t>(draw.below(2)));
      scores.push_back(static_cast<double>(draw.below(8)));
    }
    std::vector<double> all = scores;
    all.push_back(*std::max_element(scores.begin(), scores.end()) + 1);
    std::sort(all.rbegin(), all.rend());

    const auto margin = best_threshold(attack, scores, ThresholdRule::kMargin);
    const auto candidate = best_threshold(attack, scores, ThresholdRule::kCandidates);
    const bool has_attack = std::count(attack.begin(), attack.end(), 1) > 0;
    ASSERT_EQ(margin.has_value(), has_attack);
    ASSERT_EQ(candidate.has_value(), has_attack);
    if (!has_attack) continue;

    const Choice of_candidates =
        choose_by_counting(attack, scores, threshold_candidates(attack, scores));
    EXPECT_EQ(candidate->value, of_candidates.value);
    EXPECT_EQ(candidate->f1, of_candidates.f1);
    // The margin moves the threshold, but decides as the best score itself does.
    const Choice of_all = choose_by_counting(attack, scores, all);
    EXPECT_EQ(margin->f1, of_all.f1);
    EXPECT_EQ(confusion(attack, scores, margin->value), confusion(attack, scores, of_all.value));
    EXPECT_GE(margin->value, of_all.value);
  }
}

TEST(Threshold, LeavesMissingScoresOut) {
  const double missing = std::numeric_limits<double>::quiet_NaN();
  const std::vector<std::uint8_t> attack = {1, 0, 1, 0};
  const std::vector<double> scores = {missing, .2, .8, missing};
  EXPECT_EQ(threshold_candidates(attack, scores), (std::vector{1.8, .8, .2}));
  EXPECT_EQ(confusion(attack, scores, .5), (Confusion{.true_negative = 1, .true_positive = 1}));
  EXPECT_FALSE(
      best_threshold(std::vector<std::uint8_t>{1}, std::vector{missing}, ThresholdRule::kMargin));
}

TEST(Confusion, GivesNoRatioWithoutAWhole) {
  const Confusion nothing;
  EXPECT_FALSE(nothing.precision());
  EXPECT_FALSE(nothing.recall());
  EXPECT_FALSE(nothing.false_positive_rate());
  EXPECT_EQ(nothing.f1(), 0);
  const Confusion some{
      .true_negative = 6, .false_positive = 2, .false_negative = 3, .true_positive = 1};
  EXPECT_DOUBLE_EQ(some.precision().value_or(-1), 1.0 / 3);
  EXPECT_EQ(some.recall(), 0.25);
  EXPECT_EQ(some.false_positive_rate(), 0.25);
  EXPECT_DOUBLE_EQ(some.f1(), 2.0 / 7);
}

}  // namespace
}  // namespace mimir::learn
