// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/record/link_type.h"
#include "dataplane/source/packet_source.h"

namespace mimir::source {

/// What is wrong with a capture file. The first group means that nothing of it
/// can be read, the second that reading stopped at a place.
enum class CaptureFault : std::uint8_t {
  kNone,
  kCannotOpen,          ///< detail: errno
  kEmpty,               ///< the file has no bytes at all
  kNotACapture,         ///< detail: the first four bytes, as a little-endian number
  kPcapng,              ///< a pcapng file, which this reader does not know
  kHeaderCut,           ///< fewer than the 24 bytes of the file header
  kUnsupportedVersion,  ///< detail: major version
  kUnknownLinkType,     ///< detail: the LINKTYPE_ number
  kRecordHeaderCut,     ///< the file ends inside the 16 bytes before a packet
  kPacketCut,           ///< the file ends inside a packet
  kImplausibleLength,   ///< detail: a captured length no capture tool writes
};

struct CaptureState {
  CaptureFault fault = CaptureFault::kNone;
  std::uint64_t detail = 0;
  std::uint64_t offset_bytes = 0;  ///< where reading stopped
};

/// A classic pcap file, mapped into memory: both byte orders, micro- and
/// nanoseconds, LINKTYPE_ETHERNET, _RAW, _IPV4, _IPV6, _LINUX_SLL, _LINUX_SLL2, _NULL,
/// _LOOP and _NFLOG (tcpdump.org "Link-Layer Header Types"; draft-ietf-opsawg-pcap).
///
/// Threads: immutable after open(); any number of readers walk it at once.
/// Memory: the page cache's. A file must not be shortened while it is read.
class CaptureFile {
 public:
  explicit CaptureFile(const char* path) noexcept;
  ~CaptureFile();
  CaptureFile(const CaptureFile&) = delete;
  CaptureFile& operator=(const CaptureFile&) = delete;

  /// fault is kNone, or one of the first group.
  [[nodiscard]] const CaptureState& opened() const noexcept { return opened_; }
  /// REQUIRES: opened without fault.
  [[nodiscard]] LinkType link() const noexcept { return link_; }

 private:
  friend class CaptureSource;
  void read_header() noexcept;
  [[nodiscard]] std::uint32_t field(std::size_t offset) const noexcept;

  const std::byte* bytes_ = nullptr;
  std::size_t size_bytes_ = 0;
  bool is_swapped_ = false;
  bool has_nanoseconds_ = false;
  LinkType link_ = LinkType::kEthernet;
  CaptureState opened_;
};

/// Walks a capture from its first packet to its end or its first damage.
class CaptureSource final : public PacketSource {
 public:
  /// REQUIRES: `file` was opened without fault and outlives this.
  explicit CaptureSource(const CaptureFile& file) noexcept;

  [[nodiscard]] Poll poll(PacketBatch& batch) noexcept override;

  /// After kEnd: kNone, or the damage at which reading stopped.
  [[nodiscard]] const CaptureState& ended() const noexcept { return ended_; }

 private:
  [[nodiscard]] bool read_packet(PacketView& packet) noexcept;
  [[nodiscard]] bool stop(CaptureFault fault, std::uint64_t detail) noexcept;

  const CaptureFile& file_;
  std::size_t offset_;
  CaptureState ended_;
};

}  // namespace mimir::source
