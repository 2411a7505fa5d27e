// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/pcap.h"

#include <algorithm>
#include <cstring>

#include "dataplane/source/header_field.h"
#include "dataplane/source/link_number.h"

namespace mimir::source {

namespace {

constexpr std::size_t kFileHeaderBytes = 24;
constexpr std::size_t kRecordHeaderBytes = kPcapRecordHeaderBytes;
/// How far ahead of the packet in hand the file is asked for, line by line, where records
/// are read one by one: without it each packet waits for memory.
constexpr std::size_t kRecordPrefetchBytes = 2048;
/// Records read one by one at first, which say how long records are, and after looking
/// ahead was in vain, as before the end of the file.
constexpr std::size_t kWalkedFirst = 64;
constexpr std::size_t kWalkedInVain = 2048;

constexpr std::uint32_t kMagicMicroseconds = 0xa1b2c3d4;
constexpr std::uint32_t kMagicNanoseconds = 0xa1b23c4d;

template <bool IsSwapped>
std::uint32_t field(const std::byte* from) noexcept {
  const auto value = load<std::uint32_t>(from);
  return IsSwapped ? __builtin_bswap32(value) : value;
}

// A fraction of a second or more carries over, as other readers have it.
template <bool IsSwapped>
PacketView view(const std::byte* record, std::uint32_t captured_bytes,
                TimeNs fraction_ns) noexcept {
  return {.data = record + kRecordHeaderBytes,
          .captured_bytes = captured_bytes,
          .wire_bytes = field<IsSwapped>(record + 12),
          .time_ns =
              field<IsSwapped>(record) * kNsPerSecond + field<IsSwapped>(record + 4) * fraction_ns};
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
    : bytes_(bytes),
      header_(header),
      offset_(kFileHeaderBytes),
      looked_at_(kFileHeaderBytes),
      ahead_(bytes, header.is_swapped),
      walk_max_(kWalkedFirst) {}

bool PcapWalk::stop(CaptureFault fault, std::uint64_t detail) noexcept {
  ended_ = {.fault = fault, .detail = detail, .offset_bytes = offset_};
  return false;
}

// Of a packet longer than that, what lies behind its headers is not asked for.
void PcapWalk::ask_ahead() noexcept {
  if (asked_ < offset_) asked_ = offset_;
  for (; asked_ < offset_ + kRecordPrefetchBytes; asked_ += kCacheLineBytes) {
    __builtin_prefetch(bytes_.data() + asked_);
  }
}

// draft-ietf-opsawg-pcap §5.
template <bool IsSwapped>
bool PcapWalk::next(PacketView& packet) noexcept {
  const std::size_t left = bytes_.size() - offset_;
  if (left == 0) return stop(CaptureFault::kNone, 0);
  if (left < kRecordHeaderBytes) return stop(CaptureFault::kRecordHeaderCut, 0);
  const std::byte* const record = bytes_.data() + offset_;
  const auto captured_bytes = field<IsSwapped>(record + 8);
  if (captured_bytes > kPcapCapturedBytesMax) {
    return stop(CaptureFault::kImplausibleLength, captured_bytes);
  }
  if (captured_bytes > left - kRecordHeaderBytes) return stop(CaptureFault::kPacketCut, 0);
  packet = view<IsSwapped>(record, captured_bytes, header_.has_nanoseconds ? 1 : 1000);
  offset_ += kRecordHeaderBytes + captured_bytes;
  ++walked_;
  ask_ahead();
  return true;
}

void PcapWalk::look_ahead() noexcept {
  const std::size_t record_bytes = (offset_ - looked_at_) / (ahead_.count() + walked_);
  looked_at_ = offset_;
  walked_ = 0;
  taken_ = 0;
  walk_max_ = ahead_.look(offset_, record_bytes) ? 0 : kWalkedInVain;
}

template <bool IsSwapped>
void PcapWalk::take_found(std::span<PacketView> packets) noexcept {
  const TimeNs fraction_ns = header_.has_nanoseconds ? 1 : 1000;
  std::size_t begin = ahead_.offset(taken_);
  for (PacketView& packet : packets) {
    const std::size_t end = ahead_.offset(++taken_);
    packet =
        view<IsSwapped>(bytes_.data() + begin,
                        static_cast<std::uint32_t>(end - begin - kRecordHeaderBytes), fraction_ns);
    begin = end;
  }
  offset_ = begin;
}

template <bool IsSwapped>
std::size_t PcapWalk::read_as(std::span<PacketView> packets) noexcept {
  std::size_t count = 0;
  while (count < packets.size()) {
    if (found_left() == 0 && walked_ >= walk_max_) look_ahead();
    if (const std::size_t found = std::min(found_left(), packets.size() - count); found > 0) {
      take_found<IsSwapped>(packets.subspan(count, found));
      count += found;
    } else if (next<IsSwapped>(packets[count])) {
      ++count;
    } else {
      break;
    }
  }
  return count;
}

std::size_t PcapWalk::read(std::span<PacketView> packets) noexcept {
  return header_.is_swapped ? read_as<true>(packets) : read_as<false>(packets);
}

}  // namespace mimir::source
