// SPDX-License-Identifier: Apache-2.0
#include "controlplane/shadow/judged_twice.h"

#include <gtest/gtest.h>

namespace mimir::controlplane {
namespace {

analysis::ReducedWindow window(TimeNs begin_s, TimeNs length_s, bool is_partial = false) {
  return {.begin_ns = begin_s * kNsPerSecond,
          .end_ns = (begin_s + length_s) * kNsPerSecond,
          .edges = {},
          .bytes = {},
          .packets = {},
          .is_partial = is_partial};
}

Judgement judged(double score, bool is_alarm = false) {
  return {.score = score, .threshold = 1, .is_alarm = is_alarm};
}

TEST(JudgementPairs, JoinsWindowsOfEveryLength) {
  JudgementPairs pairs;
  pairs.add_first(window(50, 10), judged(0.25));
  pairs.add_first(window(0, 60), judged(3, true));
  const auto fine = pairs.add_second(window(50, 10), judged(0.5));
  const auto coarse = pairs.add_second(window(0, 60), judged(0.75));
  ASSERT_TRUE(fine && coarse);
  EXPECT_EQ(fine->granularity_s, 10U);
  EXPECT_EQ(fine->begin_ns, 50 * kNsPerSecond);
  EXPECT_EQ(fine->end_ns, 60 * kNsPerSecond);
  EXPECT_EQ(fine->first.score, 0.25);
  EXPECT_EQ(fine->second.score, 0.5);
  EXPECT_EQ(fine->agreement(), Agreement::kNeither);
  EXPECT_EQ(coarse->granularity_s, 60U);
  EXPECT_EQ(coarse->agreement(), Agreement::kFirst);
  EXPECT_EQ(coarse->first.margin(), 2);
}

TEST(JudgementPairs, HasNoPairOfWhatOneAloneJudged) {
  JudgementPairs pairs;
  EXPECT_FALSE(pairs.add_second(window(0, 10), judged(0)));
  pairs.add_first(window(0, 10), judged(0));
  pairs.add_first(window(10, 10), judged(0));
  EXPECT_FALSE(pairs.add_second(window(0, 10), judged(0)));
  EXPECT_FALSE(pairs.add_second(window(10, 30), judged(0)));
  EXPECT_TRUE(pairs.add_second(window(10, 10), judged(0)));
}

TEST(JudgementPairs, ArePartialIfTheWindowWasForEither) {
  JudgementPairs pairs;
  pairs.add_first(window(0, 60), judged(0));
  EXPECT_TRUE(pairs.add_second(window(0, 60, true), judged(0))->is_partial);
  EXPECT_FALSE(pairs.add_second(window(0, 60), judged(0))->is_partial);
}

TEST(JudgedTwice, SaysWhoAlarms) {
  JudgedTwice window;
  const auto agreement = [&](bool first, bool second) {
    window.first.is_alarm = first;
    window.second.is_alarm = second;
    return window.agreement();
  };
  EXPECT_EQ(agreement(false, false), Agreement::kNeither);
  EXPECT_EQ(agreement(true, true), Agreement::kBoth);
  EXPECT_EQ(agreement(true, false), Agreement::kFirst);
  EXPECT_EQ(agreement(false, true), Agreement::kSecond);
}

TEST(Judgement, OfAnAlarmNamesThePathAndWhatSpeaksForIt) {
  learn::Score score;
  score.value = 2;
  score.threshold = 0.5;
  score.contributions = {{.feature = "against", .contribution = -3},
                         {.feature = "for", .contribution = 2.5},
                         {.feature = "hardly", .contribution = 0.5}};
  Alert alert;
  alert.path = {"db", "web", "outside"};
  alert.edges = {{.source = "db", .destination = "web"}};
  const Judgement judgement = judgement_of(score, &alert);
  EXPECT_TRUE(judgement.is_alarm);
  EXPECT_EQ(judgement.where, "db -> web -> outside");
  EXPECT_EQ(judgement.invariant, "for");
  EXPECT_EQ(judgement.contribution, 2.5);
  alert.path.clear();
  EXPECT_EQ(judgement_of(score, &alert).where, "db -> web");
}

}  // namespace
}  // namespace mimir::controlplane
