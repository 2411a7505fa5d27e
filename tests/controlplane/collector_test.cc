// SPDX-License-Identifier: Apache-2.0
#include "controlplane/collector.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "tests/random.h"

namespace mimir::controlplane {
namespace {

constexpr TimeNs kWindowNs = 10 * kNsPerSecond;

struct Rings {
  explicit Rings(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      owned.push_back(std::make_unique<RecordRing>(4096, 64));
      all.push_back(owned.back().get());
    }
  }
  RecordRing& operator[](std::size_t i) { return *owned[i]; }
  std::vector<std::unique_ptr<RecordRing>> owned;
  std::vector<RecordRing*> all;
};

// A window handed over, kept: its records and facts are lent for the call only.
struct Kept {
  Window window;
  std::vector<FlowRecord> records;
  std::vector<PayloadFact> facts;
};

Collector::WindowSink keep_in(std::vector<Kept>& kept) {
  return [&kept](const Window& window) {
    kept.push_back({window,
                    {window.records.begin(), window.records.end()},
                    {window.facts.begin(), window.facts.end()}});
  };
}

FlowRecord record_of(std::uint32_t flow, WindowIndex window, TimeNs first_ns, std::uint64_t bytes) {
  FlowRecord record;
  record.key.low_address = Address::from_ipv4(0x0a000001 + flow);
  record.key.high_address = Address::from_ipv4(0x0b000001);
  record.key.protocol = kProtocolTcp;
  record.window = window;
  record.first_ns = first_ns;
  record.last_ns = first_ns + 5;
  record.bytes = {bytes, 2 * bytes};
  record.packets = {1, 2};
  record.tcp_flags = {static_cast<std::uint8_t>(flow & 0x3f), 0x10};
  record.signs = {static_cast<std::uint8_t>(flow & 0x1f), static_cast<std::uint8_t>(bytes & 0x1f)};
  return record;
}

WindowReport report_of(WindowIndex window, TimeNs first_ns, TimeNs last_ns,
                       std::uint64_t received = 1) {
  WindowReport report;
  report.window = window;
  report.packets.received = received;
  report.packets.counted = received;
  report.first_ns = first_ns;
  report.last_ns = last_ns;
  return report;
}

void push(RecordRing& ring, const FlowRecord& record) {
  ASSERT_EQ(ring.push_records({&record, 1}), 1U);
}

using FlowSum = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t, TimeNs,
                           TimeNs, unsigned>;

FlowSum sum_of(const FlowRecord& r) {
  return {r.bytes[0],
          r.bytes[1],
          r.packets[0],
          r.packets[1],
          r.first_ns,
          r.last_ns,
          r.tcp_flags[0] | r.tcp_flags[1] << 8 | r.signs[0] << 16 | r.signs[1] << 24};
}

// What a naive reader of everything would say of a window.
struct Naive {
  std::map<FlowKey, FlowRecord> flows;
  std::uint64_t received = 0;
  std::uint64_t lost = 0;
  std::uint8_t shed_level = 0;
};

void expect_equal(const std::vector<Kept>& kept, const std::map<WindowIndex, Naive>& naive) {
  ASSERT_EQ(kept.size(), naive.size());
  std::size_t at = 0;
  for (const auto& [index, expected] : naive) {
    const Kept& window = kept[at++];
    ASSERT_EQ(window.window.index, index);
    EXPECT_EQ(window.window.begin_ns, index * kWindowNs);
    EXPECT_EQ(window.window.end_ns, (index + 1) * kWindowNs);
    EXPECT_EQ(window.window.packets.received, expected.received);
    EXPECT_EQ(window.window.records_lost, expected.lost);
    EXPECT_EQ(window.window.packets_lost, 3 * expected.lost);
    EXPECT_EQ(window.window.shed_level, expected.shed_level);
    ASSERT_EQ(window.records.size(), expected.flows.size());
    std::size_t row = 0;
    for (const auto& [key, flow] : expected.flows) {
      EXPECT_EQ(window.records[row].key, key);
      EXPECT_EQ(sum_of(window.records[row]), sum_of(flow));
      ++row;
    }
  }
}

void add_naive(Naive& naive, const FlowRecord& r) {
  const auto [at, is_new] = naive.flows.try_emplace(r.key, r);
  if (is_new) return;
  FlowRecord& sum = at->second;
  for (std::size_t d = 0; d < 2; ++d) {
    sum.bytes[d] += r.bytes[d];
    sum.packets[d] += r.packets[d];
    sum.tcp_flags[d] = static_cast<std::uint8_t>(sum.tcp_flags[d] | r.tcp_flags[d]);
    sum.signs[d] = static_cast<std::uint8_t>(sum.signs[d] | r.signs[d]);
  }
  sum.first_ns = std::min(sum.first_ns, r.first_ns);
  sum.last_ns = std::max(sum.last_ns, r.last_ns);
}

// Workers speak in turns drawn at random and are read at random points between.
void check_interleaving(std::uint64_t seed) {
  test::Random random(seed);
  Rings rings(1 + random.below(3));
  std::vector<Kept> kept;
  Collector collector(kWindowNs, rings.all, keep_in(kept));
  std::map<WindowIndex, Naive> naive;
  RecordLedger ledger;
  std::vector<WindowIndex> next(rings.all.size(), -3);
  constexpr WindowIndex kEnd = 12;
  std::size_t running = rings.all.size();
  while (running > 0) {
    const std::size_t i = random.below(rings.all.size());
    if (next[i] > kEnd) continue;
    const WindowIndex window = next[i];
    if (window == kEnd) {
      rings[i].complete_through(RecordRing::kAllComplete);
      ++next[i];
      --running;
      continue;
    }
    if (random.below(4) != 0) {  // records of this window, or early ones of the next
      const WindowIndex in =
          window + static_cast<WindowIndex>(window + 1 < kEnd ? random.below(2) : 0);
      const auto record =
          record_of(static_cast<std::uint32_t>(random.below(6)), in,
                    in * kWindowNs + static_cast<TimeNs>(random.below(1000)), random.below(1500));
      push(rings[i], record);
      add_naive(naive[in], record);
      ++ledger.written;
      ++ledger.delivered;
      ledger.packets_delivered += 3;
    } else {
      auto report = report_of(window, window * kWindowNs + 1, window * kWindowNs + 2);
      report.records_lost = random.below(3);
      report.packets_lost = 3 * report.records_lost;
      report.records_written = report.records_lost;
      report.shed_level = static_cast<std::uint8_t>(random.below(9));
      std::uint8_t& shed_level = naive[window].shed_level;
      shed_level = std::max(shed_level, report.shed_level);
      ASSERT_TRUE(rings[i].push_report(report));
      naive[window].received += report.packets.received;
      naive[window].lost += report.records_lost;
      ledger.lost_ring_full += report.records_lost;
      ledger.packets_lost += report.packets_lost;
      rings[i].complete_through(window);
      ++next[i];
    }
    if (random.below(3) == 0) (void)collector.drain();
    const WindowIndex slowest = *std::min_element(next.begin(), next.end());
    for (const Kept& window_kept : kept) ASSERT_LT(window_kept.window.index, slowest);
  }
  (void)collector.drain();
  EXPECT_TRUE(collector.has_ended());
  EXPECT_FALSE(collector.drain());
  expect_equal(kept, naive);
  EXPECT_EQ(collector.records().delivered, ledger.delivered);
  EXPECT_EQ(collector.records().packets_delivered, ledger.packets_delivered);
  EXPECT_EQ(collector.records().lost_ring_full, ledger.lost_ring_full);
  EXPECT_EQ(collector.records().packets_lost, ledger.packets_lost);
}

TEST(Collector, GivesTheWindowsOfANaiveSumInAnyInterleaving) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) check_interleaving(seed);
}

TEST(Collector, HandsOverWhatEveryWorkerHasCompletedAndNoMore) {
  Rings rings(2);
  std::vector<Kept> kept;
  Collector collector(kWindowNs, rings.all, keep_in(kept));
  push(rings[0], record_of(1, 5, 5 * kWindowNs, 10));
  push(rings[0], record_of(1, 6, 6 * kWindowNs, 20));
  rings[0].complete_through(6);
  EXPECT_FALSE(collector.passed_ns().has_value());
  EXPECT_TRUE(collector.drain());
  EXPECT_FALSE(collector.passed_ns().has_value());
  EXPECT_TRUE(kept.empty()) << "the other worker has not spoken";
  push(rings[1], record_of(1, 5, 5 * kWindowNs + 1, 30));
  rings[1].complete_through(5);
  EXPECT_TRUE(collector.drain());
  ASSERT_EQ(kept.size(), 1U);
  ASSERT_EQ(kept[0].records.size(), 1U);
  EXPECT_EQ(kept[0].records[0].bytes[0], 40U);
  EXPECT_EQ(collector.passed_ns(), 6 * kWindowNs);
  EXPECT_EQ(collector.records().delivered, 2U) << "of the windows handed over";
  rings[1].complete_through(7);
  EXPECT_FALSE(collector.drain());
  EXPECT_EQ(kept.size(), 2U);
  EXPECT_FALSE(collector.has_ended());
}

PayloadFact fact_of(TimeNs time_ns, std::uint16_t value) {
  PayloadFact fact;
  fact.time_ns = time_ns;
  fact.value[0] = value;
  return fact;
}

TEST(Collector, FactsComeWithTheirWindowInOneOrderWhoeverSaidThem) {
  // Two of one time, told apart by what they say; one of the next window.
  const std::vector<PayloadFact> facts{fact_of(5 * kWindowNs + 9, 1), fact_of(5 * kWindowNs + 9, 2),
                                       fact_of(5 * kWindowNs + 3, 3), fact_of(6 * kWindowNs, 4)};
  for (unsigned share = 0; share < 16; ++share) {
    Rings rings(2);
    std::vector<Kept> kept;
    Collector collector(kWindowNs, rings.all, keep_in(kept));
    for (std::size_t i = 0; i < facts.size(); ++i) {
      ASSERT_TRUE(rings[share >> i & 1].push_fact(facts[i]));
    }
    WindowReport report = report_of(5, 5 * kWindowNs, 5 * kWindowNs + 9);
    report.facts_written = 5;
    report.facts_lost = 2;
    ASSERT_TRUE(rings[0].push_report(report));
    report = report_of(6, 6 * kWindowNs, 6 * kWindowNs);
    report.facts_written = 1;
    ASSERT_TRUE(rings[1].push_report(report));
    for (RecordRing* ring : rings.all) ring->complete_through(RecordRing::kAllComplete);
    EXPECT_TRUE(collector.drain());
    ASSERT_EQ(kept.size(), 2U);
    ASSERT_EQ(kept[0].facts.size(), 3U);
    EXPECT_EQ(kept[0].facts[0].value[0], 3U);
    EXPECT_EQ(kept[0].facts[1].value[0], 1U);
    EXPECT_EQ(kept[0].facts[2].value[0], 2U);
    EXPECT_EQ(kept[0].window.facts_lost, 2U);
    ASSERT_EQ(kept[1].facts.size(), 1U);
    EXPECT_EQ(collector.facts(), (FactLedger{.written = 6, .lost = 2, .delivered = 4}));
    EXPECT_TRUE(collector.facts().balances());
  }
}

TEST(Collector, CostsNothingForAGapOfAnyLength) {
  Rings rings(1);
  std::vector<Kept> kept;
  Collector collector(kWindowNs, rings.all, keep_in(kept));
  for (const WindowIndex window : {WindowIndex{-5}, WindowIndex{0}, WindowIndex{400'000'000}}) {
    ASSERT_TRUE(
        rings[0].push_report(report_of(window, window * kWindowNs + 1, window * kWindowNs + 1)));
  }
  rings[0].complete_through(RecordRing::kAllComplete);
  (void)collector.drain();
  ASSERT_EQ(kept.size(), 3U);
  EXPECT_EQ(kept[2].window.begin_ns, 4'000'000'000 * kNsPerSecond);
}

// Whether each window of reports with these times is partial.
std::vector<bool> partial_of(const std::vector<std::vector<WindowReport>>& by_worker,
                             WindowIndex last_word = RecordRing::kAllComplete) {
  Rings rings(by_worker.size());
  std::vector<Kept> kept;
  Collector collector(kWindowNs, rings.all, keep_in(kept));
  for (std::size_t i = 0; i < by_worker.size(); ++i) {
    for (const WindowReport& report : by_worker[i]) EXPECT_TRUE(rings[i].push_report(report));
    rings[i].complete_through(last_word);
  }
  (void)collector.drain();
  std::vector<bool> partial;
  for (const Kept& window : kept) partial.push_back(window.window.partial);
  return partial;
}

WindowReport seconds(WindowIndex window, double first_s, double last_s) {
  const TimeNs begin_ns = window * kWindowNs;
  return report_of(window, begin_ns + static_cast<TimeNs>(first_s * 1e9),
                   begin_ns + static_cast<TimeNs>(last_s * 1e9));
}

TEST(Collector, CallsTheFirstAndTheLastWindowPartialBeyondATenthOfSilence) {
  using Partial = std::vector<bool>;
  EXPECT_EQ(partial_of({{seconds(7, 1.0, 9.0)}}), Partial{false});
  EXPECT_EQ(partial_of({{seconds(7, 1.1, 9.0)}}), Partial{true});
  EXPECT_EQ(partial_of({{seconds(7, 1.0, 8.9)}}), Partial{true});
  EXPECT_EQ(partial_of({{seconds(7, 0, 3), seconds(8, 5, 6), seconds(9, 5, 9.5)}}),
            (Partial{false, false, false}));
  EXPECT_EQ(partial_of({{seconds(7, 2, 3), seconds(8, 5, 6), seconds(9, 0, 8)}}),
            (Partial{true, false, true}));
  // Two workers: the first and the last packet of either count.
  EXPECT_EQ(partial_of({{seconds(7, 5, 9.5)}, {seconds(7, 0.5, 5)}}), Partial{false});
  EXPECT_EQ(partial_of({{seconds(7, 5, 8)}, {seconds(7, 2, 5)}}), Partial{true});
}

TEST(Collector, TakesNoTimesFromAWorkerThatSawOnlyLatecomers) {
  using Partial = std::vector<bool>;
  const WindowReport latecomers = report_of(7, 0, 0);
  EXPECT_EQ(partial_of({{latecomers}, {seconds(7, 5, 9.5)}}), Partial{true});
  EXPECT_EQ(partial_of({{seconds(7, 5, 9.5)}, {latecomers}}), Partial{true});
  EXPECT_EQ(partial_of({{seconds(7, 0.5, 9.5)}, {latecomers}}), Partial{false});
  EXPECT_EQ(partial_of({{seconds(7, 0, 9)}, {latecomers, report_of(8, 0, 0)}}),
            (Partial{false, true}));
}

// A worker that ends completes every window that time can reach before it says that
// it has ended. Whoever looks between the two must not hand over a last window as
// one that others follow.
TEST(Collector, KnowsTheLastWindowInBothStepsOfAWorkersEnd) {
  const WindowIndex reachable = std::numeric_limits<TimeNs>::max() / kWindowNs - 1;
  EXPECT_EQ(partial_of({{seconds(7, 0, 9), seconds(8, 0, 3)}}, reachable),
            (std::vector<bool>{false, true}));
}

TEST(Collector, EndsAtOnceWithoutWorkers) {
  std::vector<Kept> kept;
  Collector collector(kWindowNs, {}, keep_in(kept));
  EXPECT_FALSE(collector.drain());
  EXPECT_TRUE(collector.has_ended());
  EXPECT_TRUE(kept.empty());
}

TEST(MergeFlows, KeepsTheDirectionOfTheFirstPacket) {
  std::vector<FlowRecord> records{record_of(1, 0, 300, 1), record_of(2, 0, 5, 1),
                                  record_of(1, 0, 100, 2)};
  records[2].first_direction = Direction::kHighToLow;
  merge_flows(records);
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].first_ns, 100);
  EXPECT_EQ(records[0].last_ns, 305);
  EXPECT_EQ(records[0].first_direction, Direction::kHighToLow);
  EXPECT_EQ(records[0].bytes[1], 6U);
}

}  // namespace
}  // namespace mimir::controlplane
