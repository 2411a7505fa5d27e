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

TEST(Worker, CountsLikeANaiveSumWhileItsTablesGrow) {
  for (const std::size_t first : {1u, 70u, 300u}) {
    WorkerOptions options = small();
    options.flow_count_first = first;
    const TrafficShape shape{.burst_count = 400, .host_count = 2000, .disorder_ns = kSecond};
    expect_like_naive(options, test::random_traffic(first, shape));
  }
}

TEST(Worker, ATableThatGrowsRefusesNoFlowBeforeItIsAsLargeAsItMayBe) {
  WorkerOptions options = small();
  options.flow_count_first = 64;
  options.flow_count_max = 5000;
  std::vector<Burst> bursts;
  for (std::uint32_t flow = 0; flow < 6000; ++flow) {
    if (flow % 50 == 0) bursts.emplace_back();
    bursts.back().packets.push_back({udp(0x0b000000 + flow), kStart + flow});
  }
  const Reader reader = test::run(options, bursts);
  const PacketLedger& packets = reader.reports().at(kStartWindow).packets;
  EXPECT_EQ(packets.counted, 5000u);
  EXPECT_EQ(packets.dropped_for(Drop::kFlowTableFull), 1000u);
  EXPECT_EQ(reader.flows().size(), 5000u);
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

/// A datagram in three pieces; `number` tells it from others between these ends.
std::vector<Frame> fragments_of(std::uint32_t source, std::uint16_t port, std::uint16_t number) {
  const auto numbered = [number](Frame frame) {
    return frame.set_ip(4, static_cast<std::uint8_t>(number >> 8))
        .set_ip(5, static_cast<std::uint8_t>(number));
  };
  const auto piece = [&](std::uint16_t offset, bool has_more) {
    return Frame::ethernet().ipv4(source, 0x0a000063,
                                  {.more_fragments = has_more, .fragment_offset = offset});
  };
  Frame first = piece(0, true).udp(port, 2049).payload(72);
  first.set_transport(4, 0).set_transport(5, 228);  // 8 and the 220 bytes of all three
  return {numbered(first), numbered(piece(10, true).protocol(17).payload(80)),
          numbered(piece(20, false).protocol(17).payload(68))};
}

// All pieces are one flow's, in whatever order datagrams mix; those whose first piece did
// not come, or came after them, are counted as what they are. With any number of shards.
TEST(Worker, FragmentsAreOfTheFlowThatTheFirstOneNames) {
  std::vector<Burst> bursts(40);
  test::Random random(9);
  std::uint64_t orphans = 0;
  for (std::uint16_t i = 0; i < 200; ++i) {
    const std::uint32_t source = 0x0a000001 + i % 5;
    std::vector<Frame> pieces = fragments_of(source, static_cast<std::uint16_t>(4000 + i % 9), i);
    const bool is_first_last = random.next() % 4 == 0;
    if (is_first_last) std::swap(pieces[0], pieces[2]);
    orphans += is_first_last ? 2 : 0;
    for (std::size_t p = 0; p < 3; ++p) {
      bursts[i / 5U].packets.push_back({pieces[p], kStart + TimeNs{i} * 1000 + TimeNs(p)});
    }
  }
  std::map<FlowKey, std::uint64_t> bytes_of_flows;
  for (std::uint32_t shard_count = 1; shard_count <= 3; ++shard_count) {
    WorkerOptions options = small();
    options.shard_count = shard_count;
    std::map<FlowKey, std::uint64_t> bytes;
    std::uint64_t packets = 0;
    std::uint64_t dropped = 0;
    for (options.shard = 0; options.shard < shard_count; ++options.shard) {
      const Reader reader = test::run(options, bursts);
      for (const auto& [flow, record] : reader.flows()) {
        EXPECT_EQ(record.key.protocol, kProtocolUdp);
        bytes[record.key] += record.bytes[0] + record.bytes[1];
        packets += record.packets[0] + record.packets[1];
      }
      for (const auto& [window, report] : reader.reports()) {
        dropped += report.packets.dropped_for(Drop::kIpFragment);
      }
    }
    EXPECT_EQ(packets, 600 - orphans);
    EXPECT_EQ(dropped, orphans);
    EXPECT_EQ(bytes.size(), 45u) << "five senders, nine ports";
    if (shard_count == 1) bytes_of_flows = bytes;
    EXPECT_EQ(bytes, bytes_of_flows);
  }
  EXPECT_GT(orphans, 50u);
}

// The pods' datagram was counted whole by its length; the rest of the nodes' datagram
// around it must not be counted as more of it.
TEST(Worker, LaterFragmentsOfATunnelAreNotOfTheFlowInside) {
  Frame first = Frame::ethernet()
                    .ipv4(0x0a000001, 0x0a000002, {.more_fragments = true})
                    .udp(51000, 4789)
                    .tunnel({8, 0, 0, 0, 0, 0, 1, 0})
                    .ethernet_inside()
                    .ipv4(0x0af40105, 0x0af40207)
                    .tcp(40000, 8080, test::kAck)
                    .payload(100)
                    .set_ip_length(1500);
  const Frame rest = Frame::ethernet()
                         .ipv4(0x0a000001, 0x0a000002, {.fragment_offset = 100})
                         .protocol(17)
                         .payload(800);
  std::vector<Burst> bursts(1);
  bursts[0].packets = {{first, kStart}, {rest, kStart + 1}};
  const Reader reader = test::run(small(), bursts);
  ASSERT_EQ(reader.flows().size(), 1u);
  EXPECT_EQ(reader.flows().begin()->second.bytes[0], 1500u);
  ASSERT_EQ(reader.reports().size(), 1u);
  EXPECT_EQ(reader.reports().begin()->second.packets.dropped_for(Drop::kIpFragment), 1u);
}

// Two tenants with the same addresses.
TEST(Worker, TellsNetworksApartIfAskedTo) {
  const auto in_network = [](std::uint8_t number) {
    return Frame::ethernet()
        .ipv4(0x0a000001, 0x0a000002)
        .udp(51000, 4789)
        .tunnel({8, 0, 0, 0, 0, 0, number, 0})
        .ethernet_inside()
        .ipv4(0x0af40105, 0x0af40207)
        .tcp(40000, 8080, test::kAck)
        .payload(8);
  };
  std::vector<Burst> bursts(1);
  bursts[0].packets = {{in_network(1), kStart}, {in_network(2), kStart + 1}};
  EXPECT_EQ(test::run(small(), bursts).flows().size(), 1u);
  WorkerOptions options = small();
  options.dissect.network_mask = wire::DissectOptions::kNetworkBits;
  const Reader reader = test::run(options, bursts);
  ASSERT_EQ(reader.flows().size(), 2u);
  std::set<std::uint32_t> networks;
  for (const auto& [flow, record] : reader.flows()) networks.insert(record.key.network());
  EXPECT_EQ(networks, (std::set<std::uint32_t>{1, 2}));
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
