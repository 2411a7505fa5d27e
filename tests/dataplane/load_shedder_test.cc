// SPDX-License-Identifier: Apache-2.0
#include "dataplane/load_shedder.h"

#include <gtest/gtest.h>

#include "tests/random.h"

namespace mimir {
namespace {

using source::QueueLoad;

constexpr std::uint32_t kStep = LoadShedder::kPressedPollMax;
constexpr TimeNs kReturn = LoadShedder::kReturnNs;

void observe(LoadShedder& shedder, std::uint32_t polls, QueueLoad load, TimeNs time_ns = 0) {
  for (std::uint32_t i = 0; i < polls; ++i) shedder.observe(load, time_ns);
}

// After p pressed polls in a row the level is floor(p / kPressedPollMax), at most the last.
TEST(LoadShedder, HalvesOnceEverySoManyPressedPolls) {
  LoadShedder shedder;
  for (std::uint32_t polls = 1; polls < 20 * kStep; ++polls) {
    shedder.observe(QueueLoad::kPressed, 5);
    const std::uint32_t steps = polls / kStep;
    ASSERT_EQ(shedder.level(), steps < LoadShedder::kLevelMax ? steps : LoadShedder::kLevelMax);
  }
}

TEST(LoadShedder, OnePollThatIsNotPressedBeginsTheCountAnew) {
  LoadShedder shedder;
  for (int i = 0; i < 100; ++i) {
    observe(shedder, kStep - 1, QueueLoad::kPressed);
    observe(shedder, 1, QueueLoad::kBusy);
  }
  EXPECT_EQ(shedder.level(), 0);
}

// Calm from t on: level n is left at t + 1 s, n - 1 at t + 2 s, and so on.
TEST(LoadShedder, DoublesOnceASecondOfCalmInPacketTime) {
  LoadShedder shedder;
  observe(shedder, 3 * kStep, QueueLoad::kPressed);
  constexpr TimeNs kCalm = 1'700'000'000 * kNsPerSecond + 123;
  for (TimeNs after_ns = 0; after_ns < 5 * kReturn; after_ns += kReturn / 8) {
    shedder.observe(QueueLoad::kCalm, kCalm + after_ns);
    const TimeNs returned = after_ns / kReturn;
    ASSERT_EQ(shedder.level(), returned < 3 ? 3 - returned : 0) << after_ns;
  }
}

TEST(LoadShedder, ManyPollsWithoutPacketTimeReturnNothing) {
  LoadShedder shedder;
  observe(shedder, kStep, QueueLoad::kPressed, 7);
  observe(shedder, 1'000'000, QueueLoad::kCalm, 7);
  EXPECT_EQ(shedder.level(), 1);
}

TEST(LoadShedder, ABusyQueueMovesNothing) {
  LoadShedder shedder;
  observe(shedder, 2 * kStep, QueueLoad::kPressed);
  for (TimeNs second = 0; second < 100; ++second)
    observe(shedder, 9, QueueLoad::kBusy, second * kReturn);
  EXPECT_EQ(shedder.level(), 2);
  // Nor does calm count that was interrupted.
  for (TimeNs half = 200; half < 300; ++half) {
    shedder.observe(half % 2 == 0 ? QueueLoad::kCalm : QueueLoad::kBusy, half * kReturn / 2);
  }
  EXPECT_EQ(shedder.level(), 2);
  shedder.observe(QueueLoad::kCalm, 200 * kReturn);
  shedder.observe(QueueLoad::kCalm, 201 * kReturn - 1);
  EXPECT_EQ(shedder.level(), 2);
  shedder.observe(QueueLoad::kCalm, 201 * kReturn);
  EXPECT_EQ(shedder.level(), 1);
}

// One hash in 2^n is kept at level n, and whoever is kept is kept at every level below.
TEST(LoadShedder, KeepsNestedHalvesOfTheHashes) {
  constexpr int kHashes = 1 << 16;
  LoadShedder shedders[LoadShedder::kLevelMax + 1];
  for (std::uint32_t n = 0; n <= LoadShedder::kLevelMax; ++n) {
    observe(shedders[n], n * kStep, QueueLoad::kPressed);
    ASSERT_EQ(shedders[n].level(), n);
  }
  int kept[LoadShedder::kLevelMax + 1] = {};
  test::Random random(1);
  for (int i = 0; i < kHashes; ++i) {
    const std::uint64_t hash = random.next();
    bool was_kept = true;
    for (std::uint32_t n = 0; n <= LoadShedder::kLevelMax; ++n) {
      const bool is_kept = shedders[n].keeps(hash);
      ASSERT_TRUE(was_kept || !is_kept) << "kept at " << n << " but not below";
      was_kept = is_kept;
      kept[n] += is_kept ? 1 : 0;
    }
  }
  EXPECT_EQ(kept[0], kHashes);
  for (std::uint32_t n = 1; n <= LoadShedder::kLevelMax; ++n) {
    // Binomial with p = 2^-n: within five standard deviations.
    const double expected = kHashes >> n;
    EXPECT_NEAR(kept[n], expected, 5 * __builtin_sqrt(expected)) << n;
  }
}

}  // namespace
}  // namespace mimir
