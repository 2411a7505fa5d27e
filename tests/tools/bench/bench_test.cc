// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include <gtest/gtest.h>

#include "dataplane/source/eal.h"
#include "tools/bench/dataplane_bench.h"
#include "tools/bench/ring_bench.h"
#include "tools/bench/step_times.h"

namespace mimir::tools {
namespace {

using source::TrafficFamily;
using source::TrafficLaw;
using source::TrafficSizes;

// EAL can be started once a process.
class Bench : public testing::Test {
 public:
  static void SetUpTestSuite() {
    source::EalOptions options;
    options.file_prefix = "mimir-bench-test";
    options.is_shared = false;
    options.memory_bytes = dataplane_memory_bytes();
    options.huge_pages = source::HugePages::kNever;  // others may take them meanwhile
    source::MachineFault fault;
    ASSERT_TRUE(source::Eal::start(options, fault)) << fault.message;
  }
  static void TearDownTestSuite() { source::Eal::stop(); }

  static DataplaneSettings settings(const source::TrafficOptions& traffic) {
    DataplaneSettings settings{.traffic = traffic, .packet_count = 64'000};
    settings.round_count = 3;
    return settings;
  }
  static DataplaneResult rate(const DataplaneSettings& settings) {
    source::MachineFault fault;
    const std::optional<DataplaneResult> result = measure_rate(settings, fault);
    EXPECT_TRUE(result) << fault.message;
    return result.value_or(DataplaneResult{});
  }
};

TEST_F(Bench, EveryPacketOfEveryFamilyAndSizeIsCountedInItsFlow) {
  for (const TrafficFamily family :
       {TrafficFamily::kIpv4, TrafficFamily::kIpv6, TrafficFamily::kVxlan}) {
    for (const TrafficSizes sizes : {TrafficSizes::kSmallest, TrafficSizes::kImix}) {
      // 192000 packets of a microsecond: all in one window, so one record a flow.
      const DataplaneResult result = rate(settings(
          {.family = family, .sizes = sizes, .flow_count = 640, .packet_interval_ns = 1000}));
      EXPECT_EQ(result.rounds.size(), 3u);
      EXPECT_EQ(result.packets.received, 640u + 3 * 64'000);
      EXPECT_EQ(result.packets.counted, 640u + 3 * 64'000);
      EXPECT_EQ(result.records.delivered, 640u);
      EXPECT_EQ(result.established_delivered, 640u + 3 * 64'000);
      EXPECT_TRUE(result.is_exact);
    }
  }
}

TEST_F(Bench, ChurnHasARecordForEachFlowThatEverLived) {
  // A fifth of a second at 500 % a second: 640 flows are replaced once.
  const DataplaneResult result = rate(settings({.law = TrafficLaw::kChurn,
                                                .flow_count = 640,
                                                .churn_share = 5,
                                                .packet_interval_ns = 1041}));
  EXPECT_EQ(result.packets.counted, 640u + 3 * 64'000);
  EXPECT_NEAR(static_cast<double>(result.records.delivered), 1280, 10);
  EXPECT_TRUE(result.is_exact);
}

TEST_F(Bench, AFloodIsRefusedAndTheFlowsOfBeforeAreCounted) {
  const DataplaneResult result =
      rate(settings({.law = TrafficLaw::kFlood, .flow_count = 10'000, .packet_interval_ns = 1000}));
  // 1000 flows fill up to the burst's end, so the flood's first 24 packets are among them.
  const std::uint64_t flooded = 24 + 3 * 64'000;
  const std::uint64_t established = (flooded + 999) / 1000;
  EXPECT_EQ(result.packets.received, 1000 + flooded);
  EXPECT_EQ(result.established_sent, 1000 + established);
  EXPECT_EQ(result.established_delivered, 1000 + established);
  // All in one window: the table takes 9000 of the new flows and keeps them.
  EXPECT_EQ(result.records.delivered, 10'000u);
  EXPECT_EQ(result.packets.dropped_for(Drop::kFlowTableFull), flooded - established - 9'000);
  EXPECT_TRUE(result.is_exact);
}

TEST_F(Bench, StepsSpanTheWindowsEdgeAndItsWholeSweep) {
  source::MachineFault fault;
  const std::optional<StepTimes> steps =
      measure_steps(settings({.flow_count = 6400, .packet_interval_ns = 10'000}), fault);
  ASSERT_TRUE(steps) << fault.message;
  EXPECT_TRUE(steps->is_exact);
  EXPECT_EQ(steps->wall_ns.size(), steps->cpu_ns.size());
  EXPECT_EQ(steps->wall_ns.size(), steps->sweep_end);
  // A window is 100000 packets, 1562.5 bursts; the fill took 100 of them.
  EXPECT_EQ(steps->sweep_begin, 1562u - 100);
  // At most 256 flows a step.
  EXPECT_GE(steps->sweep_end - steps->sweep_begin, 6400u / 256);
  EXPECT_GE(steps->records, 6400u);
}

TEST(RingBench, EveryRecordComesOnceAndInOrder) {
  const RingRound round = ring_once(200'000);
  EXPECT_EQ(round.records, 200'000u);
  EXPECT_TRUE(round.is_exact);
}

TEST(Percentiles, AreThoseOfNearestRank) {
  std::vector<std::uint32_t> times_ns;
  for (std::uint32_t i = 200; i > 0; --i) times_ns.push_back(i * 1000);
  const Percentiles of = percentiles(times_ns);
  EXPECT_DOUBLE_EQ(of.p50_us, 100);
  EXPECT_DOUBLE_EQ(of.p99_us, 198);
  EXPECT_DOUBLE_EQ(of.max_us, 200);
  EXPECT_DOUBLE_EQ(percentiles({}).max_us, 0);
  EXPECT_DOUBLE_EQ(percentiles({7000}).p50_us, 7);
}

}  // namespace
}  // namespace mimir::tools
