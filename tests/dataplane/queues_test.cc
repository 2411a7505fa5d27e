// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "controlplane/collector.h"
#include "dataplane/wire/dissect.h"
#include "dataplane/worker.h"
#include "tests/dataplane/worker_rig.h"

namespace mimir {
namespace {

using test::Burst;

WorkerOptions small() {
  return {.window_ns = kNsPerSecond,
          .lateness_ns = kNsPerSecond,
          .flow_count_max = 5000,
          .ipv6_flow_count_max = 5000,
          .secret = {}};
}

struct Kept {
  Window window;
  std::vector<FlowRecord> records;
};

// The windows that the control plane makes of these queues, each with a worker of its own.
std::vector<Kept> windows_of(const std::vector<std::vector<Burst>>& queues) {
  std::vector<std::unique_ptr<RecordRing>> owned;
  std::vector<RecordRing*> rings;
  for (const std::vector<Burst>& bursts : queues) {
    test::FakeSource source(bursts);
    owned.push_back(std::make_unique<RecordRing>(std::size_t{1} << 17));
    rings.push_back(owned.back().get());
    Worker worker(small(), source, *rings.back());
    while (worker.step()) {
    }
    worker.finish();
  }
  std::vector<Kept> kept;
  controlplane::Collector collector(kNsPerSecond, rings, [&kept](const Window& window) {
    kept.push_back({window, {window.records.begin(), window.records.end()}});
  });
  while (!collector.has_ended()) (void)collector.drain();
  return kept;
}

void expect_same(const std::vector<Kept>& got, const std::vector<Kept>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    const Window& window = got[i].window;
    ASSERT_EQ(window.index, expected[i].window.index);
    EXPECT_EQ(window.packets, expected[i].window.packets);
    EXPECT_EQ(window.partial, expected[i].window.partial);
    ASSERT_EQ(got[i].records.size(), expected[i].records.size());
    for (std::size_t r = 0; r < got[i].records.size(); ++r) {
      ASSERT_EQ(std::memcmp(&got[i].records[r], &expected[i].records[r], sizeof(FlowRecord)), 0);
    }
  }
}

// A NIC hashes fragments by their addresses alone, which keeps those of a datagram together:
// here all are on the first queue.
bool is_fragment(const test::Frame& frame) {
  wire::PacketFacts facts;
  const Drop drop =
      wire::dissect(frame.link(), frame.bytes(), frame.wire_bytes(), small().dissect, facts);
  return (drop == Drop::kNone || drop == Drop::kIpFragment) &&
         facts.fragment != wire::Fragment::kNone;
}

// A NIC that looks only at a tunnel's outer headers, or a driver that spills what one
// queue has no room for, lays the packets of one flow on several queues.
TEST(Queues, AFlowThatArrivesOnSeveralGivesTheWindowsItGivesOnOne) {
  for (std::uint64_t seed = 31; seed < 35; ++seed) {
    const std::vector<Burst> one =
        test::random_traffic(seed, {.host_count = 3, .gap_ns = 20 * kNsPerSecond});
    const std::vector<Kept> expected = windows_of({one});
    ASSERT_GT(expected.size(), 20u);
    for (const std::size_t queue_count : {2u, 3u, 7u}) {
      test::Random random(seed);
      std::vector<std::vector<Burst>> queues(queue_count);
      for (const Burst& burst : one) {
        for (std::vector<Burst>& queue : queues) queue.emplace_back();
        for (const test::TimedFrame& packet : burst.packets) {
          const std::size_t queue = is_fragment(packet.frame) ? 0 : random.below(queue_count);
          queues[queue].back().packets.push_back(packet);
        }
      }
      ASSERT_NO_FATAL_FAILURE(expect_same(windows_of(queues), expected)) << queue_count;
    }
  }
}

}  // namespace
}  // namespace mimir
