// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/outcome.h"

#include <cmath>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "tests/random.h"
#include "tools/evaluation/thresholds.h"

namespace mimir::evaluation {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr TimeNs kTen = 10 * kNsPerSecond;

// scikit-learn 1.2.1, roc_auc_score and average_precision_score on the same 40 windows, many
// of which share a score.
TEST(Curve, AgreesWithScikitLearn) {
  std::vector<std::uint8_t> attack;
  std::vector<double> scores;
  for (int i = 0; i < 40; ++i) {
    attack.push_back(7 * i % 5 == 0 || i * i % 7 == 1 ? 1 : 0);
    scores.push_back(i * 37 % 23 / 7.0 + (attack.back() != 0 ? 1.5 : 0));
  }
  const auto curve = curve_of(attack, scores);
  ASSERT_TRUE(curve.has_value());
  EXPECT_NEAR(curve->auc, 0.8056265984654732, 1e-12);
  EXPECT_NEAR(curve->average_precision, 0.7960239661336931, 1e-12);
  EXPECT_EQ(curve->points.back().false_positive_rate, 1);
  EXPECT_EQ(curve->points.back().true_positive_rate, 1);
}

// Against every pair of an attacked and a benign window: Mann and Whitney's statistic.
TEST(Curve, HasTheAreaThatCountingPairsGives) {
  test::Random random(3);
  std::vector<std::uint8_t> attack;
  std::vector<double> scores;
  for (int i = 0; i < 300; ++i) {
    attack.push_back(random.below(4) == 0 ? 1 : 0);
    scores.push_back(random.below(9) == 0 ? kNan : static_cast<double>(random.below(20)));
  }
  double right = 0;
  double pairs = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    for (std::size_t j = 0; j < scores.size(); ++j) {
      if (attack[i] == 0 || attack[j] != 0 || std::isnan(scores[i] + scores[j])) continue;
      pairs += 1;
      right += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
    }
  }
  EXPECT_NEAR(curve_of(attack, scores)->auc, right / pairs, 1e-12);
}

TEST(Curve, LeavesAMissingScoreOut) {
  const std::vector<std::uint8_t> attack = {1, 0, 1, 0};
  EXPECT_EQ(curve_of(attack, std::vector<double>{2, -1, kNan, kNan})->auc, 1);
  EXPECT_EQ(curve_of(attack, std::vector<double>{-2, -3, kNan, -1})->auc, 0.5);
  EXPECT_FALSE(curve_of(attack, std::vector<double>{kNan, 1, kNan, 2}).has_value());
}

TEST(Curve, ThinsToItsCorners) {
  std::vector<CurvePoint> points;
  for (int i = 0; i <= 1000; ++i) points.push_back({-1.0 * i, i / 1000.0, i / 1000.0, 1});
  const auto kept = thinned(points, 50);
  EXPECT_LE(kept.size(), 50U);
  EXPECT_GE(kept.size(), 40U);
  EXPECT_EQ(kept.front().score, 0);
  EXPECT_EQ(kept.back().score, -1000);
}

// scipy 1.10: chi2.ppf(.025, 2n) / 2 and chi2.ppf(.975, 2n + 2) / 2.
TEST(Estimates, ArePoissonIntervalsOfGarwood) {
  struct Row {
    std::uint64_t events;
    double low;
    double high;
  };
  for (const Row& row :
       {Row{0, 0, 3.6888794541139354}, Row{1, 0.025317807984, 5.571643390939},
        Row{6, 2.201894253491, 13.059474022519}, Row{100, 81.363991250924, 121.626793792426}}) {
    const Estimate estimate = poisson_rate(row.events, 4);
    EXPECT_NEAR(estimate.low, row.low / 4, 1e-9);
    EXPECT_NEAR(estimate.high, row.high / 4, 1e-9);
    EXPECT_EQ(estimate.value, static_cast<double>(row.events) / 4);
  }
}

// scipy 1.10: beta.ppf.
TEST(Estimates, AreSharesOfClopperAndPearson) {
  const Estimate few = *binomial_share(3, 10);
  EXPECT_NEAR(few.low, 0.06673951117773447, 1e-12);
  EXPECT_NEAR(few.high, 0.6524528500599973, 1e-12);
  EXPECT_NEAR(binomial_share(0, 10)->high, 0.3084971078187608, 1e-12);
  EXPECT_EQ(binomial_share(10, 10)->high, 1);
  EXPECT_FALSE(binomial_share(0, 0).has_value());
}

// With equal units every draw is the same; with one bad one of 100 the interval holds what
// the closed form of the share says: about 0.97 to 1.
TEST(Estimates, AreBootstrappedOverWholeUnits) {
  std::vector<learn::Confusion> units(100, learn::Confusion{.true_positive = 6});
  // Nothing wrong in 100 units: at 97.5 % each errs with at most 1 - 0.025^(1/100).
  const double errs = 1 - std::pow(0.025, 0.01);
  EXPECT_EQ(bootstrap_f1(units, 1).value, 1);
  EXPECT_EQ(bootstrap_f1(units, 1).high, 1);
  EXPECT_NEAR(bootstrap_f1(units, 1).low, 2 * (1 - errs) / ((2 * (1 - errs)) + errs), 1e-9);
  // Benign units say nothing about misses.
  std::vector<learn::Confusion> with_benign = units;
  with_benign.resize(500, learn::Confusion{.true_negative = 30});
  EXPECT_NEAR(bootstrap_f1(with_benign, 1).low, bootstrap_f1(units, 1).low, 1e-12);
  // Nothing found in 100 units of 6 windows, 50 false alerts.
  std::vector<learn::Confusion> missed(100, learn::Confusion{.false_negative = 6});
  missed.push_back({.false_positive = 50});
  const Estimate none = bootstrap_f1(missed, 1);
  EXPECT_EQ(none.value, 0);
  EXPECT_EQ(none.low, 0);
  EXPECT_NEAR(none.high, 2 * errs * 600 / (2 * errs * 600 + (1 - errs) * 600 + 50), 1e-9);
  units[7] = {.false_negative = 6};
  const Estimate one_missed = bootstrap_f1(units, 1);
  EXPECT_NEAR(one_missed.value, 2 * 99.0 / (2 * 99 + 1), 1e-12);
  // The number of misses is about Poisson(1): 0 at 2.5 %, 3 at 97.5 %.
  EXPECT_NEAR(one_missed.low, 2 * 97.0 / (2 * 97 + 3), 6e-3);
  EXPECT_EQ(one_missed.high, 1);
  EXPECT_EQ(bootstrap_f1(units, 1), one_missed) << "the seed decides";
}

// A pass of windows of 10 s: labels by letter, - a b (of a second attack) e.
struct Series {
  Series(std::string_view labels, std::vector<double> values, bool injected = true) {
    pass.rate_bytes_per_minute = injected ? 1000 : 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const std::uint32_t incident = labels[i] == 'b' ? 1 : 0;
      LabelledWindow window{.begin_ns = static_cast<TimeNs>(i) * kTen, .row = i, .label = {}};
      if (labels[i] != '-') {
        window.label = {labels[i] == 'e' ? Label::kEdge : Label::kAttack, incident};
        if (pass.incidents.size() <= incident) {
          pass.incidents.resize(incident + 1);
          pass.incidents[incident].time.begin_ns = window.begin_ns;
          pass.incidents[incident].rate_bytes_per_minute = incident == 0 ? 1000 : 2000;
          pass.incidents[incident].path = incident == 0 ? "x > outside" : "y > outside";
        }
      }
      windows.push_back(window);
    }
    scored = {.pass = &pass, .windows = windows, .length_ns = kTen, .scores = std::move(values)};
  }
  Series(const Series&) = delete;
  Series& operator=(const Series&) = delete;

  Pass pass;
  std::vector<LabelledWindow> windows;
  ScoredPass scored;
};

TEST(Outcome, CountsEveryWindowOnce) {
  const Series series("--aaae-bb-", {1, 9, 1, kNan, 9, 9, 0, 9, 9, kNan});
  const RateOutcome outcome = outcome_at(std::span(&series.scored, 1), 1000, 5);
  // Benign: 0, 1, 6, 9; attack a: 2, 3, 4; the edge 5; those of the other rate are not looked at.
  EXPECT_EQ(outcome.windows.judged,
            (learn::Confusion{
                .true_negative = 2, .false_positive = 1, .false_negative = 1, .true_positive = 1}));
  EXPECT_EQ(outcome.windows.unjudged_attack, 1U);
  EXPECT_EQ(outcome.windows.unjudged_benign, 1U);
  EXPECT_EQ(outcome.edge_windows, 1U);
  EXPECT_EQ(outcome.windows.total() + outcome.edge_windows + 2, series.windows.size());
  EXPECT_EQ(outcome.by_path.at("x > outside").total(), 3U);
  // The attack window without a score is a miss: 2 * 1 / (2 + 1 + 2).
  EXPECT_NEAR(outcome.f1.value, 2.0 / 5, 1e-12);
}

// Seeds draw other thefts, but the traffic is one: five passes that are the same know no more
// than one of them.
TEST(Outcome, TakesSeedsOfOneRunForOneRun) {
  std::string labels;
  std::vector<double> scores;
  test::Random random(8);
  for (int i = 0; i < 400; ++i) {
    const bool attacked = i % 20 < 4;
    labels += attacked ? 'a' : '-';
    scores.push_back(random.below(10) < (attacked ? 8U : 1U) ? 9 : 1);
  }
  const Series series(labels, scores);
  const RateOutcome one = outcome_at(std::span(&series.scored, 1), 1000, 5);
  const std::vector<ScoredPass> seeds(5, series.scored);
  const RateOutcome five = outcome_at(seeds, 1000, 5);
  EXPECT_EQ(five.windows.judged.true_positive, 5 * one.windows.judged.true_positive);
  EXPECT_EQ(five.f1, one.f1);
  EXPECT_GT(one.f1.high - one.f1.low, 0.02);
  // Five runs that are alike know more.
  std::vector<Pass> passes(5, series.pass);
  std::vector<ScoredPass> runs(5, series.scored);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    passes[i].run = i;
    runs[i].pass = &passes[i];
  }
  const Estimate apart = outcome_at(runs, 1000, 5).f1;
  EXPECT_LT(apart.high - apart.low, 0.7 * (one.f1.high - one.f1.low));
}

TEST(Outcome, SaysWhichAttacksNobodyJudged) {
  const Series series("--aaa--bb-", {1, 1, kNan, kNan, kNan, 1, 1, 9, 9, 1});
  const RateOutcome outcome = outcome_at(std::span(&series.scored, 1), 1000, 5);
  EXPECT_EQ(outcome.incidents, 1U);
  EXPECT_EQ(outcome.unjudged_incidents, 1U);
  EXPECT_FALSE(outcome.recall.has_value()) << "nothing was judged, nothing was missed";
  EXPECT_EQ(outcome_at(std::span(&series.scored, 1), 2000, 5).recall->value, 1);
}

// A scan in windows 2 and 3, of which one alerts, and one without any score.
TEST(Outcome, JudgesApartWhatIsNoTheft) {
  Series series("--aa--bb-", {1, 1, 1, 9, 9, 1, kNan, kNan, 1}, false);
  for (Incident& incident : series.pass.incidents) {
    incident.kind = "scan";
    incident.rate_bytes_per_minute = 0;
  }
  for (LabelledWindow& window : series.windows) {
    if (window.label.label == Label::kAttack) window.label.label = Label::kApart;
  }
  series.scored.windows = series.windows;
  const std::span one(&series.scored, 1);
  EXPECT_TRUE(rates_of(one).empty());
  const auto apart = apart_outcomes(one, 5);
  ASSERT_EQ(apart.size(), 1U);
  EXPECT_EQ(apart[0], (ApartOutcome{.kind = "scan",
                                    .windows = 4,
                                    .alerts = 1,
                                    .unjudged = 2,
                                    .incidents = 2,
                                    .detected = 1}));
  EXPECT_EQ(benign_outcome(one, 5).alerts, 1U) << "the benign window 4, and no window of a scan";
  EXPECT_NEAR(benign_outcome(one, 5).days, 5 * 10.0 / 86400, 1e-12);
}

// From the attack's first byte at 20 s to the end of the window that alerts, at 50 s.
TEST(Outcome, TimesTheFirstAlertByTheEndOfItsWindow) {
  const Series series("--aaae-bb-", {9, 9, 1, 1, 9, 9, 0, 1, 1, 0});
  const RateOutcome outcome = outcome_at(std::span(&series.scored, 1), 1000, 5);
  EXPECT_EQ(outcome.incidents, 1U);
  EXPECT_EQ(outcome.detected, 1U);
  EXPECT_EQ(outcome.delays_s, std::vector<double>{30});
  const RateOutcome missed = outcome_at(std::span(&series.scored, 1), 2000, 5);
  EXPECT_EQ(missed.incidents, 1U);
  EXPECT_EQ(missed.detected, 0U);
  EXPECT_TRUE(missed.delays_s.empty());
}

TEST(Outcome, AlertsStrictlyAboveTheThreshold) {
  const Series series("-a", {5, 5});
  EXPECT_EQ(outcome_at(std::span(&series.scored, 1), 1000, 5).windows.judged.true_positive, 0U);
}

// Only what was not injected into counts for false alerts: 8 benign windows, three alerts in
// two bursts; a benign window of an injected pass would count the same moment twice.
TEST(Outcome, CountsEachBenignMomentOnce) {
  const Series benign("---e-----", {9, 9, 0, 9, 0, kNan, 9, 0, 0}, false);
  const Series injected("--------a", {9, 9, 0, 9, 0, 0, 9, 0, 9});
  const std::vector<ScoredPass> both = {benign.scored, injected.scored};
  const BenignOutcome outcome = benign_outcome(both, 5);
  EXPECT_NEAR(outcome.days, 80.0 / 86400, 1e-15);
  EXPECT_EQ(outcome.alerts, 3U);
  EXPECT_EQ(outcome.bursts, 2U);
  EXPECT_EQ(outcome.unjudged, 1U);
  EXPECT_NEAR(outcome.alerts_per_day.value, 3 * 86400.0 / 80, 1e-9);
  EXPECT_EQ(benign_scores(both).size(), 7U);
}

// 8640 windows of 10 s are a day. A budget of 2 a day lets two scores stand above.
TEST(Thresholds, KeepTheBudget) {
  std::vector<double> scores;
  for (int i = 0; i < 8640; ++i) scores.push_back(i * 7919 % 8640);
  const Series day(std::string(8640, '-'), scores, false);
  const auto threshold = choose_threshold(ThresholdRule::kFalseAlerts, std::span(&day.scored, 1),
                                          kTen, {.false_alerts_per_day = 2});
  ASSERT_TRUE(threshold.has_value());
  EXPECT_EQ(benign_outcome(std::span(&day.scored, 1), *threshold).alerts, 2U);
  EXPECT_EQ(*threshold, 8637);
}

// Exponential scores: what one window in 8640 exceeds is log(8640).
TEST(Thresholds, FollowTheTail) {
  std::vector<double> scores;
  for (int i = 0; i < 8640; ++i) scores.push_back(-std::log((i * 7919 % 8640 + 0.5) / 8640));
  const Series day(std::string(8640, '-'), scores, false);
  const auto threshold = choose_threshold(ThresholdRule::kTail, std::span(&day.scored, 1), kTen,
                                          {.false_alerts_per_day = 1});
  ASSERT_TRUE(threshold.has_value());
  EXPECT_NEAR(*threshold, std::log(8640.0), 0.3);
}

}  // namespace
}  // namespace mimir::evaluation
