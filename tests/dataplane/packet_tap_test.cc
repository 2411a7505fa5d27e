// SPDX-License-Identifier: Apache-2.0
#include "dataplane/packet_tap.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/dataplane/payload/talk.h"
#include "tests/dataplane/worker_rig.h"

namespace mimir {
namespace {

using test::Burst;
using test::Reader;

constexpr TimeNs kStart = 1'700'000'000 * kNsPerSecond;

std::string bytes_of(const test::Frame& frame) {
  return {reinterpret_cast<const char*>(frame.bytes().data()), frame.bytes().size()};
}

// Runs everything past a worker with a tap, and reads the file it makes.
std::string tap(const std::vector<Burst>& bursts, const TapFilter& filter, const TapLimits& limits,
                std::uint64_t* missed_count = nullptr) {
  test::FakeSource source(bursts);
  RecordRing ring(std::size_t{1} << 14, 1024);
  Reader reader;
  WorkerOptions options;
  options.flow_count_max = 4096;
  options.ipv6_flow_count_max = 4096;
  Worker worker(options, source, ring);
  PacketTap packet_tap(filter, limits);
  worker.set_tap(&packet_tap);
  EXPECT_FALSE(worker.uses(&packet_tap)) << "before it has passed a burst";
  while (worker.step()) {
    (void)reader.drain(ring);
    EXPECT_TRUE(worker.uses(&packet_tap));
  }
  worker.set_tap(nullptr);
  EXPECT_FALSE(worker.uses(nullptr));
  (void)worker.step();
  EXPECT_TRUE(worker.uses(nullptr));
  worker.finish();
  (void)reader.drain(ring);
  if (missed_count != nullptr) *missed_count = packet_tap.missed_count();
  const PacketTap* const taps[] = {&packet_tap};
  const std::vector<std::byte> pcap = to_pcap(taps, limits.packet_count_max);
  return {reinterpret_cast<const char*>(pcap.data()), pcap.size()};
}

std::string little(std::uint32_t value) {
  std::string text;
  for (int shift = 0; shift < 32; shift += 8) text += static_cast<char>(value >> shift & 0xff);
  return text;
}

// A file as it has to be, made of the frames that a filter of this test means.
std::string file_of(const std::vector<test::TimedFrame>& frames) {
  std::string text = little(0xa1b23c4d) + std::string("\x02\0\x04\0", 4) + little(0) + little(0) +
                     little(262144) + little(1);
  for (const test::TimedFrame& frame : frames) {
    const std::string bytes = bytes_of(frame.frame);
    text += little(static_cast<std::uint32_t>(frame.time_ns / kNsPerSecond)) +
            little(static_cast<std::uint32_t>(frame.time_ns % kNsPerSecond)) +
            little(static_cast<std::uint32_t>(bytes.size())) + little(frame.frame.wire_bytes()) +
            bytes;
  }
  return text;
}

test::Frame frame_between(std::uint32_t from, std::uint32_t to, std::uint16_t from_port,
                          std::uint16_t to_port) {
  return test::Frame::ethernet().ipv4(from, to).tcp(from_port, to_port, test::kAck).text("hello");
}

std::vector<Burst> in_bursts(const std::vector<test::TimedFrame>& frames) {
  std::vector<Burst> bursts;
  for (const test::TimedFrame& frame : frames) bursts.push_back({.packets = {frame}});
  return bursts;
}

TEST(PacketTap, TakesBothDirectionsOfTheFlowsItIsAboutAndNothingElse) {
  constexpr std::uint32_t kA = 0x0a000001;
  constexpr std::uint32_t kB = 0x0a000002;
  constexpr std::uint32_t kC = 0x0a000003;
  const std::vector<test::TimedFrame> frames{{frame_between(kA, kB, 4000, 443), kStart + 1},
                                             {frame_between(kB, kA, 443, 4000), kStart + 2},
                                             {frame_between(kA, kC, 4001, 443), kStart + 3},
                                             {frame_between(kB, kC, 4002, 443), kStart + 4},
                                             {frame_between(kA, kB, 4003, 80), kStart + 5},
                                             {test::udp_text(4000, "x"), kStart + 6}};
  const std::vector<Burst> bursts = in_bursts(frames);
  const auto is_taken = [&](const TapFilter& filter, const std::vector<std::size_t>& expected) {
    std::vector<test::TimedFrame> wanted;
    for (const std::size_t i : expected) wanted.push_back(frames[i]);
    return tap(bursts, filter, {}) == file_of(wanted);
  };
  const Address a = Address::from_ipv4(kA);
  const Address b = Address::from_ipv4(kB);
  EXPECT_TRUE(is_taken({.address = a, .other = b}, {0, 1, 4}));
  EXPECT_TRUE(is_taken({.address = b, .other = a, .port = 443}, {0, 1}));
  EXPECT_TRUE(is_taken({.port = 443}, {0, 1, 2, 3}));
  EXPECT_TRUE(is_taken({.address = b, .port = 443}, {0, 1, 3}));
  EXPECT_TRUE(is_taken({.address = a, .other = a}, {}));
  EXPECT_TRUE(is_taken({.protocol = kProtocolUdp}, {5}));
  EXPECT_TRUE(is_taken({}, {0, 1, 2, 3, 4, 5}));
}

TEST(PacketTap, EndsAtItsLimitsAndCountsWhatItMissed) {
  std::vector<test::TimedFrame> frames;
  for (int i = 0; i < 10; ++i) frames.push_back({test::tcp_text(4000, "hello"), kStart + i});
  const std::size_t frame_bytes = frames[0].frame.bytes().size();
  std::uint64_t missed_count = 0;
  EXPECT_EQ(tap(in_bursts(frames), {}, {.packet_count_max = 4}, &missed_count),
            file_of({frames.begin(), frames.begin() + 4}));
  EXPECT_EQ(missed_count, 6U);
  EXPECT_EQ(tap(in_bursts(frames), {}, {.byte_count_max = 3 * frame_bytes + 1}, &missed_count),
            file_of({frames.begin(), frames.begin() + 3}));
  EXPECT_EQ(missed_count, 7U);
}

TEST(PacketTap, SeveralWorkersPacketsAreInTheOrderOfTheirTimes) {
  const TapLimits limits{.packet_count_max = 3, .byte_count_max = 4096};
  PacketTap first({}, limits);
  PacketTap second({}, limits);
  const std::vector<test::TimedFrame> frames{{test::tcp_text(4000, "a"), kStart},
                                             {test::tcp_text(4000, "bb"), kStart + 1},
                                             {test::tcp_text(4000, "ccc"), kStart + 2},
                                             {test::tcp_text(4000, "dddd"), kStart + 3}};
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const test::Frame& frame = frames[i].frame;
    (i % 2 == 0 ? second : first)
        .look_at({.data = frame.bytes().data(),
                  .captured_bytes = static_cast<std::uint32_t>(frame.bytes().size()),
                  .wire_bytes = frame.wire_bytes(),
                  .time_ns = frames[i].time_ns},
                 {});
  }
  const PacketTap* const taps[] = {&first, &second};
  const std::vector<std::byte> pcap = to_pcap(taps, 3);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(pcap.data()), pcap.size()),
            file_of({frames.begin(), frames.begin() + 3}));
}

}  // namespace
}  // namespace mimir
