// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/generated_traffic.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/record/link_type.h"
#include "tests/dataplane/wire/naive_dissect.h"

namespace mimir::source {
namespace {

constexpr std::uint32_t kServer = 0xc0000201;  // 192.0.2.1

test::NaiveFacts read(const std::vector<std::byte>& frame) {
  test::NaiveFacts facts;
  test::NaiveDissector dissector(LinkType::kEthernet, frame, frame.size());
  EXPECT_EQ(dissector.run(facts), Drop::kNone);
  return facts;
}

test::NaiveFacts read(const TrafficOptions& options, const GeneratedFlow& flow) {
  const FrameShape shape(options);
  std::vector<std::byte> frame = shape.build(shape.frame_bytes(0));
  shape.write(frame.data(), flow);
  return read(frame);
}

TEST(GeneratedTraffic, Ipv4AndVxlanCarryTheFlowThatWasWritten) {
  for (const TrafficFamily family : {TrafficFamily::kIpv4, TrafficFamily::kVxlan}) {
    const auto facts = read({.family = family}, {.address = 0x0a01e240, .port = 40000});
    EXPECT_EQ(facts.key, (FlowKey{.low_address = Address::from_ipv4(0x0a01e240),
                                  .high_address = Address::from_ipv4(kServer),
                                  .low_port = 40000,
                                  .high_port = 53,
                                  .protocol = 17}));
    EXPECT_EQ(facts.ip_bytes, 46u);
    EXPECT_EQ(facts.direction, Direction::kLowToHigh);
  }
}

TEST(GeneratedTraffic, Ipv6CarriesTheFlowThatWasWritten) {
  const auto facts = read({.family = TrafficFamily::kIpv6}, {.address = 0x0a01e240, .port = 40000});
  FlowKey key;
  key.low_port = 53;
  key.high_port = 40000;
  key.protocol = 17;
  key.low_address.bytes = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  key.high_address.bytes = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0a, 0x01, 0xe2, 0x40};
  EXPECT_EQ(facts.key, key);
  EXPECT_EQ(facts.ip_bytes, 48u);
  EXPECT_EQ(facts.direction, Direction::kHighToLow);
}

TEST(GeneratedTraffic, OnlyNewFlowsOfAFloodAreSyns) {
  for (const TrafficFamily family :
       {TrafficFamily::kIpv4, TrafficFamily::kIpv6, TrafficFamily::kVxlan}) {
    const TrafficOptions options{.family = family, .law = TrafficLaw::kFlood};
    const auto fresh = read(options, {.address = 0xdeadbeef, .port = 1024, .is_new = true});
    EXPECT_EQ(fresh.tcp_flags, 0x02);
    EXPECT_EQ(fresh.key.protocol, kProtocolTcp);
    EXPECT_EQ(read(options, {.address = 0x0a000001, .port = 40000}).tcp_flags, 0x10);
  }
}

TEST(GeneratedTraffic, ImixIsSevenFourOneAndEveryLengthSaysSo) {
  for (const TrafficFamily family :
       {TrafficFamily::kIpv4, TrafficFamily::kIpv6, TrafficFamily::kVxlan}) {
    const FrameShape shape({.family = family, .sizes = TrafficSizes::kImix});
    const std::size_t tunnel_bytes = family == TrafficFamily::kVxlan ? 50 : 0;
    std::map<std::size_t, int> times;
    for (std::size_t i = 0; i < 24; ++i) {
      const std::vector<std::byte> frame = shape.build(shape.frame_bytes(i));
      const test::NaiveFacts facts = read(frame);
      // Ethernet pads no frame here, so the datagram is all the rest.
      EXPECT_EQ(facts.ip_bytes, frame.size() - tunnel_bytes - 14);
      ++times[frame.size() - tunnel_bytes];
    }
    const std::size_t smallest = family == TrafficFamily::kIpv6 ? 62 : 60;
    EXPECT_EQ(times, (std::map<std::size_t, int>{{smallest, 14}, {590, 8}, {1514, 2}}));
  }
}

TEST(FlowDraw, FirstVisitsEachFlowOnceThenAllOfThemEvenly) {
  FlowDraw draw({.flow_count = 100});
  ASSERT_EQ(draw.fill_count(), 100u);
  for (std::uint32_t i = 0; i < 100; ++i) EXPECT_EQ(draw.next().address, 0x0a000000U + i);
  std::array<int, 100> times{};
  constexpr int kDraws = 100'000;
  for (int i = 0; i < kDraws; ++i) {
    const GeneratedFlow flow = draw.next();
    ASSERT_GE(flow.address, 0x0a000000U);
    ASSERT_LT(flow.address, 0x0a000000U + 100);
    EXPECT_EQ(flow.port, FlowDraw::kEstablishedPort);
    ++times[flow.address - 0x0a000000U];
  }
  // Chi-squared with 99 degrees of freedom: 148 has a probability of one in a thousand.
  double chi_squared = 0;
  for (const int n : times) chi_squared += (n - 1000.0) * (n - 1000.0) / 1000.0;
  EXPECT_LT(chi_squared, 148);
}

TEST(FlowDraw, ChurnReplacesItsShareOfTheFlowsEachSecond) {
  constexpr std::uint32_t kFlows = 1000;
  FlowDraw draw({.law = TrafficLaw::kChurn,
                 .flow_count = kFlows,
                 .churn_share = 0.25,
                 .packet_interval_ns = 1000});
  for (std::uint32_t i = 0; i < kFlows; ++i) (void)draw.next();
  constexpr std::uint64_t kPackets = 4'000'000;  // four seconds: 1000 flows are replaced
  std::set<std::uint32_t> seen;
  for (std::uint64_t i = 0; i < kPackets; ++i) {
    const std::uint32_t flow = draw.next().address - 0x0a000000U;
    const auto births = static_cast<std::uint32_t>(i / 4000);
    ASSERT_GE(flow + 1, births) << i;  // the oldest have gone
    ASSERT_LE(flow, births + kFlows) << i;
    seen.insert(flow);
  }
  EXPECT_NEAR(static_cast<double>(seen.size()), 2000, 5);
}

TEST(FlowDraw, AFloodNeverShowsAFlowTwiceBetweenThoseOfBefore) {
  FlowDraw draw({.law = TrafficLaw::kFlood, .flow_count = 1'000'000});
  ASSERT_EQ(draw.fill_count(), FlowDraw::kEstablishedCount);
  for (std::uint64_t i = 0; i < draw.fill_count(); ++i) EXPECT_FALSE(draw.next().is_new);
  std::vector<std::uint64_t> fresh;
  std::vector<int> established(FlowDraw::kEstablishedCount);
  for (int i = 0; i < 2'000'000; ++i) {
    const GeneratedFlow flow = draw.next();
    EXPECT_EQ(flow.is_new, flow.port != FlowDraw::kEstablishedPort);
    if (flow.is_new) {
      fresh.push_back(std::uint64_t{flow.address} << 16 | flow.port);
    } else {
      ++established.at(flow.address - 0x0a000000U);
    }
  }
  EXPECT_EQ(fresh.size(), 1'998'000u);
  std::sort(fresh.begin(), fresh.end());
  EXPECT_EQ(std::adjacent_find(fresh.begin(), fresh.end()), fresh.end());
  EXPECT_TRUE(std::all_of(established.begin(), established.end(), [](int n) { return n == 2; }));
}

TEST(FlowDraw, FlowsOfAFloodDifferHoweverFarApartTheyAre) {
  for (const std::uint64_t serial : {0ULL, 1ULL, 77'777ULL, 0xffffffffULL, 0x123456789abULL}) {
    for (unsigned distance = 0; distance < 46; ++distance) {
      const GeneratedFlow one = FlowDraw::flood(serial);
      const GeneratedFlow other = FlowDraw::flood(serial + (std::uint64_t{1} << distance));
      EXPECT_TRUE(one.address != other.address || one.port != other.port) << serial << distance;
      EXPECT_NE(other.port, FlowDraw::kEstablishedPort);
    }
  }
}

}  // namespace
}  // namespace mimir::source
