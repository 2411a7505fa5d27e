// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/pcapng.h"

#include <algorithm>
#include <cstring>

#include "dataplane/source/header_field.h"
#include "dataplane/source/link_number.h"

namespace mimir::source {

namespace {

// draft-ietf-opsawg-pcapng §3.1: type and length before the body, length behind it.
constexpr std::size_t kBlockHeaderBytes = 8;
constexpr std::size_t kBlockBytesMin = 12;
constexpr std::size_t kSectionHeaderBytesMin = 28;
/// How far ahead of the packet in hand the file is asked for: two to ten packets.
constexpr std::size_t kBlockPrefetchBytes = 1024;

// draft-ietf-opsawg-pcapng §11.1.
constexpr std::uint32_t kInterfaceBlock = 1;
constexpr std::uint32_t kObsoletePacketBlock = 2;
constexpr std::uint32_t kSimplePacketBlock = 3;
constexpr std::uint32_t kEnhancedPacketBlock = 6;
constexpr std::uint32_t kSectionHeaderBlock = 0x0a0d0d0a;  // the same in both byte orders

constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;

constexpr std::uint16_t kOptionEnd = 0;
constexpr std::uint16_t kOptionResolution = 9;
constexpr std::uint16_t kOptionOffset = 14;

__extension__ using Wide = __int128;

/// draft-ietf-opsawg-pcapng §4.2 if_tsresol, §4.3 timestamps.
TimeNs to_time_ns(std::uint64_t ticks, std::uint8_t resolution, std::int64_t offset_s) noexcept {
  Wide time_ns = ticks;
  const unsigned exponent = resolution & 0x7f;
  if ((resolution & 0x80) != 0) {
    time_ns = (time_ns * kNsPerSecond) >> exponent;
  } else {
    for (unsigned i = exponent; i < 9; ++i) time_ns *= 10;
    for (unsigned i = 9; i < exponent && time_ns != 0; ++i) time_ns /= 10;
  }
  time_ns += Wide{offset_s} * kNsPerSecond;
  return static_cast<TimeNs>(
      std::clamp(time_ns, -Wide{PcapngWalk::kTimeMaxNs}, Wide{PcapngWalk::kTimeMaxNs}));
}

}  // namespace

CaptureState PcapngWalk::probe(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < kSectionHeaderBytesMin) return {.fault = CaptureFault::kHeaderCut};
  const auto magic = load<std::uint32_t>(bytes.data() + 8);
  const bool is_swapped = magic == __builtin_bswap32(kByteOrderMagic);
  if (magic != kByteOrderMagic && !is_swapped) {
    return {.fault = CaptureFault::kNotACapture, .detail = kSectionHeaderBlock};
  }
  const auto major = load<std::uint16_t>(bytes.data() + 12);
  const std::uint16_t native_major = is_swapped ? __builtin_bswap16(major) : major;
  if (native_major != 1) {
    return {.fault = CaptureFault::kUnsupportedVersion, .detail = native_major};
  }
  const auto length = load<std::uint32_t>(bytes.data() + 4);
  if ((is_swapped ? __builtin_bswap32(length) : length) > bytes.size()) {
    return {.fault = CaptureFault::kHeaderCut};
  }
  return {};
}

std::uint16_t PcapngWalk::field16(std::size_t at) const noexcept {
  const auto value = load<std::uint16_t>(bytes_.data() + at);
  return is_swapped_ ? __builtin_bswap16(value) : value;
}

std::uint32_t PcapngWalk::field32(std::size_t at) const noexcept {
  const auto value = load<std::uint32_t>(bytes_.data() + at);
  return is_swapped_ ? __builtin_bswap32(value) : value;
}

bool PcapngWalk::stop(CaptureFault fault, std::uint64_t detail) noexcept {
  ended_ = {.fault = fault, .detail = detail, .offset_bytes = offset_};
  if (fault == CaptureFault::kNone && damaged_blocks_ > 0) {
    ended_ = {.fault = CaptureFault::kBlocksDamaged,
              .detail = damaged_blocks_,
              .offset_bytes = first_damaged_at_};
  }
  return false;
}

bool PcapngWalk::next(PacketView& packet, LinkType& link) noexcept {
  for (;;) {
    const std::size_t left = bytes_.size() - offset_;
    if (left == 0) return stop(CaptureFault::kNone, 0);
    if (left < kBlockBytesMin) return stop(CaptureFault::kBlockCut, 0);
    const std::uint32_t type = field32(offset_);
    if (type == kSectionHeaderBlock && !read_section_header()) return false;
    const std::uint32_t length = field32(offset_ + 4);
    if (length < kBlockBytesMin || length % 4 != 0) {
      return stop(CaptureFault::kBadBlockLength, length);
    }
    if (length > left) return stop(CaptureFault::kBlockCut, 0);
    if (field32(offset_ + length - 4) != length) {
      return stop(CaptureFault::kBadBlockLength, length);
    }
    __builtin_prefetch(bytes_.data() + offset_ + kBlockPrefetchBytes);
    const Block block = read_block(
        type, {.at = offset_ + kBlockHeaderBytes, .bytes = length - kBlockBytesMin}, packet, link);
    if (block == Block::kDamaged && damaged_blocks_++ == 0) first_damaged_at_ = offset_;
    offset_ += length;
    if (block == Block::kPacket) return true;
  }
}

// draft-ietf-opsawg-pcapng §4.1. Interfaces are numbered anew in every section.
bool PcapngWalk::read_section_header() noexcept {
  const CaptureFault fault = probe(bytes_.subspan(offset_)).fault;
  if (fault == CaptureFault::kHeaderCut) return stop(CaptureFault::kBlockCut, 0);
  if (fault != CaptureFault::kNone) return stop(CaptureFault::kBadSectionHeader, 0);
  is_swapped_ = load<std::uint32_t>(bytes_.data() + offset_ + 8) != kByteOrderMagic;
  interfaces_.clear();
  return true;
}

PcapngWalk::Block PcapngWalk::read_block(std::uint32_t type, Body body, PacketView& packet,
                                         LinkType& link) noexcept {
  switch (type) {
    case kInterfaceBlock:
      return read_interface(body);
    case kEnhancedPacketBlock:
      if (body.bytes < 20) return Block::kDamaged;
      return read_stamped(field32(body.at), body, packet, link);
    case kObsoletePacketBlock:  // appendix A: two bytes of interface, two of drops
      if (body.bytes < 20) return Block::kDamaged;
      return read_stamped(field16(body.at), body, packet, link);
    case kSimplePacketBlock:
      return read_simple(body, packet, link);
    default:
      return Block::kOther;
  }
}

// draft-ietf-opsawg-pcapng §4.2. A damaged one still has its number.
PcapngWalk::Block PcapngWalk::read_interface(Body body) noexcept {
  Interface interface;
  bool is_sound = body.bytes >= 8;
  if (is_sound) {
    interface.link = link_type_of(field16(body.at));
    interface.snap_bytes = field32(body.at + 4);
    is_sound = read_options({.at = body.at + 8, .bytes = body.bytes - 8}, interface);
  }
  if (interfaces_.size() == kInterfaceMax) return Block::kDamaged;
  interfaces_.push_back(interface);
  return is_sound ? Block::kOther : Block::kDamaged;
}

// draft-ietf-opsawg-pcapng §3.5: code, length, value, padded to four bytes.
bool PcapngWalk::read_options(Body options, Interface& interface) const noexcept {
  while (options.bytes >= 4) {
    const std::uint16_t code = field16(options.at);
    const std::uint16_t length = field16(options.at + 2);
    const std::size_t padded = 4 + (std::size_t{length} + 3) / 4 * 4;
    if (code == kOptionEnd) return true;
    if (padded > options.bytes) return false;
    const std::byte* const value = bytes_.data() + options.at + 4;
    if (code == kOptionResolution) {
      if (length != 1) return false;
      interface.resolution = std::to_integer<std::uint8_t>(*value);
    }
    if (code == kOptionOffset) {
      if (length != 8) return false;
      const auto seconds = load<std::uint64_t>(value);
      interface.offset_s =
          static_cast<std::int64_t>(is_swapped_ ? __builtin_bswap64(seconds) : seconds);
    }
    options = {.at = options.at + padded, .bytes = options.bytes - padded};
  }
  return options.bytes == 0;
}

// draft-ietf-opsawg-pcapng §4.3: after the interface the two halves of the time,
// the captured and the original length, the packet. REQUIRES: 20 bytes of body.
PcapngWalk::Block PcapngWalk::read_stamped(std::uint32_t interface, Body body, PacketView& packet,
                                           LinkType& link) noexcept {
  const std::uint32_t captured_bytes = field32(body.at + 12);
  if (interface >= interfaces_.size() || captured_bytes > body.bytes - 20) return Block::kDamaged;
  const Interface& from = interfaces_[interface];
  const std::uint64_t ticks =
      std::uint64_t{field32(body.at + 4)} << 32 | std::uint64_t{field32(body.at + 8)};
  last_time_ns_ = to_time_ns(ticks, from.resolution, from.offset_s);
  link = from.link;
  packet = {.data = bytes_.data() + body.at + 20,
            .captured_bytes = captured_bytes,
            .wire_bytes = field32(body.at + 16),
            .time_ns = last_time_ns_};
  return Block::kPacket;
}

// draft-ietf-opsawg-pcapng §4.4: of the first interface, and as long as the
// original, the snap length and the block allow.
PcapngWalk::Block PcapngWalk::read_simple(Body body, PacketView& packet,
                                          LinkType& link) const noexcept {
  if (interfaces_.empty() || body.bytes < 4) return Block::kDamaged;
  const Interface& from = interfaces_.front();
  const std::uint32_t wire_bytes = field32(body.at);
  const std::uint32_t limit =
      from.snap_bytes == 0 ? wire_bytes : std::min(from.snap_bytes, wire_bytes);
  if (limit > body.bytes - 4) return Block::kDamaged;
  link = from.link;
  packet = {.data = bytes_.data() + body.at + 4,
            .captured_bytes = limit,
            .wire_bytes = wire_bytes,
            .time_ns = last_time_ns_};
  return Block::kPacket;
}

}  // namespace mimir::source
