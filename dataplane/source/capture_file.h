// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/record/link_type.h"
#include "dataplane/source/capture_bytes.h"
#include "dataplane/source/capture_fault.h"
#include "dataplane/source/packet_source.h"
#include "dataplane/source/pcap.h"
#include "dataplane/source/pcapng.h"

namespace mimir::source {

/// A capture in memory, classic pcap or pcapng, as PcapWalk and PcapngWalk have them
/// and CaptureBytes holds them. Links are LINKTYPE_ETHERNET, _RAW, _IPV4, _IPV6,
/// _LINUX_SLL, _LINUX_SLL2, _NULL, _LOOP and _NFLOG (tcpdump.org "Link-Layer Header
/// Types"). Of a damaged one, what comes before the damage is read.
///
/// Threads: immutable once constructed; any number of readers walk it at once.
class CaptureFile {
 public:
  struct StandardInput {};

  explicit CaptureFile(const char* path, Extent extent = Extent::kWhole) noexcept;
  /// Standard input can be read but once.
  explicit CaptureFile(StandardInput which) noexcept;

  /// fault is kNone, or one of the first group.
  [[nodiscard]] const CaptureState& opened() const noexcept { return opened_; }
  /// The link of the first packet, which in classic pcap is that of all.
  /// REQUIRES: opened without fault.
  [[nodiscard]] LinkType link() const noexcept { return link_; }
  /// There is more than Extent::kBeginning let in.
  [[nodiscard]] bool is_beginning_only() const noexcept { return bytes_.is_beginning_only(); }

 private:
  friend class CaptureSource;
  void read_header() noexcept;
  void read_pcapng_header() noexcept;

  CaptureBytes bytes_;
  bool is_pcapng_ = false;
  PcapWalk::Header pcap_header_;
  LinkType link_ = LinkType::kEthernet;
  CaptureState opened_;
};

/// Walks a capture from its first packet to its end or the damage that stops it.
/// A batch ends where the link changes.
class CaptureSource final : public PacketSource {
 public:
  /// One of `reader_count` that read the file from its first packet on.
  /// REQUIRES: `file` was opened without fault and outlives this.
  explicit CaptureSource(const CaptureFile& file, std::size_t reader_count = 1) noexcept;

  /// Every packet lent stays valid as long as the file.
  [[nodiscard]] Poll poll(PacketBatch& batch) noexcept override;

  /// After kEnd: kNone, or the damage at which reading stopped.
  [[nodiscard]] const CaptureState& ended() const noexcept { return ended_; }

 private:
  void fill_from_pcap(PacketBatch& batch) noexcept;
  void fill_from_pcapng(PacketBatch& batch) noexcept;
  void leave_behind(std::size_t offset) noexcept;
  void end() noexcept;

  const CaptureFile& file_;
  std::size_t reader_count_;
  std::size_t step_ = 0;  ///< of CaptureBytes, the one it is in
  PcapWalk pcap_;
  PcapngWalk pcapng_;
  PacketView ahead_;  ///< read by pcapng_, not yet in a batch
  LinkType ahead_link_ = LinkType::kOther;
  bool has_ahead_ = false;
  CaptureState ended_;
};

}  // namespace mimir::source
