// SPDX-License-Identifier: Apache-2.0
#include "dataplane/worker.h"

#include <cstring>
#include <map>
#include <vector>

#include <gtest/gtest.h>

#include "tests/dataplane/worker_rig.h"

namespace mimir {
namespace {

using test::Burst;
using test::Frame;
using test::NaiveCount;
using test::Reader;
using test::TrafficShape;

constexpr TimeNs kSecond = kNsPerSecond;
constexpr TimeNs kStart = 1'700'000'000 * kSecond;
constexpr WindowIndex kStartWindow = 1'700'000'000;

WorkerOptions small() {
  return {.window_ns = kSecond,
          .lateness_ns = kSecond / 2,
          .flow_count_max = 20000,
          .ipv6_flow_count_max = 20000,
          .secret = {}};
}

Frame udp(std::uint32_t client, std::size_t payload_bytes = 10) {
  return Frame::ethernet().ipv4(client, 0x0a0000ff).udp(1000, 53).payload(payload_bytes);
}

bool same(const FlowRecord& a, const FlowRecord& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

void expect_flows(const std::map<Reader::FlowOfWindow, FlowRecord>& got,
                  const std::map<Reader::FlowOfWindow, FlowRecord>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (auto a = got.begin(), b = expected.begin(); a != got.end(); ++a, ++b) {
    ASSERT_EQ(a->first, b->first);
    ASSERT_TRUE(same(a->second, b->second)) << "window " << a->first.first;
  }
}

void expect_like_naive(const WorkerOptions& options, const std::vector<Burst>& bursts) {
  const Reader reader = test::run(options, bursts);
  const NaiveCount naive(options, bursts);
  EXPECT_FALSE(reader.broke_its_word());
  ASSERT_NO_FATAL_FAILURE(expect_flows(reader.flows(), naive.flows));
  ASSERT_EQ(reader.reports().size(), naive.reports.size());
  for (const auto& [window, expected] : naive.reports) {
    const auto found = reader.reports().find(window);
    ASSERT_NE(found, reader.reports().end()) << "no report of window " << window;
    const WindowReport& report = found->second;
    EXPECT_TRUE(report.packets.balances()) << window;
    EXPECT_EQ(report.packets, expected.packets) << window;
    EXPECT_EQ(report.first_ns, expected.first_ns) << window;
    EXPECT_EQ(report.last_ns, expected.last_ns) << window;
    EXPECT_EQ(report.records_written, reader.record_count(window)) << window;
    EXPECT_EQ(report.records_lost, 0u);
    EXPECT_EQ(report.packets.counted, reader.packets(window)) << window;
  }
}

TEST(Worker, CountsInOrderTrafficLikeANaiveSum) {
  expect_like_naive(small(), test::random_traffic(1, {}));
}

TEST(Worker, CountsOutOfOrderAndTooLateTrafficLikeANaiveSum) {
  for (std::uint64_t seed = 2; seed < 8; ++seed) {
    for (const TimeNs lateness_ns : {TimeNs{0}, kSecond / 3, kSecond, 6 * kSecond}) {
      WorkerOptions options = small();
      options.lateness_ns = lateness_ns;
      expect_like_naive(options, test::random_traffic(seed, {.disorder_ns = 5 * kSecond}));
    }
  }
}

TEST(Worker, CountsAcrossIdleStretchesLikeANaiveSum) {
  for (std::uint64_t seed = 8; seed < 12; ++seed) {
    expect_like_naive(
        small(), test::random_traffic(
                     seed, {.disorder_ns = kSecond, .gap_ns = 100 * kSecond, .idle_one_in = 3}));
  }
}

// A burst of packets, each up to a year after the one before: far more windows
// in one burst than OpenWindows has room for.
TEST(Worker, CountsAcrossGapsOfYearsLikeANaiveSum) {
  constexpr TimeNs kYear = 365 * 86400 * kSecond;
  for (const TimeNs lateness_ns : {TimeNs{0}, 6 * kSecond}) {
    WorkerOptions options = small();
    options.lateness_ns = lateness_ns;
    std::vector<Burst> bursts(3);
    TimeNs now_ns = kStart;
    for (Burst& burst : bursts) {
      for (std::uint32_t i = 0; i < source::PacketBatch::kPacketMax; ++i) {
        burst.packets.push_back({udp(i % 9), now_ns});
        now_ns += i % 3 == 0 ? kYear : kSecond;
      }
    }
    expect_like_naive(options, bursts);
    // The same, each step back by as much as the lateness bound forgives.
    for (Burst& burst : bursts) {
      for (std::size_t i = 0; i + 1 < burst.packets.size(); i += 2) {
        std::swap(burst.packets[i].time_ns, burst.packets[i + 1].time_ns);
      }
    }
    expect_like_naive(options, bursts);
  }
}

TEST(Worker, TheSizeOfABurstChangesNothing) {
  const std::vector<Burst> bursts = test::random_traffic(13, {.disorder_ns = 2 * kSecond});
  std::vector<Burst> single;
  for (const Burst& burst : bursts) {
    for (const test::TimedFrame& packet : burst.packets) single.push_back({{packet}, 0});
  }
  const Reader whole = test::run(small(), bursts);
  const Reader split = test::run(small(), single);
  expect_flows(split.flows(), whole.flows());
  ASSERT_EQ(split.reports().size(), whole.reports().size());
  for (const auto& [window, report] : whole.reports()) {
    EXPECT_EQ(split.reports().at(window).packets, report.packets);
  }
}

// All shards see all packets and each counts its own flows: together they are
// one worker, window by window, drops included.
TEST(Worker, ShardsTogetherSayWhatOneWorkerSays) {
  const std::vector<Burst> bursts = test::random_traffic(
      14, {.disorder_ns = 3 * kSecond, .gap_ns = 30 * kSecond, .idle_one_in = 5});
  const Reader one = test::run(small(), bursts);
  for (const std::uint32_t shard_count : {2u, 3u}) {
    std::map<Reader::FlowOfWindow, FlowRecord> flows;
    std::map<WindowIndex, PacketLedger> ledgers;
    for (std::uint32_t shard = 0; shard < shard_count; ++shard) {
      WorkerOptions options = small();
      options.shard = shard;
      options.shard_count = shard_count;
      const Reader reader = test::run(options, bursts);
      EXPECT_FALSE(reader.broke_its_word());
      for (const auto& [flow, record] : reader.flows()) {
        EXPECT_TRUE(flows.emplace(flow, record).second) << "two shards counted one flow";
      }
      EXPECT_GT(reader.flows().size(), one.flows().size() / shard_count / 2) << "a fair share";
      for (const auto& [window, report] : reader.reports()) {
        ledgers[window] += report.packets;
        if (shard == 0) continue;
        EXPECT_EQ(report.packets.dropped_total(), report.packets.dropped_for(Drop::kTooLate))
            << "what is in no flow is the first shard's";
      }
    }
    expect_flows(flows, one.flows());
    ASSERT_EQ(ledgers.size(), one.reports().size());
    for (const auto& [window, report] : one.reports()) {
      EXPECT_EQ(ledgers.at(window), report.packets) << window;
    }
  }
}

TEST(Worker, AQuietLinkStillClosesItsWindows) {
  std::vector<Burst> bursts{{{{udp(1), kStart}}, kStart}};
  for (int i = 0; i < 20; ++i) bursts.push_back({{}, kStart + i * kSecond / 2});
  test::FakeSource source(bursts);
  RecordRing ring(64);
  Reader reader;
  Worker worker(small(), source, ring);
  bool seen = false;
  for (int i = 0; worker.step(); ++i) {
    (void)reader.drain(ring);
    if (!seen && !reader.reports().empty()) {
      seen = true;
      EXPECT_GE(i, 3) << "the window and its lateness end at 1.5 s, which is poll 3";
      EXPECT_LE(i, 7) << "a sweep of two small tables takes but a few polls";
      EXPECT_GE(reader.complete(), kStartWindow);
    }
  }
  EXPECT_TRUE(seen) << "without finish()";
  EXPECT_EQ(reader.packets(kStartWindow), 1u);
  worker.finish();
  EXPECT_TRUE(reader.drain(ring));
  EXPECT_EQ(reader.reports().size(), 1u) << "windows without packets have no report";
}

TEST(Worker, ATooLatePacketShowsInTheWindowInWhichItCame) {
  const std::vector<Burst> bursts{{{{udp(1), kStart},
                                    {udp(1), kStart + 5 * kSecond},
                                    {udp(1), kStart + 1},
                                    {udp(1), kStart + 5 * kSecond + 7}},
                                   0}};
  const Reader reader = test::run(small(), bursts);
  const WindowReport& first = reader.reports().at(kStartWindow);
  const WindowReport& later = reader.reports().at(kStartWindow + 5);
  EXPECT_EQ(first.packets.received, 1u);
  EXPECT_EQ(later.packets.received, 3u);
  EXPECT_EQ(later.packets.dropped_for(Drop::kTooLate), 1u);
  EXPECT_EQ(later.packets.out_of_order, 0u) << "only packets that count can be out of order";
  EXPECT_EQ(later.first_ns, kStart + 5 * kSecond);
  EXPECT_EQ(later.last_ns, kStart + 5 * kSecond + 7);
}

// After a heartbeat a window may see nothing but latecomers: then it has no first packet.
TEST(Worker, AWindowOfLatecomersOnlyHasNoFirstPacket) {
  const std::vector<Burst> bursts{
      {{{udp(1), kStart}}, 0}, {{}, kStart + 5 * kSecond}, {{{udp(1), kStart + 1}}, 0}};
  const Reader reader = test::run(small(), bursts);
  const WindowReport& report = reader.reports().at(kStartWindow + 5);
  EXPECT_EQ(report.packets.dropped_for(Drop::kTooLate), 1u);
  EXPECT_EQ(report.first_ns, 0);
  EXPECT_EQ(report.last_ns, 0);
}

TEST(Worker, AFullTableRefusesNewFlowsByNameAndCountsTheOthers) {
  WorkerOptions options = small();
  options.flow_count_max = 5;
  options.ipv6_flow_count_max = 2;
  std::vector<Burst> bursts(2);
  for (Burst& burst : bursts) {
    for (std::uint32_t i = 0; i < 8; ++i) burst.packets.push_back({udp(i), kStart + i});
    for (std::uint32_t i = 0; i < 3; ++i) {
      burst.packets.push_back(
          {Frame::ethernet().ipv6(test::ipv6_address(i), test::ipv6_address(99)).udp(1, 2),
           kStart + 10 + i});
    }
  }
  const Reader reader = test::run(options, bursts);
  const PacketLedger& packets = reader.reports().at(kStartWindow).packets;
  EXPECT_EQ(packets.received, 22u);
  EXPECT_EQ(packets.counted, 14u);
  EXPECT_EQ(packets.dropped_for(Drop::kFlowTableFull), 8u);
  EXPECT_EQ(reader.flows().size(), 7u);
  EXPECT_TRUE(packets.balances());
}

// Both nodes of an overlay are mirrored: each packet comes twice, by another way.
TEST(Worker, WhatComesTwiceCountsOnceWithAnyNumberOfShards) {
  std::vector<Burst> bursts(25);
  for (std::uint32_t i = 0; i < 500; ++i) {
    const TimeNs time_ns = kStart + i * TimeNs{100'000};
    const Frame once = udp(0x0a000001 + i % 7, i % 50).set_ip(5, static_cast<std::uint8_t>(i));
    Frame again = once;
    bursts[i / 20].packets.push_back({once, time_ns});
    bursts[i / 20].packets.push_back({again.set_ip(8, 63), time_ns + 40'000});
  }
  WorkerOptions options = small();
  options.duplicate_distance_ns = 1'000'000;
  const Reader one = test::run(options, bursts);
  std::uint64_t counted = 0;
  std::uint64_t duplicates = 0;
  for (const auto& [window, report] : one.reports()) {
    EXPECT_TRUE(report.packets.balances());
    counted += report.packets.counted;
    duplicates += report.packets.dropped_for(Drop::kDuplicate);
  }
  EXPECT_EQ(counted, 500u);
  EXPECT_EQ(duplicates, 500u);
  options.shard_count = 3;
  std::uint64_t counted_by_shards = 0;
  std::uint64_t duplicates_of_shards = 0;
  for (options.shard = 0; options.shard < 3; ++options.shard) {
    const Reader reader = test::run(options, bursts);
    for (const auto& [window, report] : reader.reports()) {
      counted_by_shards += report.packets.counted;
      duplicates_of_shards += report.packets.dropped_for(Drop::kDuplicate);
    }
  }
  EXPECT_EQ(counted_by_shards, counted);
  EXPECT_EQ(duplicates_of_shards, duplicates);
}

TEST(Worker, ASourceThatBringsNothingCompletesAllTheSame) {
  const std::vector<Burst> nothing;
  Reader reader = test::run(small(), nothing);
  EXPECT_EQ(reader.complete(), RecordRing::kAllComplete);
  EXPECT_TRUE(reader.reports().empty());
  const std::vector<Burst> idle(5);
  reader = test::run(small(), idle);
  EXPECT_EQ(reader.complete(), RecordRing::kAllComplete);
}

TEST(Worker, SaysWhenItsMemoryCannotBeHad) {
  WorkerOptions options = small();
  options.flow_count_max = std::size_t{1} << 50;
  const std::vector<Burst> nothing;
  test::FakeSource source(nothing);
  RecordRing ring(64);
  EXPECT_FALSE(Worker(options, source, ring).is_usable());
  EXPECT_TRUE(Worker(small(), source, ring).is_usable());
}

}  // namespace
}  // namespace mimir
