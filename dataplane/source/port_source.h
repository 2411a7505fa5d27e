// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "dataplane/source/packet_source.h"

struct rte_mbuf;

namespace mimir::source {

/// Where the mbufs of a port carry what a capture knew of a packet; 0 where they
/// do not (an mbuf begins with fields of its own).
struct MbufFields {
  std::size_t time_ns_offset = 0;     ///< of 8 bytes
  std::size_t wire_bytes_offset = 0;  ///< of 4 bytes
};

/// One receive queue of a started port.
///
/// The time of a packet is the mbuf's if `fields` says where, else this machine's
/// clock when the burst arrived: the real time at construction plus what the
/// monotonic clock has run since, so that it never steps back.
///
/// Threads: the worker that polls it.
class PortSource final : public PacketSource {
 public:
  /// Polls that find nothing before the core rests for kRestMicroseconds each.
  static constexpr std::uint32_t kEmptyPollMax = 4096;
  static constexpr unsigned kRestMicroseconds = 50;

  /// Polls after the end was told: enough to empty any ring, few enough to end
  /// although packets go on coming.
  static constexpr std::uint32_t kDrainPollMax = 1024;

  /// `end`: becomes true when the source shall end. What is in the queue then still
  /// comes; the first poll that finds nothing, or the last of kDrainPollMax, answers
  /// kEnd.
  PortSource(std::uint16_t port_id, std::uint16_t queue, LinkType link, MbufFields fields,
             const std::atomic<bool>& end) noexcept;
  ~PortSource() override;

  [[nodiscard]] Poll poll(PacketBatch& batch) noexcept override;

 private:
  [[nodiscard]] TimeNs now_ns() const noexcept;
  void release() noexcept;
  void rest(PacketBatch& batch) noexcept;

  std::uint16_t port_id_;
  std::uint16_t queue_;
  LinkType link_;
  MbufFields fields_;
  const std::atomic<bool>& end_;
  TimeNs realtime_offset_ns_;
  std::uint32_t empty_polls_ = 0;
  std::uint32_t drain_polls_ = 0;
  unsigned held_count_ = 0;
  std::array<rte_mbuf*, PacketBatch::kPacketMax> held_{};
};

}  // namespace mimir::source
