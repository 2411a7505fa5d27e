// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/dataplane/worker_rig.h"

namespace mimir {
namespace {

using test::Burst;
using test::Reader;

WorkerOptions small(RingFull ring_full) {
  return {.window_ns = kNsPerSecond,
          .lateness_ns = kNsPerSecond,
          .flow_count_max = 5000,
          .ipv6_flow_count_max = 5000,
          .secret = {},
          .ring_full = ring_full};
}

TEST(RecordRing, MovesTwoHundredThousandRecordsBetweenTwoThreadsInOrder) {
  constexpr std::uint64_t kCount = 200'000;
  RecordRing ring(300);
  std::thread writer([&ring] {
    std::vector<FlowRecord> out(64);
    for (std::uint64_t next = 0; next < kCount;) {
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i].window = static_cast<WindowIndex>(next + i);
        out[i].bytes = {3 * (next + i), ~(next + i)};
      }
      const std::size_t left = std::min<std::size_t>(out.size(), kCount - next);
      const std::size_t pushed = ring.push_records({out.data(), left});
      if (pushed == 0) std::this_thread::yield();
      next += pushed;
    }
    while (!ring.push_report({.window = 5, .packets = {}})) {
    }
    ring.complete_through(RecordRing::kAllComplete);
  });
  std::uint64_t next = 0;
  bool in_order = true;
  std::vector<FlowRecord> in(50);
  const auto pop = [&] {
    const std::size_t count = ring.pop_records(in);
    for (std::size_t i = 0; i < count; ++i, ++next) {
      in_order = in_order && in[i].window == static_cast<WindowIndex>(next) &&
                 in[i].bytes[0] == 3 * next && in[i].bytes[1] == ~next;
    }
    return count;
  };
  while (ring.completed_through() != RecordRing::kAllComplete) {
    if (pop() == 0) std::this_thread::yield();
  }
  // What was pushed before the word is there after it.
  while (pop() > 0) {
  }
  WindowReport report;
  EXPECT_TRUE(ring.pop_report(report));
  EXPECT_EQ(report.window, 5);
  writer.join();
  EXPECT_EQ(next, kCount);
  EXPECT_TRUE(in_order);
}

// The reader is slow at times, so that the ring is often full.
Reader run_threaded(const WorkerOptions& options, const std::vector<Burst>& bursts,
                    std::size_t record_count) {
  test::FakeSource source(bursts);
  RecordRing ring(record_count);
  Reader reader;
  std::thread thread([&] {
    Worker worker(options, source, ring);
    while (worker.step()) {
    }
    worker.finish();
  });
  while (!reader.drain(ring)) std::this_thread::yield();
  thread.join();
  EXPECT_FALSE(reader.broke_its_word());
  return reader;
}

TEST(WorkerThreads, AWaitingWorkerLosesNothingThroughATinyRing) {
  const std::vector<Burst> bursts =
      test::random_traffic(21, {.disorder_ns = 2 * kNsPerSecond, .gap_ns = 20 * kNsPerSecond});
  const WorkerOptions options = small(RingFull::kWait);
  const Reader reader = run_threaded(options, bursts, 3);
  const test::NaiveCount naive(options, bursts);
  ASSERT_EQ(reader.flows().size(), naive.flows.size());
  for (const auto& [flow, record] : naive.flows) {
    ASSERT_EQ(std::memcmp(&reader.flows().at(flow), &record, sizeof record), 0);
  }
  for (const auto& [window, report] : reader.reports()) {
    EXPECT_EQ(report.records_lost, 0u);
    EXPECT_EQ(report.records_written, reader.record_count(window));
    EXPECT_EQ(report.packets, naive.reports.at(window).packets);
  }
}

TEST(WorkerThreads, ALosingWorkerCountsEveryLossInItsWindow) {
  const std::vector<Burst> bursts =
      test::random_traffic(22, {.disorder_ns = 2 * kNsPerSecond, .gap_ns = 20 * kNsPerSecond});
  const WorkerOptions options = small(RingFull::kLose);
  // Nobody reads until the source has ended: what does not fit is lost.
  test::FakeSource source(bursts);
  RecordRing ring(40);
  Reader reader;
  Worker worker(options, source, ring);
  while (worker.step()) {
  }
  std::thread thread([&worker] { worker.finish(); });
  while (!reader.drain(ring)) std::this_thread::yield();
  thread.join();
  const test::NaiveCount naive(options, bursts);
  std::uint64_t lost = 0;
  ASSERT_EQ(reader.reports().size(), naive.reports.size());
  for (const auto& [window, report] : reader.reports()) {
    lost += report.records_lost;
    EXPECT_EQ(report.records_written, report.records_lost + reader.record_count(window)) << window;
    EXPECT_EQ(report.packets.counted, report.packets_lost + reader.packets(window)) << window;
    EXPECT_EQ(report.packets, naive.reports.at(window).packets) << "losses change no other figure";
  }
  EXPECT_GT(lost, 100u) << "the test is about losses";
}

TEST(WorkerThreads, AReaderThatRunsAlongsideALosingWorkerBalances) {
  const std::vector<Burst> bursts =
      test::random_traffic(23, {.burst_count = 1000, .host_count = 200, .step_ns = 1'000'000});
  const Reader reader = run_threaded(small(RingFull::kLose), bursts, 8);
  for (const auto& [window, report] : reader.reports()) {
    EXPECT_EQ(report.records_written, report.records_lost + reader.record_count(window));
    EXPECT_EQ(report.packets.counted, report.packets_lost + reader.packets(window));
    EXPECT_TRUE(report.packets.balances());
  }
}

}  // namespace
}  // namespace mimir
