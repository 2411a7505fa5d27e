// SPDX-License-Identifier: Apache-2.0
#include "tools/tuning.h"

#include <algorithm>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "tests/random.h"

namespace mimir::tools {
namespace {

constexpr TimeNs kQuietNs = 300;

// One pass in the order of time.
std::uint64_t count_incidents(const std::vector<ScoredWindow>& windows, double threshold) {
  std::uint64_t count = 0;
  TimeNs last_ns = -1'000'000;
  for (const ScoredWindow& window : windows) {
    if (!(window.score > threshold)) continue;
    if (window.begin_ns - last_ns >= kQuietNs) ++count;
    last_ns = window.end_ns;
  }
  return count;
}

std::vector<ScoredWindow> windows_of(test::Random& random, std::size_t count,
                                     std::uint64_t scores) {
  std::vector<ScoredWindow> windows;
  TimeNs time_ns = 0;
  for (std::size_t i = 0; i < count; ++i) {
    time_ns += 10 * static_cast<TimeNs>(1 + random.below(30));
    windows.push_back({.begin_ns = time_ns,
                       .end_ns = time_ns + 10,
                       .score = static_cast<double>(random.below(scores)) / 16});
  }
  return windows;
}

TEST(Tuning, CountsIncidentsAsOnePassDoes) {
  test::Random random(3);
  for (int round = 0; round < 200; ++round) {
    const auto windows = windows_of(random, 1 + random.below(60), 12);
    for (const double threshold : {-1.0, 0.2, 0.5, 0.9}) {
      EXPECT_EQ(incident_count(windows, threshold, kQuietNs), count_incidents(windows, threshold));
    }
  }
}

// Every distinct score is tried as a threshold, from the highest down.
TEST(Tuning, IsTheLowestThresholdNoneAboveWhichCostsMore) {
  test::Random random(5);
  for (int round = 0; round < 300; ++round) {
    const auto windows = windows_of(random, 1 + random.below(40), 1 + random.below(30));
    const std::uint64_t incidents_max = random.below(6);
    std::set<double> scores;
    for (const ScoredWindow& window : windows) scores.insert(window.score);
    // Lowering the threshold past a score makes those windows alarm.
    std::optional<double> one_too_many;
    for (auto score = scores.rbegin(); score != scores.rend() && !one_too_many; ++score) {
      if (count_incidents(windows, *score - 1e-9) > incidents_max) one_too_many = *score;
    }
    const auto tuned = tune(windows, incidents_max, kQuietNs);
    ASSERT_EQ(tuned.has_value(), one_too_many.has_value());
    if (!tuned) continue;
    EXPECT_GE(tuned->threshold, *one_too_many);
    const auto above = scores.upper_bound(*one_too_many);
    EXPECT_TRUE(above == scores.end() || tuned->threshold < *above);
    EXPECT_EQ(tuned->incidents, count_incidents(windows, tuned->threshold));
    EXPECT_EQ(tuned->alarms, static_cast<std::uint64_t>(std::count_if(
                                 windows.begin(), windows.end(), [&](const ScoredWindow& each) {
                                   return each.score > tuned->threshold;
                                 })));
  }
}

TEST(Tuning, WithNoBudgetNothingOfWhatWasSeenAlarms) {
  const std::vector<ScoredWindow> windows{{.begin_ns = 0, .end_ns = 10, .score = 0.5}};
  EXPECT_DOUBLE_EQ(tune(windows, 0, kQuietNs)->threshold, 0.6);
  EXPECT_FALSE(tune(windows, 1, kQuietNs).has_value());
  EXPECT_FALSE(tune({}, 0, kQuietNs).has_value());
}

TEST(Tuning, ReadsABudget) {
  EXPECT_EQ(parse_budget("1/day"), 1.0);
  EXPECT_EQ(parse_budget("0.5/day"), 0.5);
  EXPECT_EQ(parse_budget("14/week"), 2.0);
  for (const char* const text :
       {"", "1", "0/day", "-1/day", "1/month", "x/day", "1 /day", "nan/day", "inf/day", "/day"}) {
    EXPECT_FALSE(parse_budget(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace mimir::tools
