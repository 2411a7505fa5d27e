// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/record/link_type.h"
#include "dataplane/source/capture_fault.h"
#include "dataplane/source/packet_source.h"
#include "dataplane/source/pcapng.h"

namespace mimir::source {

/// A capture file, mapped into memory: classic pcap of either byte order, micro- or
/// nanoseconds; pcapng, as PcapngWalk has it. Links are LINKTYPE_ETHERNET, _RAW, _IPV4, _IPV6,
/// _LINUX_SLL, _LINUX_SLL2, _NULL, _LOOP and _NFLOG (tcpdump.org "Link-Layer Header Types";
/// draft-ietf-opsawg-pcap).
///
/// One compressed with gzip or zstd, which its first bytes tell, is unpacked into
/// memory: at most kUnpackedBytesMax and half of what the machine has. Of a damaged
/// one, what comes before the damage is read.
///
/// Threads: immutable after open(); any number of readers walk it at once.
/// Memory: the page cache's, unless unpacked. A file must not be shortened while it is read.
class CaptureFile {
 public:
  static constexpr std::size_t kUnpackedBytesMax = std::size_t{8} << 30;

  explicit CaptureFile(const char* path) noexcept;
  ~CaptureFile();
  CaptureFile(const CaptureFile&) = delete;
  CaptureFile& operator=(const CaptureFile&) = delete;

  /// fault is kNone, or one of the first group.
  [[nodiscard]] const CaptureState& opened() const noexcept { return opened_; }
  /// The link of the first packet, which in classic pcap is that of all.
  /// REQUIRES: opened without fault.
  [[nodiscard]] LinkType link() const noexcept { return link_; }

 private:
  friend class CaptureSource;
  [[nodiscard]] bool map(int file) noexcept;
  [[nodiscard]] bool unpack() noexcept;
  void release() noexcept;
  void read_header() noexcept;
  void read_pcapng_header() noexcept;
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {bytes_, size_bytes_}; }
  [[nodiscard]] std::uint32_t field(std::size_t offset) const noexcept;

  const std::byte* bytes_ = nullptr;
  std::size_t size_bytes_ = 0;
  bool is_pcapng_ = false;
  bool is_packed_damaged_ = false;
  bool is_swapped_ = false;
  bool has_nanoseconds_ = false;
  LinkType link_ = LinkType::kEthernet;
  CaptureState opened_;
};

/// Walks a capture from its first packet to its end or the damage that stops it.
/// A batch ends where the link changes.
class CaptureSource final : public PacketSource {
 public:
  /// REQUIRES: `file` was opened without fault and outlives this.
  explicit CaptureSource(const CaptureFile& file) noexcept;

  [[nodiscard]] Poll poll(PacketBatch& batch) noexcept override;

  /// The link of the file's first packet.
  [[nodiscard]] LinkType first_link() const noexcept { return file_.link(); }
  /// After kEnd: kNone, or the damage at which reading stopped.
  [[nodiscard]] const CaptureState& ended() const noexcept { return ended_; }

 private:
  [[nodiscard]] Poll poll_pcap(PacketBatch& batch) noexcept;
  [[nodiscard]] Poll poll_pcapng(PacketBatch& batch) noexcept;
  [[nodiscard]] bool read_packet(PacketView& packet) noexcept;
  [[nodiscard]] bool stop(CaptureFault fault, std::uint64_t detail) noexcept;

  const CaptureFile& file_;
  std::size_t offset_;
  PcapngWalk walk_;
  PacketView ahead_;  ///< read by walk_, not yet in a batch
  LinkType ahead_link_ = LinkType::kOther;
  bool has_ahead_ = false;
  CaptureState ended_;
};

}  // namespace mimir::source
