// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/pcap_lookahead.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/source/pcap.h"
#include "tests/pcap_bytes.h"
#include "tests/random.h"

namespace mimir::source {
namespace {

using test::PcapBytes;
using test::PcapShape;
using test::Random;

struct Written {
  std::size_t offset;  ///< of its record's header
  std::uint32_t seconds;
  std::uint32_t fraction;
  std::uint32_t captured_bytes;
};

struct Traffic {
  std::uint32_t begin_s = 1'700'000'000;
  std::uint64_t packet_interval_us = 1;
  std::vector<std::size_t> sizes{60, 60, 590, 1514};
  bool holds_captures = false;  ///< its payloads are those of another capture's file
};

/// A capture, and where each of its records was put.
struct Capture {
  PcapBytes file;
  std::vector<Written> records;

  Capture(const PcapShape& shape, const Traffic& traffic, std::size_t record_count, Random& random)
      : file(shape) {
    for (std::size_t i = 0; i < record_count; ++i) {
      const std::uint64_t time_us = i * traffic.packet_interval_us;
      const auto seconds = traffic.begin_s + static_cast<std::uint32_t>(time_us / 1'000'000);
      const auto fraction = static_cast<std::uint32_t>(time_us % 1'000'000);
      std::vector<std::byte> payload(traffic.sizes[random.below(traffic.sizes.size())]);
      for (std::byte& byte : payload) byte = static_cast<std::byte>(random.next());
      if (traffic.holds_captures) fill_with_records(payload, shape, seconds);
      const auto bytes = static_cast<std::uint32_t>(payload.size());
      records.push_back({file.bytes().size(), seconds, fraction, bytes});
      file.packet(seconds, fraction, payload, bytes);
    }
  }

  static void fill_with_records(std::vector<std::byte>& payload, const PcapShape& shape,
                                std::uint32_t seconds) {
    PcapBytes inner(shape);
    const std::vector<std::byte> frame(44);
    while (inner.bytes().size() < payload.size()) inner.packet(seconds, 1, frame, 44);
    std::copy_n(inner.bytes().begin(), payload.size(), payload.begin());
  }
};

/// Reads all of a capture and expects the first `count` of what was written.
CaptureState expect_read(std::span<const std::byte> bytes, std::span<const Written> written) {
  PcapWalk::Header header;
  EXPECT_EQ(PcapWalk::probe(bytes, header).fault, CaptureFault::kNone);
  PcapWalk walk(bytes, header);
  std::vector<PacketView> batch(64);
  std::size_t count = 0;
  for (;;) {
    const std::size_t read = walk.read(batch);
    for (std::size_t i = 0; i < read && count + i < written.size(); ++i) {
      const Written& wanted = written[count + i];
      EXPECT_EQ(batch[i].data, bytes.data() + wanted.offset + 16) << "packet " << count + i;
      EXPECT_EQ(batch[i].captured_bytes, wanted.captured_bytes);
      EXPECT_EQ(batch[i].wire_bytes, wanted.captured_bytes);
      EXPECT_EQ(batch[i].time_ns,
                TimeNs{wanted.seconds} * 1'000'000'000 +
                    TimeNs{wanted.fraction} * (header.has_nanoseconds ? 1 : 1000));
    }
    count += read;
    if (read < batch.size() || ::testing::Test::HasFailure()) break;
  }
  EXPECT_EQ(count, written.size());
  return walk.ended();
}

std::size_t look_count(const Capture& capture, bool is_swapped) {
  PcapLookahead ahead(capture.file.bytes(), is_swapped);
  const std::size_t bytes = capture.file.bytes().size() / capture.records.size();
  const bool has_found = ahead.look(capture.records[0].offset, bytes);
  EXPECT_EQ(has_found, ahead.count() > 128);
  EXPECT_LE(ahead.count(), capture.records.size());
  for (std::size_t i = 0; i < ahead.count(); ++i) {
    EXPECT_EQ(ahead.offset(i), capture.records[i].offset) << "record " << i;
  }
  return ahead.count();
}

TEST(PcapLookahead, FindsTheRecordsThatWereWritten) {
  Random random(1);
  for (const bool big_endian : {false, true}) {
    const Capture capture({.big_endian = big_endian}, {}, 2000, random);
    EXPECT_GT(look_count(capture, big_endian), 300u) << "it gave up";
  }
}

TEST(PcapLookahead, IsNotDeceivedByACaptureInsideTheCapture) {
  Random random(2);
  const Capture capture({}, {.sizes = {500, 900, 1400}, .holds_captures = true}, 2000, random);
  (void)look_count(capture, false);
  EXPECT_EQ(expect_read(capture.file.bytes(), capture.records).fault, CaptureFault::kNone);
}

TEST(PcapLookahead, ReadsAllTrafficAsItWasWritten) {
  const std::vector<Traffic> traffics{
      {},
      {.begin_s = 0},  // bytes that payloads have too
      {.begin_s = 1'700'000'000 / 256 * 256 - 1, .packet_interval_us = 1000},  // their edge
      {.packet_interval_us = 30'000'000},                                      // hours
      {.sizes = {0}},  // nothing but headers
      {.sizes = {0, 1, 60}},
      {.sizes = {60, 60, 60, 60, 60, 60, 60, 9000}},  // longer than a guess is sought
      {.sizes = {1514}},
      {.sizes = {600, 1400}, .holds_captures = true},
  };
  Random random(3);
  for (std::size_t i = 0; i < traffics.size(); ++i) {
    const PcapShape shape{.big_endian = i % 2 == 1, .nanoseconds = i % 3 == 1};
    SCOPED_TRACE(i);
    const Capture capture(shape, traffics[i], 6000, random);
    EXPECT_EQ(expect_read(capture.file.bytes(), capture.records).fault, CaptureFault::kNone);
  }
}

TEST(PcapLookahead, DamageIsFoundWhereItIs) {
  Random random(4);
  const Capture whole({}, {}, 3000, random);
  for (int round = 0; round < 40; ++round) {
    const std::size_t damaged = random.below(whole.records.size());
    const std::size_t offset = whole.records[damaged].offset;
    PcapBytes file = whole.file;
    file.set32(offset + 8, 262145);
    const CaptureState ended = expect_read(file.bytes(), std::span(whole.records).first(damaged));
    EXPECT_EQ(ended.fault, CaptureFault::kImplausibleLength);
    EXPECT_EQ(ended.offset_bytes, offset);
  }
}

TEST(PcapLookahead, ACutIsFoundWhereItIs) {
  Random random(5);
  const Capture whole({}, {}, 3000, random);
  for (int round = 0; round < 40; ++round) {
    const std::size_t cut = random.below(whole.records.size());
    const Written& last = whole.records[cut];
    const std::size_t kept = 1 + random.below(16 + last.captured_bytes - 1);
    // A copy of its own, so that a sanitizer sees what lies behind its end.
    const std::vector<std::byte> bytes(
        whole.file.bytes().begin(),
        whole.file.bytes().begin() + static_cast<std::ptrdiff_t>(last.offset + kept));
    const CaptureState ended = expect_read(bytes, std::span(whole.records).first(cut));
    EXPECT_EQ(ended.fault, kept < 16 ? CaptureFault::kRecordHeaderCut : CaptureFault::kPacketCut);
    EXPECT_EQ(ended.offset_bytes, last.offset);
  }
}

}  // namespace
}  // namespace mimir::source
