// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "dataplane/source/loss_watch.h"
#include "dataplane/source/nic_clock.h"
#include "dataplane/source/packet_source.h"

struct rte_mbuf;

namespace mimir::source {

/// Where the mbufs of a port carry what a capture knew of a packet; 0 where they
/// do not (an mbuf begins with fields of its own).
struct MbufFields {
  std::size_t time_ns_offset = 0;     ///< of 8 bytes
  std::size_t wire_bytes_offset = 0;  ///< of 4 bytes
};

/// Where a NIC that stamps packets puts its clock's ticks, 8 bytes, and the flag that
/// says that it did. 0: it does not.
struct StampField {
  std::size_t offset = 0;
  std::uint64_t flag = 0;
};

/// What the control plane tells the workers of a port while it runs.
struct PortSignals {
  std::atomic<std::uint64_t> missed{0};  ///< packets that found no free descriptor
  SharedLine clock;                      ///< of the NIC; no line: stamps are not used
};

/// One receive queue, as PortSource reads it.
struct QueueOptions {
  std::uint16_t port_id = 0;
  std::uint16_t queue = 0;
  LinkType link = LinkType::kEthernet;
  MbufFields fields;
  StampField stamps;
  std::uint16_t descriptor_count = 0;
  /// Null: who sends can wait, so that the queue is never pressed and nothing stamped.
  const PortSignals* signals = nullptr;
};

/// What a queue's core did since the start, read by others while it goes on.
struct PollCounts {
  std::uint64_t polls = 0;        ///< moves while the core lives
  std::uint64_t busy_cycles = 0;  ///< of the time stamp counter: from a poll that brought
                                  ///< packets to the next one
  std::uint64_t idle_cycles = 0;  ///< from a poll that brought none to the next one
};

/// One receive queue of a started port.
///
/// The time of a packet is the mbuf's if the fields say where; else the NIC's stamp, if
/// there is one, its clock is trusted and is_believable() says so; else this
/// machine's clock when the burst arrived: the real time at construction plus what the
/// monotonic clock has run since, so that it never steps back.
///
/// A frame over several buffers is lent with its first kHeaderBytesMax bytes at least:
/// they are copied together if the first buffer holds less.
///
/// How much waits is asked of the driver by two descriptors, a quarter and three
/// quarters down the ring, and only after a burst that is at least half full: counting
/// all that wait (rte_eth_rx_queue_count) walks the ring in most drivers. Where the
/// driver does not tell, LossWatch does.
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

  /// More than all headers that are followed, but for some that only an attacker
  /// stacks; those end as one of the truncated ones.
  static constexpr std::uint32_t kHeaderBytesMax = 512;

  /// `end`: becomes true when the source shall end. What is in the queue then still
  /// comes; the first poll that finds nothing, or the last of kDrainPollMax, answers
  /// kEnd.
  PortSource(const QueueOptions& options, const std::atomic<bool>& end) noexcept;
  ~PortSource() override;

  [[nodiscard]] Poll poll(PacketBatch& batch) noexcept override;

  /// Packets of a port with a trusted clock whose stamp was missing or not believed.
  [[nodiscard]] std::uint64_t unstamped_count() const noexcept { return unstamped_count_; }

  /// Threads: any. The three are of about the same moment.
  [[nodiscard]] PollCounts poll_counts() const noexcept {
    return {.polls = polls_.load(std::memory_order_relaxed),
            .busy_cycles = busy_cycles_.load(std::memory_order_relaxed),
            .idle_cycles = idle_cycles_.load(std::memory_order_relaxed)};
  }

  /// The clock that stands in for a NIC's, as it is now in this process.
  [[nodiscard]] static TimeNs monotonic_ns() noexcept;
  /// What lies between that and real time, now.
  [[nodiscard]] static TimeNs realtime_offset_ns() noexcept;

 private:
  [[nodiscard]] TimeNs now_ns() const noexcept { return realtime_offset_ns_ + monotonic_ns(); }
  [[nodiscard]] TimeNs time_of(rte_mbuf* mbuf, TimeNs burst_ns) noexcept;
  [[nodiscard]] QueueLoad load() noexcept;
  void gather(rte_mbuf* mbuf, std::size_t index, PacketView& packet) noexcept;
  void release() noexcept;
  void count_poll() noexcept;
  void rest(PacketBatch& batch) noexcept;

  QueueOptions options_;
  const std::atomic<bool>& end_;
  TimeNs realtime_offset_ns_;
  std::uint32_t empty_polls_ = 0;
  std::uint32_t drain_polls_ = 0;
  bool tells_waiting_;
  LossWatch loss_watch_;
  ClockLine clock_;
  std::uint32_t clock_version_ = 0;
  std::uint64_t unstamped_count_ = 0;
  unsigned held_count_ = 0;
  std::uint64_t last_poll_cycles_ = 0;
  // Written by this core alone, so that no write needs to be more than a store.
  std::atomic<std::uint64_t> polls_{0};
  std::atomic<std::uint64_t> busy_cycles_{0};
  std::atomic<std::uint64_t> idle_cycles_{0};
  std::array<rte_mbuf*, PacketBatch::kPacketMax> held_{};
  std::array<std::array<std::byte, kHeaderBytesMax>, PacketBatch::kPacketMax> gathered_;
};

}  // namespace mimir::source
