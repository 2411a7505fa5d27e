// SPDX-License-Identifier: Apache-2.0
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "tests/tools/evaluation/small_shop.h"
#include "tools/evaluation/attack_plan.h"
#include "tools/evaluation/spans.h"

namespace mimir::evaluation {
namespace {

constexpr TimeNs kMinute = 60 * kNsPerSecond;

// A run that starts 20 s into a minute, has a partial window in its third minute, lost
// records in its fifth and lacks its seventh.
std::vector<analysis::ReducedWindow> patchy(const test::SmallShop& shop) {
  auto windows = shop.windows(60, 1, 2);
  windows.erase(windows.begin() + 34, windows.begin() + 40);
  windows[12].is_partial = true;
  windows[23].records_lost = 1;
  return windows;
}

TEST(CleanSpans, AccountForEveryWindow) {
  const test::SmallShop shop;
  const auto windows = patchy(shop);
  const SpanList list = clean_spans(windows, kMinute);
  EXPECT_TRUE(list.ledger.balances());
  // 4 before the first whole minute, 2 behind the last, and 5 in each of two spoilt ones.
  EXPECT_EQ(list.ledger, (WindowLedger{54, 36, 1, 1, 16}));
  std::vector<TimeNs> minutes;
  for (const Span& span : list.spans) {
    EXPECT_EQ(span.size(), 6U);
    minutes.push_back(begin_of(span, kMinute) / kMinute);
  }
  EXPECT_EQ(minutes, (std::vector<TimeNs>{1, 3, 5, 7, 8, 9}));
  EXPECT_EQ(stretches(list.spans, kMinute), (std::vector<Stretch>{{0, 1}, {1, 2}, {2, 3}, {3, 6}}));
}

TEST(PlanAtRandom, StaysWithinTheStretchesAndApart) {
  const std::vector<Stretch> stretches = {{0, 40}, {40, 43}, {43, 90}};
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const auto plan = plan_at_random(
        stretches, {.share = 0.3, .spans_per_attack = 2, .path_count = 5, .seed = seed});
    EXPECT_EQ(plan.size(), 6U + 0U + 7U);
    std::set<std::size_t> taken;
    std::set<std::uint64_t> numbers;
    for (const PlannedAttack& attack : plan) {
      EXPECT_EQ(attack.end - attack.begin, 2U);
      const Stretch& home = attack.begin < 40 ? stretches[0] : stretches[2];
      EXPECT_GE(attack.begin, home.begin);
      EXPECT_LE(attack.end, home.end) << "over a gap, or beyond the capture";
      EXPECT_LT(attack.path, 5U);
      EXPECT_TRUE(numbers.insert(attack.number).second);
      for (std::size_t i = attack.begin; i < attack.end; ++i) {
        EXPECT_TRUE(taken.insert(i).second) << "attacked twice";
      }
    }
  }
}

std::vector<std::size_t> places(const std::vector<PlannedAttack>& plan) {
  std::vector<std::size_t> begins;
  for (const PlannedAttack& attack : plan) begins.push_back(attack.begin);
  return begins;
}

TEST(PlanAtRandom, DependsOnSeedAndRunAlone) {
  const std::vector<Stretch> stretches = {{0, 100}};
  const PlanOptions options{.path_count = 3, .seed = 1};
  PlanOptions other_seed = options;
  other_seed.seed = 2;
  PlanOptions other_run = options;
  other_run.run = 1;
  EXPECT_EQ(plan_at_random(stretches, options), plan_at_random(stretches, options));
  const std::vector<std::size_t> here = places(plan_at_random(stretches, options));
  EXPECT_NE(here, places(plan_at_random(stretches, other_seed)));
  EXPECT_NE(here, places(plan_at_random(stretches, other_run)));
  std::set<std::size_t> first_paths;
  for (PlanOptions tried = options; tried.seed < 20; ++tried.seed) {
    first_paths.insert(plan_at_random(stretches, tried).front().path);
  }
  EXPECT_EQ(first_paths.size(), 3U) << "the seed also says which path comes first";
}

TEST(PlanAtRandom, TakesTheOneSpanThereIs) {
  const std::vector<Stretch> one = {{0, 1}};
  EXPECT_EQ(plan_at_random(one, {.path_count = 1}).size(), 1U);
  EXPECT_TRUE(plan_at_random({}, {.path_count = 1}).empty());
}

TEST(PlanEvery, AttacksEachSpanOnceOverAllOffsets) {
  std::multiset<std::size_t> attacked;
  for (std::size_t offset = 0; offset < 5; ++offset) {
    for (const PlannedAttack& attack : plan_every(23, offset, 5, {.path_count = 2})) {
      attacked.insert(attack.begin);
    }
  }
  EXPECT_EQ(attacked.size(), 23U);
  EXPECT_EQ(std::set<std::size_t>(attacked.begin(), attacked.end()).size(), 23U);
}

// 1 MB a minute over one minute: a million bytes over each hop, give or take the mean of six
// deviations of 15 %; the rate means a minute and not a second.
TEST(Attack, CarriesOutTheRateInAMinute) {
  const test::SmallShop shop;
  const auto windows = shop.windows(6, 1);
  double sum = 0;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const auto attacked = attack(windows, shop.paths[0], rate_of(1e6), {1, 1'000'000, i},
                                 shop.world.cluster, graph::Observation::kMirror);
    ASSERT_TRUE(attacked.has_value());
    sum += static_cast<double>(attacked->bytes);
    std::uint64_t added = 0;
    for (std::size_t w = 0; w < 6; ++w) {
      added += attacked->windows[w].edges.total().bytes - windows[w].edges.total().bytes;
    }
    EXPECT_EQ(added, 2 * (attacked->bytes + 40 * attacked->packets)) << "two hops, acknowledged";
  }
  EXPECT_NEAR(sum / 100, 1e6, 2e4);
}

TEST(RateOf, HasThePublishedDeviationOrAFifth) {
  EXPECT_EQ(rate_of(10e6).deviation_bytes_per_minute, 300'000U);
  EXPECT_EQ(rate_of(50e3).deviation_bytes_per_minute, 12'500U);
  EXPECT_EQ(rate_of(2e6).deviation_bytes_per_minute, 400'000U);
  EXPECT_EQ(rate_of(2e6).bytes_per_minute, 2'000'000U);
}

}  // namespace
}  // namespace mimir::evaluation
