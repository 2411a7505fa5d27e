// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/record/link_type.h"
#include "dataplane/source/capture_fault.h"
#include "dataplane/source/packet_source.h"

namespace mimir::source {

/// Walks the packets of a pcapng file (draft-ietf-opsawg-pcapng): sections of
/// either byte order; enhanced, simple and obsolete packet blocks. Other blocks
/// are passed over. A block damaged inside is left out and counted; where the
/// chain of block lengths breaks, reading stops.
///
/// A simple packet has no time and takes that of the packet before it. A time
/// further than kTimeMaxNs from 1970 is held to it.
///
/// Cost: no allocation a packet; one an interface, of which kInterfaceMax are known.
class PcapngWalk {
 public:
  static constexpr std::size_t kInterfaceMax = 65536;
  /// 2^33 s, the year 2242: what TimeNs holds, less room to add windows to it.
  static constexpr TimeNs kTimeMaxNs = (TimeNs{1} << 33) * kNsPerSecond;

  /// `bytes`, the whole file, outlive this.
  explicit PcapngWalk(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}

  /// Whether a file that begins like this can be read: kNone, or a fault of the
  /// first group. REQUIRES: at least four bytes, the magic of pcapng.
  [[nodiscard]] static CaptureState probe(std::span<const std::byte> bytes) noexcept;

  /// The next packet and its link. False at the end, which ended() explains.
  [[nodiscard]] bool next(PacketView& packet, LinkType& link) noexcept;

  /// Nothing before this byte is read again.
  [[nodiscard]] std::size_t offset() const noexcept { return offset_; }
  [[nodiscard]] const CaptureState& ended() const noexcept { return ended_; }

 private:
  struct Interface {
    LinkType link = LinkType::kOther;
    std::uint32_t snap_bytes = 0;  ///< 0: no limit
    std::uint8_t resolution = 6;   ///< if_tsresol: 10^-n s, or with the top bit 2^-n s
    std::int64_t offset_s = 0;     ///< if_tsoffset
  };
  /// What lies between the two lengths of a block.
  struct Body {
    std::size_t at;
    std::size_t bytes;
  };
  enum class Block : std::uint8_t { kPacket, kOther, kDamaged };

  [[nodiscard]] bool stop(CaptureFault fault, std::uint64_t detail) noexcept;
  [[nodiscard]] bool read_section_header() noexcept;
  [[nodiscard]] Block read_block(std::uint32_t type, Body body, PacketView& packet,
                                 LinkType& link) noexcept;
  [[nodiscard]] Block read_interface(Body body) noexcept;
  [[nodiscard]] bool read_options(Body options, Interface& interface) const noexcept;
  [[nodiscard]] Block read_stamped(std::uint32_t interface, Body body, PacketView& packet,
                                   LinkType& link) noexcept;
  [[nodiscard]] Block read_simple(Body body, PacketView& packet, LinkType& link) const noexcept;

  [[nodiscard]] std::uint16_t field16(std::size_t at) const noexcept;
  [[nodiscard]] std::uint32_t field32(std::size_t at) const noexcept;

  std::span<const std::byte> bytes_;
  std::size_t offset_ = 0;
  bool is_swapped_ = false;
  TimeNs last_time_ns_ = 0;
  std::vector<Interface> interfaces_;
  std::uint64_t damaged_blocks_ = 0;
  std::uint64_t first_damaged_at_ = 0;
  CaptureState ended_;
};

}  // namespace mimir::source
