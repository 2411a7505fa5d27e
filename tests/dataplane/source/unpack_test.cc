// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/unpack.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/source/capture_file.h"
#include "tests/frame.h"
#include "tests/pcap_bytes.h"
#include "tests/temporary_file.h"

namespace mimir::source {
namespace {

using Bytes = std::vector<std::byte>;

void put(Bytes& to, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) to.push_back(static_cast<std::byte>(value >> (8 * i)));
}

// RFC 1952 §8, bit by bit.
std::uint32_t crc32(std::span<const std::byte> bytes) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc % 2 == 1 ? 0xedb88320u : 0u);
  }
  return ~crc;
}

constexpr std::size_t kGzipHeaderBytes = 15;  // of the member, then of its one block

/// A gzip member of one stored block (RFC 1952 §2.3, RFC 1951 §3.2.4).
Bytes gzip(std::span<const std::byte> plain) {
  Bytes bytes;
  put(bytes, 0x00088b1f, 4);
  put(bytes, 0xff0000000000, 6);
  put(bytes, 1, 1);
  put(bytes, plain.size(), 2);
  put(bytes, ~plain.size(), 2);
  bytes.insert(bytes.end(), plain.begin(), plain.end());
  put(bytes, crc32(plain), 4);
  put(bytes, plain.size(), 4);
  return bytes;
}

/// A Zstandard frame of raw blocks of 16 bytes (RFC 8878 §3.1.1), no checksum.
Bytes zstd(std::span<const std::byte> plain) {
  Bytes bytes;
  put(bytes, 0xfd2fb528, 4);
  put(bytes, 0xa0, 1);
  put(bytes, plain.size(), 4);
  do {
    const std::span<const std::byte> block = plain.first(std::min<std::size_t>(16, plain.size()));
    plain = plain.subspan(block.size());
    put(bytes, block.size() << 3 | (plain.empty() ? 1u : 0u), 3);
    bytes.insert(bytes.end(), block.begin(), block.end());
  } while (!plain.empty());
  return bytes;
}

Bytes capture_of(std::uint32_t packets) {
  test::PcapBytes bytes;
  for (std::uint32_t i = 0; i < packets; ++i) {
    bytes.packet(i, 0, test::Frame::ethernet().ipv4(1, 2).udp(3, 4).payload(i));
  }
  return bytes.bytes();
}

struct Outcome {
  CaptureState opened;
  CaptureState ended;
  std::size_t packets = 0;
};

Outcome read(std::span<const std::byte> bytes) {
  const test::TemporaryFile on_disk(bytes);
  const CaptureFile file(on_disk.path());
  Outcome outcome;
  outcome.opened = file.opened();
  if (file.opened().fault != CaptureFault::kNone) return outcome;
  CaptureSource source(file);
  PacketBatch batch;
  while (source.poll(batch) == Poll::kMore) outcome.packets += batch.count;
  outcome.ended = source.ended();
  return outcome;
}

TEST(Unpack, GivesBackWhatWasPackedInOneOrSeveralParts) {
  const Bytes plain = capture_of(9);
  Bytes room(3 * plain.size());
  for (const bool is_gzip : {false, true}) {
    const auto pack = is_gzip ? gzip : zstd;
    const auto unpack = is_gzip ? unpack_gzip : unpack_zstd;
    Bytes packed = pack(plain);
    for (std::size_t parts = 1; parts <= 2; ++parts) {
      const Unpacked unpacked = unpack(packed, room);
      EXPECT_EQ(unpacked.end, UnpackEnd::kWhole);
      ASSERT_EQ(unpacked.bytes, parts * plain.size());
      const auto last = room.begin() + static_cast<std::ptrdiff_t>((parts - 1) * plain.size());
      EXPECT_TRUE(std::equal(plain.begin(), plain.end(), last));
      const Bytes second = pack(plain);
      packed.insert(packed.end(), second.begin(), second.end());
    }
    EXPECT_EQ(unpack(pack(plain), std::span(room).first(plain.size())).end, UnpackEnd::kWhole);
    const Unpacked full = unpack(pack(plain), std::span(room).first(plain.size() - 1));
    EXPECT_EQ(full.end, UnpackEnd::kRoomFull) << (is_gzip ? "gzip" : "zstd");
  }
}

TEST(Unpack, OfACorruptFileWhatCameBeforeIsKept) {
  Bytes packed = gzip(capture_of(3));
  packed[packed.size() - 8] ^= std::byte{1};  // the check sum
  const Outcome outcome = read(packed);
  EXPECT_EQ(outcome.packets, 3u);
  EXPECT_EQ(outcome.ended.fault, CaptureFault::kPackedDamaged);
  EXPECT_EQ(outcome.ended.offset_bytes, capture_of(3).size());
}

TEST(Unpack, AGzipCutAnywhereIsReadUpToTheCut) {
  const Bytes plain = capture_of(3);
  const Bytes packed = gzip(plain);
  for (std::size_t size = 4; size < packed.size(); ++size) {
    const Outcome outcome = read(std::span(packed).first(size));
    const std::size_t unpacked =
        std::min(size < kGzipHeaderBytes ? 0 : size - kGzipHeaderBytes, plain.size());
    if (unpacked < 24) {
      EXPECT_EQ(outcome.opened.fault, CaptureFault::kHeaderCut) << size;
      continue;
    }
    const Outcome plainly = read(std::span(plain).first(unpacked));
    EXPECT_EQ(outcome.packets, plainly.packets) << size;
    EXPECT_EQ(outcome.ended.fault, CaptureFault::kPackedDamaged) << size;
    EXPECT_EQ(outcome.ended.offset_bytes, plainly.ended.offset_bytes) << size;
  }
  EXPECT_EQ(read(packed).ended.fault, CaptureFault::kNone);
}

TEST(Unpack, AZstdCutAnywhereIsReadUpToItsLastWholeBlock) {
  const Bytes plain = capture_of(3);
  const Bytes packed = zstd(plain);
  for (std::size_t size = 4; size < packed.size(); ++size) {
    const Outcome outcome = read(std::span(packed).first(size));
    const std::size_t unpacked = size < 9 ? 0 : (size - 9) / 19 * 16;
    if (outcome.opened.fault != CaptureFault::kNone) {
      EXPECT_EQ(outcome.opened.fault, CaptureFault::kHeaderCut) << size;
      EXPECT_LT(unpacked, 24u) << size;
      continue;
    }
    EXPECT_EQ(outcome.ended.fault, CaptureFault::kPackedDamaged) << size;
    EXPECT_GE(outcome.packets, read(std::span(plain).first(unpacked)).packets) << size;
  }
  const Outcome whole = read(packed);
  EXPECT_EQ(whole.ended.fault, CaptureFault::kNone);
  EXPECT_EQ(whole.packets, 3u);
}

TEST(Unpack, NothingPackedIsAnEmptyCapture) {
  EXPECT_EQ(read(gzip({})).opened.fault, CaptureFault::kEmpty);
  EXPECT_EQ(read(zstd({})).opened.fault, CaptureFault::kEmpty);
}

}  // namespace
}  // namespace mimir::source
