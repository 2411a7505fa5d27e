// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flow/duplicate_filter.h"

#include <map>

#include <gtest/gtest.h>

#include "tests/random.h"

namespace mimir::flow {
namespace {

constexpr TimeNs kDistanceNs = 1000;

TEST(DuplicateFilter, IsOffWithoutADistance) {
  EXPECT_FALSE(DuplicateFilter(0).is_on());
  EXPECT_TRUE(DuplicateFilter(0).is_usable());
  EXPECT_TRUE(DuplicateFilter(1).is_on());
}

// Few enough to have room: then it says what a map that never forgets says.
TEST(DuplicateFilter, SaysWhatAMapSays) {
  DuplicateFilter filter(kDistanceNs);
  ASSERT_TRUE(filter.is_usable());
  std::map<std::uint64_t, TimeNs> first_seen;
  test::Random random(3);
  TimeNs now_ns = 1'000'000;
  std::size_t duplicates = 0;
  for (int i = 0; i < 200'000; ++i) {
    now_ns += static_cast<TimeNs>(random.next() % 8);
    const TimeNs time_ns = now_ns - static_cast<TimeNs>(random.next() % 100);  // out of order
    const std::uint64_t packet = (random.next() % 2000 + 1) * 0x9e3779b97f4a7c15 | 1;
    const auto [at, is_new] = first_seen.try_emplace(packet, time_ns);
    const TimeNs distance_ns = is_new ? 0 : time_ns - at->second;
    const bool is_duplicate = !is_new && distance_ns <= kDistanceNs && -distance_ns <= kDistanceNs;
    if (!is_duplicate) at->second = time_ns;
    ASSERT_EQ(filter.is_duplicate(packet, time_ns), is_duplicate) << i;
    duplicates += is_duplicate;
  }
  EXPECT_GT(duplicates, 10'000u);
}

TEST(DuplicateFilter, ASenderThatRepeatsItselfIsMergedForOneDistance) {
  DuplicateFilter filter(kDistanceNs);
  int counted = 0;
  for (TimeNs time_ns = 0; time_ns < 100 * kDistanceNs; time_ns += kDistanceNs / 10) {
    counted += !filter.is_duplicate(77, time_ns);
  }
  EXPECT_EQ(counted, 91) << "the first, and then one in eleven";
}

TEST(DuplicateFilter, WithoutRoomItMissesDuplicatesAndMergesNothing) {
  DuplicateFilter filter(kDistanceNs);
  test::Random random(4);
  for (int i = 0; i < 500'000; ++i) EXPECT_FALSE(filter.is_duplicate(random.next(), 5));
}

}  // namespace
}  // namespace mimir::flow
