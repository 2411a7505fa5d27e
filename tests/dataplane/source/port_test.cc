// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/port.h"

#include <atomic>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/source/eal.h"
#include "dataplane/source/replay_port.h"
#include "tests/dataplane/worker_rig.h"

namespace mimir::source {
namespace {

using test::Burst;

// EAL can be started once a process.
class Ports : public testing::Test {
 public:
  static void SetUpTestSuite() {
    EalOptions options;
    options.file_prefix = "mimir-port-test";
    options.is_shared = false;
    options.memory_bytes =
        ReplayPort::memory_bytes() + mbuf_pool_bytes(mbuf_count(2, 512)) + (std::size_t{64} << 20);
    options.huge_pages = HugePages::kNever;  // others may take them meanwhile
    MachineFault fault;
    ASSERT_TRUE(Eal::start(options, fault)) << fault.message;
  }
  static void TearDownTestSuite() { Eal::stop(); }
};

bool is_told(const std::vector<PortNews>& news, const std::string& text) {
  for (const PortNews& item : news) {
    if (item.text.find(text) != std::string::npos) return true;
  }
  return false;
}

WorkerOptions small() {
  return {.window_ns = kNsPerSecond,
          .lateness_ns = kNsPerSecond,
          .flow_count_max = 5000,
          .ipv6_flow_count_max = 5000,
          .secret = {}};
}

// Headers, IPv6 extensions and tunnels among them, cut into buffers at every place: what a
// worker says is what it says of frames in one piece.
TEST_F(Ports, HeadersThatStraddleBuffersAreReadAsIfTheyLayInOne) {
  const std::vector<Burst> bursts = test::random_traffic(41, {.burst_count = 40});
  const test::NaiveCount naive(small(), bursts);
  for (const std::uint16_t segment_bytes :
       {std::uint16_t{33}, std::uint16_t{34}, std::uint16_t{47}, std::uint16_t{64},
        std::uint16_t{101}, ReplayPort::kSegmentBytes}) {
    ReplayPort port(segment_bytes);
    MachineFault fault;
    ASSERT_TRUE(port.open(fault)) << fault.message;
    test::FakeSource fake(bursts);
    const std::atomic<bool> never{false};
    (void)port.feed(fake, LinkType::kEthernet, never);
    PortSource source(port.queue(LinkType::kEthernet), port.ended());
    RecordRing ring(std::size_t{1} << 16);
    Worker worker(small(), source, ring);
    while (worker.step()) {
    }
    worker.finish();
    test::Reader reader;
    ASSERT_TRUE(reader.drain(ring));
    ASSERT_EQ(reader.flows().size(), naive.flows.size()) << segment_bytes;
    for (const auto& [flow, record] : naive.flows) {
      ASSERT_EQ(std::memcmp(&reader.flows().at(flow), &record, sizeof record), 0);
    }
    for (const auto& [window, report] : naive.reports) {
      EXPECT_EQ(reader.reports().at(window).packets, report.packets) << segment_bytes;
    }
  }
}

TEST_F(Ports, AFrameOverSeveralBuffersIsLentWithAllItsHeaders) {
  ReplayPort port(100);
  MachineFault fault;
  ASSERT_TRUE(port.open(fault)) << fault.message;
  std::vector<Burst> bursts(1);
  for (const std::size_t payload : {0U, 58U, 59U, 400U, 470U, 471U, 3000U, 9000U}) {
    const test::Frame frame =
        test::Frame::ethernet().ipv4(0x0a000001, 0x0a000002).udp(1, 2).payload(payload);
    bursts[0].packets.push_back({frame, static_cast<TimeNs>(payload)});
  }
  test::FakeSource fake(bursts);
  const std::atomic<bool> never{false};
  ASSERT_EQ(port.feed(fake, LinkType::kEthernet, never), bursts[0].packets.size());
  PortSource source(port.queue(LinkType::kEthernet), port.ended());
  PacketBatch batch;
  ASSERT_EQ(source.poll(batch), Poll::kMore);
  ASSERT_EQ(batch.count, bursts[0].packets.size());
  for (std::size_t i = 0; i < batch.count; ++i) {
    const auto frame = bursts[0].packets[i].frame.bytes();
    const PacketView& packet = batch.packets[i];
    EXPECT_EQ(packet.wire_bytes, frame.size());
    EXPECT_EQ(packet.time_ns, bursts[0].packets[i].time_ns);
    const std::size_t least =
        std::min<std::size_t>(frame.size(), std::size_t{PortSource::kHeaderBytesMax});
    ASSERT_EQ(packet.captured_bytes, least);
    EXPECT_EQ(std::memcmp(packet.data, frame.data(), least), 0) << frame.size();
  }
  EXPECT_EQ(batch.load, QueueLoad::kCalm) << "who feeds it can wait";
  EXPECT_EQ(source.poll(batch), Poll::kEnd);
}

// The flag is one that no driver of this process sets.
TEST_F(Ports, APacketWithoutStampHasTheTimeOfItsBurstAndIsCounted) {
  ReplayPort port;
  MachineFault fault;
  ASSERT_TRUE(port.open(fault)) << fault.message;
  std::vector<Burst> bursts(1);
  for (int i = 0; i < 5; ++i) {
    bursts[0].packets.push_back(
        {test::Frame(test::Frame::ethernet().ipv4(1, 2).udp(3, 4)), TimeNs{i}});
  }
  test::FakeSource fake(bursts);
  const std::atomic<bool> never{false};
  ASSERT_EQ(port.feed(fake, LinkType::kEthernet, never), 5u);
  PortSignals signals;
  signals.clock.publish({.origin_ticks = 0, .origin_ns = 0, .ns_per_tick = 1});
  QueueOptions queue = port.queue(LinkType::kEthernet);
  queue.stamps = {.offset = queue.fields.time_ns_offset, .flag = std::uint64_t{1} << 40};
  queue.fields.time_ns_offset = 0;
  queue.signals = &signals;
  queue.descriptor_count = 512;
  PortSource source(queue, port.ended());
  PacketBatch batch;
  const TimeNs before_ns = PortSource::realtime_offset_ns() + PortSource::monotonic_ns();
  ASSERT_EQ(source.poll(batch), Poll::kMore);
  const TimeNs after_ns = PortSource::realtime_offset_ns() + PortSource::monotonic_ns();
  ASSERT_EQ(batch.count, 5u);
  constexpr TimeNs kSlackNs = 3600 * kNsPerSecond;  // not of 1970, as the capture is
  for (std::size_t i = 0; i < batch.count; ++i) {
    EXPECT_GE(batch.packets[i].time_ns, before_ns - kSlackNs);
    EXPECT_LE(batch.packets[i].time_ns, after_ns + kSlackNs);
  }
  EXPECT_EQ(source.unstamped_count(), 5u);
}

// DPDK's own null device: packets without end, on as many queues as one likes.
TEST_F(Ports, APortWithoutCardServesSeveralQueuesAndSaysHowItIsSetUp) {
  Port port;
  MachineFault fault;
  ASSERT_TRUE(
      port.open({.device = "net_null0", .queue_count = 2, .rx_descriptor_count = 512}, fault))
      << fault.message;
  std::vector<PortNews> news;
  port.watch(news);
  EXPECT_TRUE(is_told(news, "port net_null0 is up: 2 x 512 descriptors"));
  EXPECT_TRUE(is_told(news, "packets have the worker's time"));
  for (const PortNews& item : news) EXPECT_FALSE(item.is_warning) << item.text;
  news.clear();
  port.watch(news);
  EXPECT_TRUE(news.empty()) << "once is enough";
  const std::atomic<bool> never{false};
  std::uint64_t received = 0;
  for (const std::uint16_t queue : {std::uint16_t{0}, std::uint16_t{1}}) {
    PortSource source(port.queue(queue), never);
    PacketBatch batch;
    for (int i = 0; i < 100; ++i) {
      ASSERT_EQ(source.poll(batch), Poll::kMore);
      received += batch.count;
      for (std::size_t p = 1; p < batch.count; ++p) {
        ASSERT_EQ(batch.packets[p].time_ns, batch.packets[0].time_ns) << "the burst's";
      }
    }
    EXPECT_EQ(batch.load, QueueLoad::kBusy) << "full bursts, yet nothing is missed";
    EXPECT_EQ(source.unstamped_count(), 0u);
  }
  EXPECT_EQ(port.counters().received, received);
  EXPECT_EQ(port.lost(), 0u);
  EXPECT_TRUE(port.counters().named.empty());
}

}  // namespace
}  // namespace mimir::source
