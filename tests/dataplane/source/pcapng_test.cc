// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/pcapng.h"

#include <algorithm>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/source/capture_file.h"
#include "tests/frame.h"
#include "tests/pcapng_bytes.h"
#include "tests/temporary_file.h"

namespace mimir::source {
namespace {

using test::Frame;
using test::PcapngBytes;

struct ReadPacket {
  LinkType link = LinkType::kOther;
  std::vector<std::byte> bytes;
  std::uint32_t wire_bytes = 0;
  TimeNs time_ns = 0;
};

struct Outcome {
  std::vector<ReadPacket> packets;
  CaptureState ended;
};

Outcome walk(std::span<const std::byte> bytes) {
  Outcome outcome;
  PcapngWalk walk(bytes);
  PacketView packet;
  LinkType link{};
  while (walk.next(packet, link)) {
    outcome.packets.push_back(
        {link, {packet.frame().begin(), packet.frame().end()}, packet.wire_bytes, packet.time_ns});
  }
  outcome.ended = walk.ended();
  return outcome;
}

std::vector<std::byte> frame_of(std::size_t payload_bytes) {
  const Frame frame = Frame::ethernet().ipv4(1, 2).udp(3, 4).payload(payload_bytes);
  return {frame.bytes().begin(), frame.bytes().end()};
}

TEST(Pcapng, ReadsEveryKindOfPacketBlockInBothByteOrders) {
  for (const bool big_endian : {false, true}) {
    const std::vector<std::byte> frame = frame_of(3);
    const Outcome outcome = walk(PcapngBytes(big_endian)
                                     .interface(1)
                                     .interface(101)
                                     .enhanced(1, 1700000000000001, frame, 900)
                                     .obsolete(0, 1700000000000002, frame, 901)
                                     .simple(frame, static_cast<std::uint32_t>(frame.size()))
                                     .bytes());
    EXPECT_EQ(outcome.ended.fault, CaptureFault::kNone);
    ASSERT_EQ(outcome.packets.size(), 3u);
    EXPECT_EQ(outcome.packets[0].link, LinkType::kRawIp);
    EXPECT_EQ(outcome.packets[1].link, LinkType::kEthernet);
    EXPECT_EQ(outcome.packets[2].link, LinkType::kEthernet) << "of the first interface";
    EXPECT_EQ(outcome.packets[0].time_ns, 1700000000000001000);
    EXPECT_EQ(outcome.packets[1].time_ns, 1700000000000002000);
    EXPECT_EQ(outcome.packets[2].time_ns, 1700000000000002000) << "that of the packet before";
    EXPECT_EQ(outcome.packets[0].wire_bytes, 900u);
    EXPECT_EQ(outcome.packets[1].wire_bytes, 901u);
    EXPECT_EQ(outcome.packets[2].wire_bytes, frame.size());
    for (const ReadPacket& packet : outcome.packets) EXPECT_EQ(packet.bytes, frame);
  }
}

TEST(Pcapng, ASimplePacketEndsAtTheSnapLength) {
  std::vector<std::byte> frame = frame_of(100);
  frame.resize(63);
  const Outcome outcome = walk(PcapngBytes().interface(1, 63).simple(frame, 142).bytes());
  ASSERT_EQ(outcome.packets.size(), 1u);
  EXPECT_EQ(outcome.packets[0].bytes, frame);
  EXPECT_EQ(outcome.packets[0].wire_bytes, 142u);
}

TEST(Pcapng, TellsTheTimeInTheUnitAndFromTheStartOfItsInterface) {
  struct Row {
    std::uint8_t resolution;
    std::int64_t offset_s;
    std::uint64_t ticks;
    TimeNs expected_ns;
  };
  constexpr std::uint64_t kTicksMax = std::numeric_limits<std::uint64_t>::max();
  for (const Row& row :
       {Row{6, 0, 1, 1000}, Row{9, 0, 1700000000000000007, 1700000000000000007},
        Row{0, 0, 17, 17 * kNsPerSecond}, Row{3, 5, 17, 5017000000}, Row{12, 0, 1999, 1},
        Row{127, 0, kTicksMax, 0}, Row{0x80, 0, 3, 3 * kNsPerSecond}, Row{0x81, 0, 3, 1500000000},
        Row{0x80 | 32, 0, std::uint64_t{7} << 31, 3500000000}, Row{0xff, 0, kTicksMax, 0},
        Row{6, -10, 1000000, -9 * kNsPerSecond}, Row{0, 0, kTicksMax, PcapngWalk::kTimeMaxNs},
        Row{9, std::numeric_limits<std::int64_t>::min(), 0, -PcapngWalk::kTimeMaxNs},
        Row{6, std::numeric_limits<std::int64_t>::max(), kTicksMax, PcapngWalk::kTimeMaxNs}}) {
    for (const bool big_endian : {false, true}) {
      PcapngBytes bytes(big_endian);
      PcapngBytes::Bytes options = bytes.option(9, row.resolution, 1);
      const PcapngBytes::Bytes offset =
          bytes.option(14, static_cast<std::uint64_t>(row.offset_s), 8);
      options.insert(options.end(), offset.begin(), offset.end());
      const Outcome outcome =
          walk(bytes.interface(1, 0, options).enhanced(0, row.ticks, {}, 0).bytes());
      ASSERT_EQ(outcome.packets.size(), 1u);
      EXPECT_EQ(outcome.packets[0].time_ns, row.expected_ns) << int{row.resolution};
      EXPECT_EQ(outcome.ended.fault, CaptureFault::kNone);
    }
  }
}

TEST(Pcapng, ASectionHasItsOwnByteOrderAndInterfaces) {
  const Outcome outcome = walk(PcapngBytes()
                                   .interface(1)
                                   .enhanced(0, 1, {}, 0)
                                   .section(true)
                                   .interface(113)
                                   .enhanced(0, 2, {}, 0)
                                   .enhanced(1, 3, {}, 0)
                                   .bytes());
  ASSERT_EQ(outcome.packets.size(), 2u);
  EXPECT_EQ(outcome.packets[1].link, LinkType::kLinuxCookedV1);
  EXPECT_EQ(outcome.packets[1].time_ns, 2000);
  EXPECT_EQ(outcome.ended.fault, CaptureFault::kBlocksDamaged) << "no second interface here";
}

TEST(Pcapng, PassesOverUnknownBlocksAndLeavesUnknownLinksUnread) {
  const Outcome outcome = walk(PcapngBytes()
                                   .block(0x0bad, {std::byte{1}, std::byte{2}})
                                   .interface(189)
                                   .block(5, {})
                                   .enhanced(0, 1, frame_of(0), 42)
                                   .bytes());
  EXPECT_EQ(outcome.ended.fault, CaptureFault::kNone);
  ASSERT_EQ(outcome.packets.size(), 1u) << "a frame all the same";
  EXPECT_EQ(outcome.packets[0].link, LinkType::kOther);
}

TEST(Pcapng, LeavesOutAndCountsWhatIsDamagedInside) {
  PcapngBytes bytes;
  bytes.interface(1);
  const std::size_t first_damaged_at = bytes.size();
  bytes.enhanced(7, 1, {}, 0);             // there is no interface 7
  bytes.block(6, {});                      // too short for its fields
  bytes.block(2, PcapngBytes::Bytes(19));  // 20 with padding: interface 0, empty
  bytes.interface(1, 0, {std::byte{9}, std::byte{0}, std::byte{200}, std::byte{0}});
  bytes.enhanced(1, 5, {}, 0);  // that interface is there, with defaults
  const std::size_t liar_at = bytes.size();
  bytes.enhanced(0, 6, frame_of(0), 42);
  bytes.set32(liar_at + 20, 1000);  // more than the block holds
  bytes.simple({}, 10);             // ten bytes promised, none there
  bytes.enhanced(0, 7, {}, 0);
  const Outcome outcome = walk(bytes.bytes());
  ASSERT_EQ(outcome.packets.size(), 3u);
  EXPECT_EQ(outcome.packets[1].time_ns, 5000);
  EXPECT_EQ(outcome.packets[2].time_ns, 7000);
  EXPECT_EQ(outcome.ended.fault, CaptureFault::kBlocksDamaged);
  EXPECT_EQ(outcome.ended.detail, 5u);
  EXPECT_EQ(outcome.ended.offset_bytes, first_damaged_at);
}

TEST(Pcapng, StopsWhereTheChainOfLengthsBreaks) {
  PcapngBytes sound;
  sound.interface(1).enhanced(0, 1, {}, 0);
  const std::size_t second_at = sound.size();
  sound.enhanced(0, 2, {}, 0);
  for (const std::uint32_t length : {0u, 8u, 33u, 28u}) {
    const Outcome outcome = walk(PcapngBytes(sound).set32(second_at + 4, length).bytes());
    EXPECT_EQ(outcome.packets.size(), 1u);
    EXPECT_EQ(outcome.ended.fault, CaptureFault::kBadBlockLength) << length;
    EXPECT_EQ(outcome.ended.detail, length);
    EXPECT_EQ(outcome.ended.offset_bytes, second_at);
  }
  PcapngBytes section = sound;
  const std::size_t section_at = section.size();
  section.section(false).set32(section_at + 8, 0x12345678);
  const Outcome outcome = walk(section.bytes());
  EXPECT_EQ(outcome.packets.size(), 2u);
  EXPECT_EQ(outcome.ended.fault, CaptureFault::kBadSectionHeader);
  EXPECT_EQ(outcome.ended.offset_bytes, section_at);
}

TEST(Pcapng, CutAnywhereGivesWhatIsWholeAndSaysWhereItStopped) {
  PcapngBytes bytes;
  std::vector<std::size_t> ends{bytes.size()};
  bytes.interface(1);
  ends.push_back(bytes.size());
  bytes.enhanced(0, 1, frame_of(1), 43);
  ends.push_back(bytes.size());
  bytes.simple(frame_of(2), 44);
  ends.push_back(bytes.size());
  bytes.section(true);
  ends.push_back(bytes.size());
  bytes.interface(1).enhanced(0, 2, frame_of(0), 42);
  ends.push_back(bytes.size() - 32 - 44);
  ends.push_back(bytes.size());
  for (std::size_t size = 4; size <= bytes.size(); ++size) {
    const test::TemporaryFile on_disk(std::span(bytes.bytes()).first(size));
    const CaptureFile file(on_disk.path());
    if (size < ends.front()) {
      EXPECT_EQ(file.opened().fault, CaptureFault::kHeaderCut) << size;
      continue;
    }
    ASSERT_EQ(file.opened().fault, CaptureFault::kNone) << size;
    CaptureSource source(file);
    PacketBatch batch;
    std::size_t count = 0;
    while (source.poll(batch) == Poll::kMore) count += batch.count;
    const std::size_t whole = *(std::ranges::upper_bound(ends, size) - 1);
    EXPECT_EQ(source.ended().offset_bytes, whole) << size;
    EXPECT_EQ(source.ended().fault, size == whole ? CaptureFault::kNone : CaptureFault::kBlockCut);
    EXPECT_EQ(count, size < ends[2] ? 0u : size < ends[3] ? 1u : size < bytes.size() ? 2u : 3u);
  }
}

TEST(Pcapng, ABatchEndsWhereTheLinkChanges) {
  PcapngBytes bytes;
  bytes.interface(1).interface(101);
  // 70 of Ethernet, 1 raw, 2 of Ethernet.
  for (std::uint64_t i = 0; i < 73; ++i) bytes.enhanced(i == 70 ? 1 : 0, i, {}, 0);
  const test::TemporaryFile on_disk(bytes.bytes());
  const CaptureFile file(on_disk.path());
  EXPECT_EQ(file.link(), LinkType::kEthernet);
  CaptureSource source(file);
  PacketBatch batch;
  std::vector<std::size_t> counts;
  TimeNs next_ns = 0;
  while (source.poll(batch) == Poll::kMore) {
    counts.push_back(batch.count);
    EXPECT_EQ(batch.link, counts.size() == 3 ? LinkType::kRawIp : LinkType::kEthernet);
    for (std::size_t i = 0; i < batch.count; ++i, next_ns += 1000) {
      EXPECT_EQ(batch.packets[i].time_ns, next_ns);
    }
  }
  EXPECT_EQ(counts, (std::vector<std::size_t>{64, 6, 1, 2}));
  EXPECT_EQ(source.poll(batch), Poll::kEnd);
}

}  // namespace
}  // namespace mimir::source
