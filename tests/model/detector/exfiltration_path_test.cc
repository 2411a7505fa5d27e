// SPDX-License-Identifier: Apache-2.0
#include "model/detector/exfiltration_path.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace mimir::detector {
namespace {

EdgeEvidence edge(const char* source, const char* destination, std::uint64_t bytes,
                  double expected = 0, double p99 = 0) {
  return {.source = source,
          .destination = destination,
          .packets = bytes / 1000,
          .bytes = bytes,
          .expected_bytes = expected,
          .p99_bytes = p99,
          .is_known = expected > 0};
}

TEST(ExfiltrationPath, ExcessCountsWhatIsAboveTheMedianInUnitsOfTheHabitualSpread) {
  EXPECT_DOUBLE_EQ(edge("a", "b", 500'000, 200'000, 300'000).excess(), 3.0);
  EXPECT_DOUBLE_EQ(edge("a", "b", 3'000).excess(), 2.0);  // never seen: a full packet is the unit
  EXPECT_DOUBLE_EQ(edge("a", "b", 40).excess(), 1.0);     // never seen: one packet is much
  EXPECT_DOUBLE_EQ(edge("a", "b", 210'000, 200'000, 200'000).excess(), 1.0);  // 5 % of the median
  EXPECT_LT(edge("a", "b", 100'000, 200'000, 300'000).excess(), 0);
}

// Two edges that training saw, a law of one of them in windows of 10 s.
learn::Model model_with_a_law() {
  learn::Model model;
  for (const std::uint32_t granularity_s : {10U, 60U}) {
    for (const char* const destination : {"b", "c"}) {
      model.context.edges.push_back({.source = "a",
                                     .destination = destination,
                                     .granularity_s = granularity_s,
                                     .median_bytes = 10'000,
                                     .p99_bytes = 12'000,
                                     .window_count = 99});
    }
  }
  learn::Feature feature{.name = "bytes(a>b)", .spread = {}};
  feature.law = learn::Law{.given = "bytes(b>a)", .base = 1000, .slope = 2, .noise = 50};
  model.granularities.push_back(
      {.granularity_s = 10, .features = {{.name = "a", .spread = {}}, feature}, .training = {}});
  return model;
}

// Twice the users are no excess where there is a law; a night's habit is none at noon.
TEST(EdgeBaselines, ExpectWhatGoesWithTheOtherDirection) {
  const learn::Model model = model_with_a_law();
  const EdgeBaselines baselines(model);
  const EdgeEvidence busy = baselines.weigh(10, "a", "b", 300, 201'000, 100'000);
  EXPECT_DOUBLE_EQ(busy.expected_bytes, 1000 + 2 * 100'000.0);
  const double unit = std::sqrt(50 * 50 * (100'000.0 + 1500) + 10'050.0 * 10'050);
  EXPECT_NEAR(busy.p99_bytes, 201'000 + 2.326 / 1.349 * unit, 1e-6);
  EXPECT_TRUE(busy.is_known);
  EXPECT_EQ(busy.excess(), 0);
  EXPECT_LT(baselines.weigh(10, "a", "b", 300, 20'000, 100'000).excess(), 0);
  EXPECT_GT(baselines.weigh(10, "a", "b", 300, 20'000, 2000).excess(), 1);
}

TEST(EdgeBaselines, ExpectTheMedianWhereThereIsNoLaw) {
  const learn::Model model = model_with_a_law();
  const EdgeBaselines baselines(model);
  for (const auto& [granularity_s, destination] : {std::pair(10U, "c"), std::pair(60U, "b")}) {
    const EdgeEvidence edge = baselines.weigh(granularity_s, "a", destination, 9, 11'000, 500);
    EXPECT_EQ(edge.expected_bytes, 10'000);
    EXPECT_EQ(edge.p99_bytes, 12'000);
    EXPECT_DOUBLE_EQ(edge.excess(), 0.5);
  }
}

TEST(EdgeBaselines, ExpectNothingOfAnEdgeThatTrainingDidNotHave) {
  const learn::Model model = model_with_a_law();
  const EdgeEvidence edge = EdgeBaselines(model).weigh(10, "b", "a", 4, 3000, 500);
  EXPECT_FALSE(edge.is_known);
  EXPECT_EQ(edge.expected_bytes, 0);
  EXPECT_DOUBLE_EQ(edge.excess(), 2);
}

TEST(ExfiltrationPath, FollowsTheDataThroughTheServiceThatNeverSpokeOutside) {
  const std::vector<EdgeEvidence> edges{
      edge("user-db", "user", 400'000, 200'000, 300'000),
      edge("user", "front-end", 230'000, 220'000, 300'000),
      edge("front-end", "outside", 2'000'000, 1'990'000, 2'500'000),
      edge("user", "outside", 180'000),
  };
  EXPECT_EQ(find_path(edges, "user-db", "outside"),
            (std::vector<std::string>{"user-db", "user", "outside"}));
}

// 170 kB more among 3.4 MB of answers: no excess, and the only way there is.
TEST(ExfiltrationPath, FollowsTheDataIntoAnEdgeThatHidesThem) {
  const std::vector<EdgeEvidence> edges{
      edge("user-db", "user", 190'000, 16'000, 30'000),
      edge("user", "front-end", 175'000, 5'000, 12'000),
      edge("front-end", "outside", 3'400'000, 3'450'000, 3'700'000),
      edge("front-end", "orders", 3'000, 3'000, 9'000),
      edge("orders", "outside", 500, 90'000, 95'000),
  };
  EXPECT_EQ(find_path(edges, "user-db", "outside"),
            (std::vector<std::string>{"user-db", "user", "front-end", "outside"}));
}

TEST(ExfiltrationPath, IsEmptyWhenEveryWayHasAnEdgeFarBelowItsHabit) {
  const std::vector<EdgeEvidence> edges{edge("user-db", "user", 90'000, 200'000, 300'000),
                                        edge("user", "outside", 180'000)};
  EXPECT_TRUE(find_path(edges, "user-db", "outside").empty());
  EXPECT_TRUE(find_path({}, "user-db", "outside").empty());
}

TEST(ExfiltrationPath, IsEmptyWhenNoneOfItsEdgesStandsOut) {
  std::vector<EdgeEvidence> edges{edge("user-db", "user", 290'000, 200'000, 300'000),
                                  edge("user", "outside", 101'000, 100'000, 120'000)};
  EXPECT_TRUE(find_path(edges, "user-db", "outside").empty());
  edges[0].bytes = 300'000;
  EXPECT_EQ(find_path(edges, "user-db", "outside").size(), 3U);
}

TEST(ExfiltrationPath, OfEquallyWideWaysTakesTheShorterThenTheFirstByName) {
  const std::vector<EdgeEvidence> edges{
      edge("db", "b", 15'000),      edge("b", "outside", 15'000), edge("db", "a", 15'000),
      edge("a", "outside", 15'000), edge("db", "x", 15'000),      edge("x", "b", 15'000),
  };
  EXPECT_EQ(find_path(edges, "db", "outside"), (std::vector<std::string>{"db", "a", "outside"}));
}

// Oracle: all simple paths, enumerated.
double widest_by_enumeration(const std::vector<EdgeEvidence>& edges, const std::string& here,
                             std::vector<std::string>& visited, double width) {
  if (here == "outside") return width;
  double best = 0;
  for (const EdgeEvidence& e : edges) {
    if (e.source != here || e.excess() <= -1) continue;
    if (std::find(visited.begin(), visited.end(), e.destination) != visited.end()) continue;
    visited.push_back(e.destination);
    best = std::max(best, widest_by_enumeration(edges, e.destination, visited,
                                                std::min(width, std::max(e.excess(), 1e-9))));
    visited.pop_back();
  }
  return best;
}

TEST(ExfiltrationPath, IsAsWideAsTheWidestOfAllSimplePaths) {
  std::uint64_t state = 7;
  const auto draw = [&state](std::uint64_t below) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (state >> 33) % below;
  };
  const std::vector<std::string> names{"db", "a", "b", "c", "d", "outside"};
  for (int round = 0; round < 200; ++round) {
    std::vector<EdgeEvidence> edges;
    for (const std::string& source : names) {
      for (const std::string& destination : names) {
        if (source == destination || source == "outside" || draw(3) == 0) continue;
        edges.push_back(edge(source.c_str(), destination.c_str(), draw(100'000), 20'000, 30'000));
      }
    }
    std::vector<std::string> visited{"db"};
    const double expected = widest_by_enumeration(edges, "db", visited, 1e300);
    const std::vector<std::string> path = find_path(edges, "db", "outside");
    if (path.empty()) {
      EXPECT_LT(expected, 1) << "it would stand out";
      continue;
    }
    double width = 1e300;
    double most = 0;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      const auto found = std::find_if(edges.begin(), edges.end(), [&](const EdgeEvidence& e) {
        return e.source == path[i] && e.destination == path[i + 1];
      });
      ASSERT_NE(found, edges.end());
      width = std::min(width, std::max(found->excess(), 1e-9));
      most = std::max(most, found->excess());
    }
    EXPECT_DOUBLE_EQ(width, expected);
    EXPECT_GE(most, 1);
  }
}

}  // namespace
}  // namespace mimir::detector
