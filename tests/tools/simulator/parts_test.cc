// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <gtest/gtest.h>

#include "tools/simulator/dns.h"
#include "tools/simulator/load.h"
#include "tools/simulator/random.h"
#include "tools/simulator/topology.h"

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
  EXPECT_EQ(dns::address_reply(0x1234, "carts.sock-shop", 0x0a600102, 5), answered);
}

TEST(Topology, TheShopIsWhole) {
  config::Diagnostics diagnostics;
  EXPECT_TRUE(check(sock_shop(), diagnostics)) << diagnostics.render();
}

TEST(Topology, AMissingLinkIsReported) {
  Topology shop = sock_shop();
  shop.links.pop_back();
  shop.links.front().server = "catalog";
  config::Diagnostics diagnostics;
  EXPECT_FALSE(check(shop, diagnostics));
  const std::string said = diagnostics.render();
  EXPECT_NE(said.find("no service is called 'catalog'"), std::string::npos) << said;
  EXPECT_NE(said.find("queue-master consumes from rabbitmq without a link"), std::string::npos);
  EXPECT_NE(said.find("'catalogue.list' is called without a link from front-end to catalogue"),
            std::string::npos);
}

TEST(Topology, HasTheReplicasAndPortsOfThePaperRuns) {
  const Topology shop = sock_shop();
  const auto at = [&](const char* name) { return shop.services.at(*shop.find_service(name)); };
  EXPECT_EQ(at("front-end").replicas, 6U);
  EXPECT_EQ(at("front-end").target, 8079);
  EXPECT_EQ(at("carts").replicas, 4U);
  EXPECT_EQ(at("orders").replicas, 3U);
  EXPECT_EQ(at("user-db").port, 27017);
  EXPECT_EQ(at("rabbitmq").port, 5672);
}

}  // namespace
}  // namespace mimir::simulator
