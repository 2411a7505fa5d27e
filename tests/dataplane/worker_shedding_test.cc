// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/worker.h"
#include "tests/dataplane/worker_rig.h"

namespace mimir {
namespace {

using source::QueueLoad;
using test::Burst;
using test::Frame;
using test::Reader;

constexpr TimeNs kSecond = kNsPerSecond;
constexpr WindowIndex kFirst = 1'700'000'000;
constexpr TimeNs kStart = kFirst * kSecond;
constexpr std::uint32_t kFlows = 2048;

WorkerOptions options_of(std::uint64_t secret) {
  return {.window_ns = kSecond,
          .lateness_ns = kSecond / 2,
          .flow_count_max = 20000,
          .ipv6_flow_count_max = 20000,
          .secret = {.first = secret * 0x9e3779b97f4a7c15 | 1, .second = secret << 7 | 1}};
}

// One packet each way, over IPv4 or IPv6.
Frame packet_of(std::uint32_t flow, bool is_reply) {
  const std::uint32_t client = 0x0a000000 + flow;
  if (flow % 4 == 0) {
    const auto low = test::ipv6_address(flow / 4 % 250);
    const auto high = test::ipv6_address(251);
    const auto port = static_cast<std::uint16_t>(2000 + flow);
    return is_reply ? Frame(Frame::ethernet().ipv6(high, low).udp(53, port))
                    : Frame(Frame::ethernet().ipv6(low, high).udp(port, 53));
  }
  return is_reply ? Frame(Frame::ethernet().ipv4(0x0b000001, client).udp(53, 1000))
                  : Frame(Frame::ethernet().ipv4(client, 0x0b000001).udp(1000, 53));
}

// Every flow once each way in one window, from a queue that each poll leaves as `load` says.
void add_round(std::vector<Burst>& bursts, WindowIndex window, QueueLoad load) {
  TimeNs time_ns = window * kSecond;
  for (const bool is_reply : {false, true}) {
    for (std::uint32_t flow = 0; flow < kFlows; ++flow) {
      if (flow % 64 == 0) bursts.push_back({.packets = {}, .now_ns = 0, .load = load});
      bursts.back().packets.push_back({packet_of(flow, is_reply), time_ns++});
    }
  }
}

// Presses until the level is `level`, with no packets of its own.
void press(std::vector<Burst>& bursts, std::uint32_t level, WindowIndex window) {
  for (std::uint32_t i = 0; i < level * LoadShedder::kPressedPollMax; ++i) {
    bursts.push_back({.packets = {}, .now_ns = window * kSecond, .load = QueueLoad::kPressed});
  }
}

std::set<FlowKey> flows_of(const Reader& reader, WindowIndex window) {
  std::set<FlowKey> keys;
  for (const auto& [flow, record] : reader.flows()) {
    if (flow.first == window) keys.insert(flow.second);
  }
  return keys;
}

// A busy queue holds the level. Window n, at level n, has whole flows only, one in 2^n of
// them, and those of window n + 1 among them; each packet left out is counted by name.
TEST(WorkerShedding, LeavesOutWholeFlowsByNameAndNestedByLevel) {
  for (const std::uint64_t secret : {3ULL, 77ULL, 12345ULL}) {
    std::vector<Burst> bursts;
    for (std::uint32_t level = 0; level <= 4; ++level) {
      if (level > 0) press(bursts, 1, kFirst + level);
      add_round(bursts, kFirst + level, QueueLoad::kBusy);
    }
    const Reader reader = test::run(options_of(secret), bursts);
    ASSERT_EQ(reader.reports().size(), 5u);
    std::set<FlowKey> before = flows_of(reader, kFirst);
    EXPECT_EQ(before.size(), kFlows);
    for (std::uint32_t level = 0; level <= 4; ++level) {
      const WindowReport& report = reader.reports().at(kFirst + level);
      EXPECT_EQ(report.shed_level, level);
      EXPECT_TRUE(report.packets.balances());
      EXPECT_EQ(report.packets.received, 2 * kFlows);
      const std::set<FlowKey> kept = flows_of(reader, kFirst + level);
      EXPECT_EQ(report.packets.counted, 2 * kept.size());
      EXPECT_EQ(report.packets.dropped_for(Drop::kShed), 2 * (kFlows - kept.size()));
      for (const FlowKey& key : kept) {
        const FlowRecord& record = reader.flows().at({kFirst + level, key});
        EXPECT_EQ(record.packets[0], 1u) << "both directions";
        EXPECT_EQ(record.packets[1], 1u) << "both directions";
        EXPECT_EQ(before.count(key), 1u) << "kept here, so kept at the level below";
      }
      const double expected = kFlows >> level;
      EXPECT_NEAR(static_cast<double>(kept.size()), expected, 5 * __builtin_sqrt(expected));
      before = kept;
    }
  }
}

TEST(WorkerShedding, CountsAllFlowsAgainOnceTheQueueStaysEmpty) {
  std::vector<Burst> bursts;
  press(bursts, 3, kFirst);
  for (WindowIndex window = kFirst; window < kFirst + 6; ++window)
    add_round(bursts, window, QueueLoad::kCalm);
  const Reader reader = test::run(options_of(5), bursts);
  // Calm begins in the first window; a second later, so in the next one's first burst or
  // just behind it, the share doubles.
  for (WindowIndex i = 0; i < 6; ++i) {
    const WindowReport& report = reader.reports().at(kFirst + i);
    EXPECT_TRUE(report.packets.balances());
    EXPECT_EQ(report.shed_level, i < 4 ? (i == 0 ? 3 : 4 - i) : 0) << i;
  }
  EXPECT_EQ(flows_of(reader, kFirst + 5).size(), kFlows);
  EXPECT_EQ(reader.reports().at(kFirst + 5).packets.counted, 2 * kFlows);
}

TEST(WorkerShedding, WhatIsInNoFlowKeepsItsOwnName) {
  std::vector<Burst> bursts;
  press(bursts, LoadShedder::kLevelMax, kFirst);
  bursts.push_back({.packets = {}, .now_ns = 0, .load = QueueLoad::kBusy});
  Frame broken = packet_of(1, false);
  broken.set_ip(0, 0x75);
  for (int i = 0; i < 10; ++i) bursts.back().packets.push_back({broken, kStart + i});
  const Reader reader = test::run(options_of(6), bursts);
  const WindowReport& report = reader.reports().at(kFirst);
  EXPECT_EQ(report.packets.dropped_for(Drop::kBadIpVersion), 10u);
  EXPECT_EQ(report.packets.dropped_for(Drop::kShed), 0u);
  EXPECT_EQ(report.shed_level, 0) << "no packet was shed in it";
}

}  // namespace
}  // namespace mimir
