// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/nic_clock.h"

#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "tests/random.h"

namespace mimir::source {
namespace {

using State = NicClock::State;

constexpr TimeNs kBoot = 5'000 * kNsPerSecond;

// A NIC whose counter began at `first` and runs at `megahertz`, off by `drift` in a million.
struct Nic {
  long double megahertz = 156.25L;
  long double drift = 0;
  std::uint64_t first = 123'456'789;

  [[nodiscard]] std::uint64_t ticks_at(TimeNs now_ns) const {
    const long double since_ns = static_cast<long double>(now_ns - kBoot);
    return first + static_cast<std::uint64_t>(
                       std::llround(since_ns * megahertz * (1 + drift / 1e6L) / 1e3L));
  }
};

// Ten readings a second, each up to `late_ns` late, for `seconds`.
State follow(NicClock& clock, const Nic& nic, int seconds, std::uint64_t late_ns, TimeNs from_ns,
             const std::function<void(TimeNs)>& after = {}) {
  test::Random random(7);
  State state = clock.state();
  for (int i = 0; i < 10 * seconds; ++i) {
    const TimeNs now_ns = from_ns + i * (kNsPerSecond / 10);
    const auto late = static_cast<TimeNs>(late_ns == 0 ? 0 : random.below(late_ns));
    state = clock.read(nic.ticks_at(now_ns), now_ns + late);
    if (after) after(now_ns);
  }
  return state;
}

// What was read 5 us late at most, of a clock of a known law, is told within 20 us: half a
// million moments of ten minutes, at rates from 1 MHz to nanoseconds that count themselves.
TEST(NicClock, TellsRealTimeWithinWhatItsReadingsWereOff) {
  for (const long double megahertz : {1.0L, 25.0L, 156.25L, 1000.0L}) {
    for (const long double drift : {-100.0L, 0.0L, 37.0L, 100.0L}) {
      const Nic nic{.megahertz = megahertz, .drift = drift};
      NicClock clock;
      TimeNs told_before_ns = std::numeric_limits<TimeNs>::min();
      const State state = follow(clock, nic, 600, 5'000, kBoot, [&](TimeNs now_ns) {
        if (clock.state() != State::kTrusted) return;
        for (TimeNs ahead_ns = 0; ahead_ns < kNsPerSecond / 10; ahead_ns += 1'234'567) {
          const TimeNs told_ns = clock.line().to_ns(nic.ticks_at(now_ns + ahead_ns));
          ASSERT_LT(std::abs(told_ns - now_ns - ahead_ns), 20'000);
          ASSERT_GE(told_ns, told_before_ns) << "it never steps back";
          told_before_ns = told_ns;
        }
      });
      EXPECT_EQ(state, State::kTrusted) << clock.refusal();
    }
  }
}

TEST(NicClock, IsTrustedByTheThirdReadingAndNotBefore) {
  const Nic nic;
  NicClock clock;
  EXPECT_EQ(clock.read(nic.ticks_at(kBoot), kBoot), State::kLearning);
  // Too soon to tell a rate: not looked at.
  for (TimeNs i = 1; i < 99; ++i) {
    EXPECT_EQ(clock.read(0, kBoot + i * 1'000'000), State::kLearning);
  }
  const TimeNs second = kBoot + NicClock::kLearnNs;
  EXPECT_EQ(clock.read(nic.ticks_at(second), second), State::kLearning);
  const TimeNs third = second + NicClock::kLearnNs;
  EXPECT_EQ(clock.read(nic.ticks_at(third), third), State::kTrusted);
}

TEST(NicClock, KnowsAStampFromBeforeTheReadingAndAcrossTheCountersEnd) {
  // The counter passes 2^64 between the readings; the distance is what counts.
  const Nic nic{.first = std::numeric_limits<std::uint64_t>::max() - 40'000'000};
  NicClock clock;
  ASSERT_EQ(follow(clock, nic, 3, 0, kBoot), State::kTrusted);
  for (const TimeNs moment : {kBoot, kBoot + kNsPerSecond, kBoot + 10 * kNsPerSecond}) {
    EXPECT_NEAR(static_cast<double>(clock.line().to_ns(nic.ticks_at(moment)) - moment), 0, 20);
  }
}

// What is read, given the readings so far and the time; why it must be refused.
struct BadClock {
  const char* why;
  std::function<std::uint64_t(TimeNs since_ns)> ticks;
};

TEST(NicClock, RefusesWhatIsNoClockAndSaysWhy) {
  const std::uint64_t second = 1'000'000'000;
  const BadClock cases[] = {
      {"does not ascend", [](TimeNs) { return std::uint64_t{77}; }},
      {"does not ascend",
       [](TimeNs since_ns) { return 1'000'000'000'000 - static_cast<std::uint64_t>(since_ns); }},
      {"does not ascend",  // a counter of 32 bits, which passes its end in the fifth second
       [](TimeNs since_ns) { return static_cast<std::uint64_t>(since_ns) & 0xffffffff; }},
      {"runs at a rate that no clock has",
       [](TimeNs since_ns) { return static_cast<std::uint64_t>(since_ns) / 2'000'000; }},
      {"runs at a rate that no clock has",
       [](TimeNs since_ns) { return static_cast<std::uint64_t>(since_ns) * 20; }},
      {"is not steady",  // it steps by 2 ms, as one that somebody sets
       [=](TimeNs since_ns) {
         const auto now = static_cast<std::uint64_t>(since_ns);
         return now > 20 * second ? now + 2'000'000 : now;
       }},
      {"is not steady",  // it runs 2 ms a second faster every second
       [](TimeNs since_ns) {
         const TimeNs since_ms = since_ns / 1'000'000;
         return static_cast<std::uint64_t>(since_ns + since_ms * since_ms);
       }},
  };
  for (const BadClock& bad : cases) {
    NicClock clock;
    for (TimeNs since_ns = 0; since_ns < 60 * kNsPerSecond; since_ns += kNsPerSecond / 10) {
      (void)clock.read(bad.ticks(since_ns), kBoot + since_ns);
    }
    EXPECT_EQ(clock.state(), State::kRefused) << bad.why;
    EXPECT_EQ(std::string(clock.refusal()), bad.why);
    EXPECT_FALSE(clock.line().is_there());
    // It stays so, whatever it reads then.
    EXPECT_EQ(follow(clock, Nic{}, 5, 0, kBoot + 100 * kNsPerSecond), State::kRefused);
  }
}

// The control plane may stand for a minute; a crystal that is 30 in a million off is no
// other clock for that.
TEST(NicClock, SurvivesAReaderThatStoodStill) {
  const Nic nic{.drift = 30};
  NicClock clock;
  ASSERT_EQ(follow(clock, nic, 20, 5'000, kBoot), State::kTrusted);
  const TimeNs later = kBoot + 80 * kNsPerSecond;
  EXPECT_EQ(clock.read(nic.ticks_at(later), later), State::kTrusted) << clock.refusal();
}

TEST(NicClock, AGarbledStampIsFarAwayAndNothingWorse) {
  for (const double ns_per_tick : {NicClock::kNsPerTickMin, 6.4, NicClock::kNsPerTickMax}) {
    const ClockLine line{.origin_ticks = 1000, .origin_ns = kBoot, .ns_per_tick = ns_per_tick};
    EXPECT_LT(line.to_ns(1000 + (std::uint64_t{1} << 63)), kBoot - kNsPerSecond);
    EXPECT_GT(line.to_ns(999 + (std::uint64_t{1} << 63)), kBoot + kNsPerSecond);
    EXPECT_EQ(line.to_ns(1000), kBoot);
  }
}

TEST(NicClock, BelievesStampsOfTheLastSecondAndAMillisecondAhead) {
  static_assert(is_believable(kBoot, kBoot));
  static_assert(is_believable(kBoot - 1'000'000'000, kBoot));
  static_assert(!is_believable(kBoot - 1'000'000'001, kBoot));
  static_assert(is_believable(kBoot + 1'000'000, kBoot));
  static_assert(!is_believable(kBoot + 1'000'001, kBoot));
}

TEST(SharedLine, GivesTheLatestLineOnce) {
  SharedLine shared;
  ClockLine line;
  std::uint32_t version = 0;
  shared.read(line, version);
  EXPECT_FALSE(line.is_there());
  shared.publish({.origin_ticks = 1, .origin_ns = 2, .ns_per_tick = 3});
  shared.read(line, version);
  EXPECT_EQ(line.origin_ticks, 1u);
  EXPECT_EQ(line.origin_ns, 2);
  EXPECT_EQ(line.ns_per_tick, 3.0);
  line.origin_ns = 99;
  shared.read(line, version);
  EXPECT_EQ(line.origin_ns, 99) << "the same line is not read again";
}

}  // namespace
}  // namespace mimir::source
