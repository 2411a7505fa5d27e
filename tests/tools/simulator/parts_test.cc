// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <gtest/gtest.h>

#include "tools/simulator/dns.h"
#include "tools/simulator/load.h"
#include "tools/simulator/random.h"

namespace mimir::simulator {
namespace {

TEST(Random, GivesThePublishedSequence) {
  // First outputs of xoshiro256** whose state comes from splitmix64 seeded with 0,
  // as other implementations print them.
  Random random(0);
  EXPECT_EQ(random.next(), 0x99ec5f36cb75f2b4U);
  EXPECT_EQ(random.next(), 0xbf6e1f784956452aU);
  EXPECT_EQ(random.next(), 0x1a5f849d4933e6e0U);
}

TEST(Random, DrawsHaveTheMomentsOfTheirLaws) {
  Random random(7);
  constexpr int kDraws = 200'000;
  double exponential = 0;
  double log_normal = 0;
  double logarithm = 0;
  double squares = 0;
  std::uint32_t largest = 0;
  for (int i = 0; i < kDraws; ++i) {
    exponential += random.exponential(3.0) / kDraws;
    const double drawn = random.log_normal(5.0, 0.5);
    log_normal += drawn / kDraws;
    logarithm += std::log(drawn) / kDraws;
    squares += std::log(drawn) * std::log(drawn) / kDraws;
    largest = std::max(largest, random.below(10));
  }
  EXPECT_NEAR(exponential, 3.0, 0.03);
  EXPECT_NEAR(log_normal, 5.0, 0.03);
  EXPECT_NEAR(logarithm, std::log(5.0) - 0.125, 0.005);
  EXPECT_NEAR(squares - logarithm * logarithm, 0.25, 0.005);
  EXPECT_EQ(largest, 9U);
}

TEST(Load, FollowsTheProfileInTwentyFourSteps) {
  const LoadProfile normal = *load_profile("normal");
  const TimeNs hour = 3600 * kNsPerSecond;
  EXPECT_EQ(normal.users(0, hour, 60), 41U);                 // .0440 / .0640 * 60 = 41.25
  EXPECT_EQ(normal.users(hour / 4 + 1, hour, 60), 23U);      // .0240: step 7
  EXPECT_EQ(normal.users(hour * 3 / 4 + 1, hour, 60), 60U);  // .0640: step 19
  EXPECT_EQ(normal.users(hour - 1, hour, 60), 46U);          // .0492: the last
  EXPECT_EQ(load_profile("viral")->users(hour - 1, hour, 60), 60U);
  EXPECT_EQ(load_profile("steady")->users(hour / 2, hour, 60), 60U);
  EXPECT_FALSE(load_profile("Normal"));
}

TEST(Load, IsScaledAndBurstsMultiplyIt) {
  config::Diagnostics diagnostics;
  const auto burst = parse_burst("start=10min,duration=60,factor=2.5", 1, diagnostics);
  ASSERT_TRUE(burst) << diagnostics.render();
  const Load load{*load_profile("steady"), 40, {*burst}};
  const TimeNs hour = 3600 * kNsPerSecond;
  EXPECT_EQ(load.users(599 * kNsPerSecond, hour), 40U);
  EXPECT_EQ(load.users(600 * kNsPerSecond, hour), 100U);
  EXPECT_EQ(load.users(660 * kNsPerSecond - 1, hour), 100U);
  EXPECT_EQ(load.users(660 * kNsPerSecond, hour), 40U);
  EXPECT_FALSE(parse_burst("start=1,factor=2", 1, diagnostics));
  EXPECT_NE(diagnostics.render().find("--burst:1:1: error: the burst has no duration"),
            std::string::npos)
      << diagnostics.render();
}

TEST(Load, ProfilesHaveTheSharesOfTheExperiments) {
  // Sums and places of the extremes of the published columns.
  const auto sum = [](const char* name) {
    double total = 0;
    const LoadProfile profile = load_profile(name).value();
    for (const double share : profile.shares) total += share;
    return total;
  };
  EXPECT_NEAR(sum("normal"), 1.056, 1e-9);
  EXPECT_NEAR(sum("bursty"), 0.9988, 1e-9);
  EXPECT_NEAR(sum("viral"), 0.998, 1e-9);
  EXPECT_NEAR(sum("cybermonday"), 0.9985, 1e-9);
  for (const auto& [name, peak] : {std::pair("normal", 18), std::pair("bursty", 21),
                                   std::pair("viral", 23), std::pair("cybermonday", 21)}) {
    const std::array<double, kLoadSteps> shares = load_profile(name).value().shares;
    EXPECT_EQ(std::max_element(shares.begin(), shares.end()) - shares.begin(), peak) << name;
  }
}

TEST(Dns, WritesMessagesAsTheRfcDrawsThem) {
  const std::string asked(
      "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
      "\x05"
      "carts"
      "\x09"
      "sock-shop"
      "\x00"
      "\x00\x01\x00\x01",
      12 + 17 + 4);
  EXPECT_EQ(dns::query(0x1234, "carts.sock-shop", dns::kTypeA), asked);
  const std::string answered =
      std::string("\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00", 12) + asked.substr(12) +
      std::string("\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04\x0a\x60\x01\x02", 16);
  EXPECT_EQ(dns::address_reply(0x1234, "carts.sock-shop", {0x0a600102}, 5), answered);
}

}  // namespace
}  // namespace mimir::simulator
