// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/record/link_type.h"
#include "dataplane/source/capture_fault.h"
#include "dataplane/source/packet_source.h"
#include "dataplane/source/pcap_lookahead.h"

namespace mimir::source {

/// Walks the packets of a classic pcap file (draft-ietf-opsawg-pcap) of either byte
/// order, in micro- or nanoseconds. Where a packet is cut or claims a length that no
/// capture tool writes, reading stops.
///
/// Memory: PcapLookahead's. Cost: no allocation.
class PcapWalk {
 public:
  /// What the file's header says of the rest.
  struct Header {
    bool is_swapped = false;
    bool has_nanoseconds = false;
    LinkType link = LinkType::kEthernet;
  };

  /// Whether a file that begins like this can be read: kNone, which fills `header`,
  /// or a fault of the first group. REQUIRES: at least four bytes.
  [[nodiscard]] static CaptureState probe(std::span<const std::byte> bytes,
                                          Header& header) noexcept;

  /// `bytes`, the whole file, were probed without fault and outlive this.
  PcapWalk(std::span<const std::byte> bytes, const Header& header) noexcept;

  /// Fills `packets` with the next ones and returns how many. Fewer than there is
  /// room for only at the end, which ended() explains.
  [[nodiscard]] std::size_t read(std::span<PacketView> packets) noexcept;

  /// Nothing before this byte is read again.
  [[nodiscard]] std::size_t offset() const noexcept { return offset_; }
  [[nodiscard]] const CaptureState& ended() const noexcept { return ended_; }

 private:
  template <bool IsSwapped>
  [[nodiscard]] std::size_t read_as(std::span<PacketView> packets) noexcept;
  template <bool IsSwapped>
  void take_found(std::span<PacketView> packets) noexcept;
  template <bool IsSwapped>
  [[nodiscard]] bool next(PacketView& packet) noexcept;
  /// How many of the records that were looked up ahead were not read yet.
  [[nodiscard]] std::size_t found_left() const noexcept { return ahead_.count() - taken_; }
  void look_ahead() noexcept;
  void ask_ahead() noexcept;
  [[nodiscard]] bool stop(CaptureFault fault, std::uint64_t detail) noexcept;

  std::span<const std::byte> bytes_;
  Header header_;
  std::size_t offset_;
  std::size_t asked_ = 0;  ///< up to where memory was asked for the file
  std::size_t looked_at_;  ///< offset_ at the last look ahead
  PcapLookahead ahead_;
  std::size_t taken_ = 0;   ///< how many records of ahead_ were read
  std::size_t walked_ = 0;  ///< records read one by one since then
  std::size_t walk_max_;    ///< how many of them until the next look ahead
  CaptureState ended_;
};

}  // namespace mimir::source
