// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "controlplane/collector.h"

namespace mimir::controlplane {
namespace {

constexpr TimeNs kWindowNs = kNsPerSecond;
constexpr WindowIndex kWindowCount = 200;
constexpr std::uint32_t kFlowCount = 40;

void push(RecordRing& ring, const FlowRecord& record) {
  while (ring.push_records({&record, 1}) == 0) std::this_thread::yield();
}

// One record a flow and window: flows of even number are every worker's.
void produce(RecordRing& ring, std::uint32_t worker) {
  for (WindowIndex window = 0; window < kWindowCount; ++window) {
    WindowReport report;
    report.window = window;
    report.first_ns = window * kWindowNs + 1;
    report.last_ns = (window + 1) * kWindowNs - 1;
    for (std::uint32_t flow = 0; flow < kFlowCount; ++flow) {
      FlowRecord record;
      record.key.low_address =
          Address::from_ipv4(flow % 2 == 0 ? flow : flow + 1000 * (worker + 1));
      record.window = window;
      record.first_ns = record.last_ns = report.first_ns;
      record.bytes[0] = flow;
      record.packets[0] = 1;
      push(ring, record);
      ++report.packets.received;
      ++report.packets.counted;
      ++report.records_written;
    }
    while (!ring.push_report(report)) std::this_thread::yield();
    ring.complete_through(window);
  }
  ring.complete_through(RecordRing::kAllComplete);
}

TEST(Collector, LosesNothingBetweenThreads) {
  constexpr std::uint32_t kWorkerCount = 3;
  std::vector<std::unique_ptr<RecordRing>> rings;
  std::vector<RecordRing*> all;
  for (std::uint32_t i = 0; i < kWorkerCount; ++i) {
    rings.push_back(std::make_unique<RecordRing>(64));  // full most of the time
    all.push_back(rings.back().get());
  }
  WindowIndex expected = 0;
  Collector collector(kWindowNs, all, [&expected](const Window& window) {
    ASSERT_EQ(window.index, expected++);
    ASSERT_EQ(window.packets.received, kWorkerCount * kFlowCount);
    ASSERT_EQ(window.records.size(), kFlowCount / 2 + kWorkerCount * kFlowCount / 2);
    std::uint64_t bytes = 0;
    for (const FlowRecord& record : window.records) bytes += record.bytes[0];
    ASSERT_EQ(bytes, kWorkerCount * kFlowCount * (kFlowCount - 1) / 2);
    ASSERT_FALSE(window.partial);
  });
  std::vector<std::thread> workers;
  for (std::uint32_t i = 0; i < kWorkerCount; ++i) {
    workers.emplace_back([&ring = *rings[i], i] { produce(ring, i); });
  }
  while (!collector.has_ended()) {
    if (!collector.drain()) std::this_thread::yield();
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(expected, kWindowCount);
  EXPECT_TRUE(collector.records().balances());
  EXPECT_TRUE(collector.packets().balances());
  EXPECT_EQ(collector.records().delivered, kWindowCount * kWorkerCount * kFlowCount);
}

}  // namespace
}  // namespace mimir::controlplane
