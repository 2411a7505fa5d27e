// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/capture_file.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "tests/frame.h"
#include "tests/pcap_bytes.h"
#include "tests/temporary_file.h"

namespace mimir::source {
namespace {

using test::Frame;
using test::PcapBytes;
using test::PcapShape;
using test::TemporaryFile;

Frame frame_of(std::size_t payload_bytes) {
  return Frame::ethernet().ipv4(1, 2).udp(3, 4).payload(payload_bytes);
}

struct ReadPacket {
  std::vector<std::byte> bytes;
  std::uint32_t wire_bytes = 0;
  TimeNs time_ns = 0;
};

struct Outcome {
  CaptureState opened;
  CaptureState ended;
  LinkType link = LinkType::kEthernet;
  std::vector<ReadPacket> packets;
};

Outcome read(std::span<const std::byte> bytes) {
  const TemporaryFile on_disk(bytes);
  const CaptureFile file(on_disk.path());
  Outcome outcome;
  outcome.opened = file.opened();
  if (file.opened().fault != CaptureFault::kNone) return outcome;
  CaptureSource source(file);
  PacketBatch batch;
  while (source.poll(batch) == Poll::kMore) {
    outcome.link = batch.link;
    EXPECT_GT(batch.count, 0u);
    EXPECT_EQ(batch.now_ns, 0) << "a file has no time of its own";
    for (std::size_t i = 0; i < batch.count; ++i) {
      const PacketView& packet = batch.packets[i];
      outcome.packets.push_back(
          {{packet.frame().begin(), packet.frame().end()}, packet.wire_bytes, packet.time_ns});
    }
  }
  EXPECT_EQ(batch.count, 0u);
  EXPECT_EQ(source.poll(batch), Poll::kEnd) << "the end stays the end";
  outcome.ended = source.ended();
  return outcome;
}

std::span<const std::byte> text(std::string_view from) {
  return std::as_bytes(std::span(from.data(), from.size()));
}

TEST(CaptureFile, ReadsBothByteOrdersAndBothUnits) {
  for (const bool big_endian : {false, true}) {
    for (const bool nanoseconds : {false, true}) {
      const Frame first = frame_of(3);
      const Frame second = frame_of(700);
      const Outcome outcome = read(PcapBytes({.big_endian = big_endian, .nanoseconds = nanoseconds})
                                       .packet(1700000000, 5, first)
                                       .packet(4294967295, 999999, second.bytes(), 9000)
                                       .bytes());
      EXPECT_EQ(outcome.opened.fault, CaptureFault::kNone);
      EXPECT_EQ(outcome.ended.fault, CaptureFault::kNone);
      ASSERT_EQ(outcome.packets.size(), 2u);
      const TimeNs unit_ns = nanoseconds ? 1 : 1000;
      EXPECT_EQ(outcome.packets[0].time_ns, 1700000000 * kNsPerSecond + 5 * unit_ns);
      EXPECT_EQ(outcome.packets[1].time_ns, 4294967295 * kNsPerSecond + 999999 * unit_ns);
      EXPECT_EQ(outcome.packets[0].wire_bytes, first.bytes().size());
      EXPECT_EQ(outcome.packets[1].wire_bytes, 9000u) << "what the wire carried, not the file";
      EXPECT_TRUE(std::ranges::equal(outcome.packets[0].bytes, first.bytes()));
      EXPECT_TRUE(std::ranges::equal(outcome.packets[1].bytes, second.bytes()));
    }
  }
}

TEST(CaptureFile, AFractionOfASecondOrMoreCarriesOver) {
  const Outcome micro = read(PcapBytes().packet(10, 2500000, frame_of(0)).bytes());
  ASSERT_EQ(micro.packets.size(), 1u);
  EXPECT_EQ(micro.packets[0].time_ns, 12 * kNsPerSecond + 500000000);
  const Outcome nano =
      read(PcapBytes({.nanoseconds = true}).packet(10, 4294967295, frame_of(0)).bytes());
  EXPECT_EQ(nano.packets.at(0).time_ns, 14 * kNsPerSecond + 294967295);
}

TEST(CaptureFile, KnowsItsLinkTypesAndNamesTheOthersByNumber) {
  struct Row {
    std::uint32_t number;
    LinkType link;
  };
  for (const Row& row :
       {Row{1, LinkType::kEthernet}, Row{12, LinkType::kRawIp}, Row{14, LinkType::kRawIp},
        Row{101, LinkType::kRawIp}, Row{228, LinkType::kRawIp}, Row{229, LinkType::kRawIp},
        Row{113, LinkType::kLinuxCookedV1}, Row{276, LinkType::kLinuxCookedV2},
        Row{0, LinkType::kLoopback}, Row{108, LinkType::kLoopback},
        Row{239, LinkType::kNetfilterLog}}) {
    const Outcome outcome =
        read(PcapBytes({.link_number = row.number}).packet(1, 1, frame_of(0)).bytes());
    EXPECT_EQ(outcome.opened.fault, CaptureFault::kNone) << row.number;
    EXPECT_EQ(outcome.link, row.link) << row.number;
  }
  for (const std::uint32_t number : {2u, 105u, 147u, 65537u}) {
    const Outcome outcome = read(PcapBytes({.link_number = number}).bytes());
    EXPECT_EQ(outcome.opened.fault, CaptureFault::kUnknownLinkType);
    EXPECT_EQ(outcome.opened.detail, number);
  }
}

// libpcap's LT_FCS_LENGTH_PRESENT, with a frame check sequence of 4 bytes: the
// upper six bits are not part of the link type.
TEST(CaptureFile, TheLengthOfTheFrameCheckSequenceIsNotTheLinkType) {
  const Outcome outcome =
      read(PcapBytes({.link_number = 0x44000001}).packet(1, 1, frame_of(0)).bytes());
  EXPECT_EQ(outcome.opened.fault, CaptureFault::kNone);
  EXPECT_EQ(outcome.packets.size(), 1u);
}

TEST(CaptureFile, AHeaderAloneIsASoundCaptureOfNothing) {
  const Outcome outcome = read(PcapBytes().bytes());
  EXPECT_EQ(outcome.opened.fault, CaptureFault::kNone);
  EXPECT_EQ(outcome.ended.fault, CaptureFault::kNone);
  EXPECT_TRUE(outcome.packets.empty());
}

// A file cut anywhere gives the packets before the cut, and says where and how.
TEST(CaptureFile, CutAnywhereGivesWhatIsWholeAndSaysWhereItStopped) {
  const Frame first = frame_of(1);
  const Frame second = frame_of(20);
  const std::vector<std::byte> whole = PcapBytes().packet(1, 1, first).packet(2, 2, second).bytes();
  const std::size_t second_at = 24 + 16 + first.bytes().size();
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const Outcome outcome = read(std::span(whole).first(size));
    if (size < 24) {
      EXPECT_EQ(outcome.opened.fault, size == 0 ? CaptureFault::kEmpty : CaptureFault::kHeaderCut);
      continue;
    }
    const std::size_t record_at = size < second_at ? 24 : size < whole.size() ? second_at : size;
    CaptureFault expected = CaptureFault::kNone;
    if (size > record_at) {
      expected = size - record_at < 16 ? CaptureFault::kRecordHeaderCut : CaptureFault::kPacketCut;
    }
    EXPECT_EQ(outcome.opened.fault, CaptureFault::kNone) << size;
    EXPECT_EQ(outcome.ended.fault, expected) << size;
    EXPECT_EQ(outcome.ended.offset_bytes, record_at) << size;
    EXPECT_EQ(outcome.packets.size(), size < second_at      ? 0u
                                      : size < whole.size() ? 1u
                                                            : 2u)
        << size;
  }
}

TEST(CaptureFile, StopsAtALengthNoToolWrites) {
  PcapBytes bytes;
  bytes.packet(1, 1, frame_of(0)).packet(2, 2, frame_of(0));
  const std::size_t second_at = 24 + 16 + frame_of(0).bytes().size();
  const Outcome outcome = read(bytes.set32(second_at + 8, 262145).bytes());
  EXPECT_EQ(outcome.packets.size(), 1u);
  EXPECT_EQ(outcome.ended.fault, CaptureFault::kImplausibleLength);
  EXPECT_EQ(outcome.ended.detail, 262145u);
  EXPECT_EQ(outcome.ended.offset_bytes, second_at);
  const std::vector<std::byte> longest(262144);
  EXPECT_EQ(read(PcapBytes().packet(1, 1, longest, 262144).bytes()).packets.size(), 1u);
}

// More packets than a batch holds: none is lost or repeated at a batch's edge.
TEST(CaptureFile, GivesEveryPacketOnceAcrossBatches) {
  for (const std::uint32_t count : {63u, 64u, 65u, 128u, 200u}) {
    PcapBytes bytes;
    for (std::uint32_t i = 0; i < count; ++i) bytes.packet(i, 0, frame_of(i % 7));
    const Outcome outcome = read(bytes.bytes());
    ASSERT_EQ(outcome.packets.size(), count);
    for (std::uint32_t i = 0; i < count; ++i) {
      EXPECT_EQ(outcome.packets[i].time_ns, i * kNsPerSecond);
      EXPECT_EQ(outcome.packets[i].bytes.size(), frame_of(i % 7).bytes().size());
    }
  }
}

TEST(CaptureFile, SaysWhatElseItWasGiven) {
  EXPECT_EQ(read(text("{\"not\": \"a capture\"}")).opened.fault, CaptureFault::kNotACapture);
  EXPECT_EQ(read(text("{\"no")).opened.detail, 0x6f6e227bu) << "the bytes, first one lowest";
  EXPECT_EQ(read(text("\x0a\x0d\x0d\x0a and more")).opened.fault, CaptureFault::kHeaderCut);
  EXPECT_EQ(read(text("\xd4\xc3\xb2")).opened.fault, CaptureFault::kHeaderCut);
  for (const bool big_endian : {false, true}) {
    PcapBytes old({.big_endian = big_endian});
    const Outcome outcome = read(old.set32(4, big_endian ? 0x00010004 : 0x00040001).bytes());
    EXPECT_EQ(outcome.opened.fault, CaptureFault::kUnsupportedVersion);
    EXPECT_EQ(outcome.opened.detail, 1u);
  }
}

TEST(CaptureFile, SaysWhyAPathCannotBeOpened) {
  const CaptureFile missing("/nonexistent/capture.pcap");
  EXPECT_EQ(missing.opened().fault, CaptureFault::kCannotOpen);
  EXPECT_EQ(missing.opened().detail, static_cast<std::uint64_t>(ENOENT));
  const CaptureFile directory("/");
  EXPECT_EQ(directory.opened().fault, CaptureFault::kCannotOpen);
  EXPECT_EQ(directory.opened().detail, static_cast<std::uint64_t>(EISDIR));
  const CaptureFile device("/dev/zero");
  EXPECT_EQ(device.opened().fault, CaptureFault::kCannotOpen);
  EXPECT_EQ(device.opened().detail, static_cast<std::uint64_t>(ESPIPE));
}

TEST(CaptureFile, SeveralReadersWalkOneFile) {
  const TemporaryFile on_disk(
      PcapBytes().packet(1, 0, frame_of(0)).packet(2, 0, frame_of(0)).bytes());
  const CaptureFile file(on_disk.path());
  CaptureSource first(file);
  CaptureSource second(file);
  PacketBatch batch;
  EXPECT_EQ(first.poll(batch), Poll::kMore);
  EXPECT_EQ(batch.count, 2u);
  EXPECT_EQ(second.poll(batch), Poll::kMore);
  EXPECT_EQ(batch.count, 2u) << "the first reader took nothing away from the second";
}

}  // namespace
}  // namespace mimir::source
