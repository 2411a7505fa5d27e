// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/pcap.h"

#include <cstring>

#include "dataplane/source/link_number.h"

namespace mimir::source {

namespace {

constexpr std::size_t kFileHeaderBytes = 24;
constexpr std::size_t kRecordHeaderBytes = 16;
/// The largest snap length of libpcap (MAXIMUM_SNAPLEN). A longer packet is no
/// packet but the place where a damaged file lost its step.
constexpr std::uint32_t kCapturedBytesMax = 262144;
/// How far ahead of the packet in hand the file is asked for, line by line: where the
/// next header lies only this one says, so that without it each packet waits for memory.
constexpr std::size_t kPrefetchBytes = 2048;
constexpr std::size_t kLineBytes = 64;

constexpr std::uint32_t kMagicMicroseconds = 0xa1b2c3d4;
constexpr std::uint32_t kMagicNanoseconds = 0xa1b23c4d;

template <typename T>
T load(const std::byte* from) noexcept {
  T value = 0;
  std::memcpy(&value, from, sizeof value);
  return value;
}

}  // namespace

// draft-ietf-opsawg-pcap §4.
CaptureState PcapWalk::probe(std::span<const std::byte> bytes, Header& header) noexcept {
  const auto magic = load<std::uint32_t>(bytes.data());
  const std::uint32_t swapped = __builtin_bswap32(magic);
  header.is_swapped = swapped == kMagicMicroseconds || swapped == kMagicNanoseconds;
  const std::uint32_t native = header.is_swapped ? swapped : magic;
  if (native != kMagicMicroseconds && native != kMagicNanoseconds) {
    return {.fault = CaptureFault::kNotACapture, .detail = magic};
  }
  header.has_nanoseconds = native == kMagicNanoseconds;
  if (bytes.size() < kFileHeaderBytes) return {.fault = CaptureFault::kHeaderCut};
  auto major = load<std::uint16_t>(bytes.data() + 4);
  if (header.is_swapped) major = __builtin_bswap16(major);
  if (major != 2) return {.fault = CaptureFault::kUnsupportedVersion, .detail = major};
  const auto link_field = load<std::uint32_t>(bytes.data() + 20);
  // The upper six bits may say how long the frame check sequence is.
  const std::uint32_t link_number =
      (header.is_swapped ? __builtin_bswap32(link_field) : link_field) & 0x03ffffff;
  header.link = link_type_of(link_number);
  if (header.link != LinkType::kOther) return {};
  return {.fault = CaptureFault::kUnknownLinkType, .detail = link_number};
}

PcapWalk::PcapWalk(std::span<const std::byte> bytes, const Header& header) noexcept
    : bytes_(bytes), header_(header), offset_(kFileHeaderBytes) {}

std::uint32_t PcapWalk::field(std::size_t at) const noexcept {
  const auto value = load<std::uint32_t>(bytes_.data() + at);
  return header_.is_swapped ? __builtin_bswap32(value) : value;
}

bool PcapWalk::stop(CaptureFault fault, std::uint64_t detail) noexcept {
  ended_ = {.fault = fault, .detail = detail, .offset_bytes = offset_};
  return false;
}

// Of a packet longer than that, what lies behind its headers is not asked for.
void PcapWalk::ask_ahead() noexcept {
  if (asked_ < offset_) asked_ = offset_;
  for (; asked_ < offset_ + kPrefetchBytes; asked_ += kLineBytes) {
    __builtin_prefetch(bytes_.data() + asked_);
  }
}

// draft-ietf-opsawg-pcap §5.
bool PcapWalk::next(PacketView& packet) noexcept {
  const std::size_t left = bytes_.size() - offset_;
  if (left == 0) return stop(CaptureFault::kNone, 0);
  if (left < kRecordHeaderBytes) return stop(CaptureFault::kRecordHeaderCut, 0);
  const TimeNs seconds = field(offset_);
  const TimeNs fraction = field(offset_ + 4);
  const std::uint32_t captured_bytes = field(offset_ + 8);
  const std::uint32_t wire_bytes = field(offset_ + 12);
  if (captured_bytes > kCapturedBytesMax) {
    return stop(CaptureFault::kImplausibleLength, captured_bytes);
  }
  if (captured_bytes > left - kRecordHeaderBytes) return stop(CaptureFault::kPacketCut, 0);
  // A fraction of a second or more carries over, as other readers have it.
  packet = {
      .data = bytes_.data() + offset_ + kRecordHeaderBytes,
      .captured_bytes = captured_bytes,
      .wire_bytes = wire_bytes,
      .time_ns = seconds * kNsPerSecond + (header_.has_nanoseconds ? fraction : fraction * 1000)};
  offset_ += kRecordHeaderBytes + captured_bytes;
  ask_ahead();
  return true;
}

std::size_t PcapWalk::read(std::span<PacketView> packets) noexcept {
  std::size_t count = 0;
  while (count < packets.size() && next(packets[count])) ++count;
  return count;
}

}  // namespace mimir::source
