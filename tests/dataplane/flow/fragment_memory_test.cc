// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flow/fragment_memory.h"

#include <map>
#include <utility>

#include <gtest/gtest.h>

#include "tests/random.h"

namespace mimir::flow {
namespace {

constexpr TimeNs kLifetimeNs = FragmentMemory::kLifetimeNs;

// Few enough to have room: then it says what a map that never forgets says.
TEST(FragmentMemory, SaysWhatAMapSays) {
  FragmentMemory memory;
  ASSERT_TRUE(memory.is_usable());
  std::map<std::uint64_t, std::pair<TimeNs, std::uint16_t>> remembered;
  test::Random random(5);
  TimeNs now_ns = 0;
  std::size_t found_count = 0;
  for (int i = 0; i < 200'000; ++i) {
    now_ns += static_cast<TimeNs>(random.next() % static_cast<std::uint64_t>(kLifetimeNs / 100));
    const std::uint64_t datagram = (random.next() % 300 + 1) * 0x9e3779b97f4a7c15 | 1;
    if (random.next() % 4 == 0) {
      const auto port = static_cast<std::uint16_t>(random.next());
      memory.remember(datagram, now_ns, {port, 53, 17});
      remembered[datagram] = {now_ns, port};
      continue;
    }
    const auto at = remembered.find(datagram);
    const bool is_known = at != remembered.end() && now_ns - at->second.first <= kLifetimeNs;
    const FragmentMemory::Ends* const ends = memory.find(datagram, now_ns);
    ASSERT_EQ(ends != nullptr, is_known) << i;
    if (ends == nullptr) continue;
    ASSERT_EQ(ends->source_port, at->second.second) << i;
    ASSERT_EQ(std::pair(int{ends->destination_port}, int{ends->protocol}), std::pair(53, 17));
    ++found_count;
  }
  EXPECT_GT(found_count, 10'000u);
}

TEST(FragmentMemory, LetsTheOldestGoWhenASetIsFull) {
  FragmentMemory memory;
  const auto datagram = [](std::uint64_t i) { return i << 48 | std::uint64_t{7} << 32 | 1; };
  for (std::uint16_t i = 0; i <= FragmentMemory::kWayCount; ++i) {
    memory.remember(datagram(i), 1000 - i, {i, 1, 17});  // the last one remembered is the oldest
  }
  EXPECT_EQ(memory.find(datagram(FragmentMemory::kWayCount - 1), 1000), nullptr)
      << "it was the oldest when the last one came";
  for (const std::uint64_t i : {std::uint64_t{0}, std::uint64_t{FragmentMemory::kWayCount}}) {
    ASSERT_NE(memory.find(datagram(i), 1000), nullptr) << i;
    EXPECT_EQ(memory.find(datagram(i), 1000)->source_port, i);
  }
}

// A flood of first fragments costs others their memory, and never a wrong flow.
TEST(FragmentMemory, WithoutRoomItForgetsAndMixesNothingUp) {
  FragmentMemory memory;
  test::Random random(6);
  std::size_t found_count = 0;
  for (int i = 0; i < 300'000; ++i) {
    const std::uint64_t datagram = random.next() | 1;
    memory.remember(datagram, i, {static_cast<std::uint16_t>(datagram >> 8), 1, 6});
    const std::uint64_t other = random.next() | 1;
    if (memory.find(other, i) != nullptr) ++found_count;
    ASSERT_EQ(memory.find(datagram, i)->source_port, static_cast<std::uint16_t>(datagram >> 8));
  }
  EXPECT_EQ(found_count, 0u);
}

}  // namespace
}  // namespace mimir::flow
