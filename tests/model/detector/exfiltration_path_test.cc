// SPDX-License-Identifier: Apache-2.0
#include "model/detector/exfiltration_path.h"

#include <algorithm>
#include <cstdint>
#include <string>
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

TEST(ExfiltrationPath, IsEmptyWhenEveryWayHasAnEdgeAtOrBelowItsHabit) {
  const std::vector<EdgeEvidence> edges{edge("user-db", "user", 200'000, 200'000, 300'000),
                                        edge("user", "outside", 180'000)};
  EXPECT_TRUE(find_path(edges, "user-db", "outside").empty());
  EXPECT_TRUE(find_path({}, "user-db", "outside").empty());
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
    if (e.source != here || e.excess() <= 0) continue;
    if (std::find(visited.begin(), visited.end(), e.destination) != visited.end()) continue;
    visited.push_back(e.destination);
    best = std::max(
        best, widest_by_enumeration(edges, e.destination, visited, std::min(width, e.excess())));
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
    if (expected == 0) {
      EXPECT_TRUE(path.empty());
      continue;
    }
    double width = 1e300;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      const auto found = std::find_if(edges.begin(), edges.end(), [&](const EdgeEvidence& e) {
        return e.source == path[i] && e.destination == path[i + 1];
      });
      ASSERT_NE(found, edges.end());
      width = std::min(width, found->excess());
    }
    EXPECT_DOUBLE_EQ(width, expected);
  }
}

}  // namespace
}  // namespace mimir::detector
