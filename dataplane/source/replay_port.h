// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "dataplane/source/capture_file.h"
#include "dataplane/source/machine_fault.h"
#include "dataplane/source/port_source.h"

struct rte_mbuf;
struct rte_mempool;
struct rte_ring;

namespace mimir::source {

/// A port whose wire is a capture: the packets of a file become mbufs that carry
/// their time and wire length, and go through a ring device (DPDK's net_ring) to
/// a worker that polls it like any other port.
///
/// Threads: open() and close() on the main thread, feed() on one core of its own.
/// REQUIRES: Eal::start() with at least memory_bytes().
class ReplayPort {
 public:
  static constexpr std::size_t kRingCount = 4096;
  static constexpr std::uint16_t kSegmentBytes = 2048;
  /// Of one packet: all of 64 kB, and few enough that two bursts leave the pool room.
  static constexpr std::uint16_t kSegmentMax = 33;

  ~ReplayPort() { close(); }
  ReplayPort(const ReplayPort&) = delete;
  ReplayPort& operator=(const ReplayPort&) = delete;

  [[nodiscard]] static std::size_t memory_bytes();

  /// `segment_bytes`: how much of a packet one buffer takes, as a NIC that scatters
  /// frames might have it. REQUIRES: at most kSegmentBytes.
  explicit ReplayPort(std::uint16_t segment_bytes = kSegmentBytes)
      : segment_bytes_(segment_bytes) {}

  [[nodiscard]] bool open(MachineFault& fault);
  void close();

  /// What the source of its one queue is to be made of.
  [[nodiscard]] QueueOptions queue(LinkType link) const {
    return {.port_id = id_, .queue = 0, .link = link, .fields = fields_, .stamps = {}};
  }
  /// True once feed() has put the last packet into the ring.
  [[nodiscard]] const std::atomic<bool>& ended() const { return ended_; }

  /// Sends all of `capture` through the port, waiting whenever the ring is full,
  /// unless `stop` becomes true. Packets longer than a buffer lie in several, those
  /// longer than kSegmentMax of them keep their wire length and their first bytes.
  /// Packets of another link than `link` stay out, as a port has one. Returns how
  /// many packets were sent.
  [[nodiscard]] std::uint64_t feed(PacketSource& capture, LinkType link,
                                   const std::atomic<bool>& stop) noexcept;
  /// Packets of another link, which a port has no place for. Valid after feed().
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

 private:
  void lay_out(const PacketView& packet, rte_mbuf* first) noexcept;

  std::uint16_t segment_bytes_;
  rte_mempool* pool_ = nullptr;
  rte_ring* ring_ = nullptr;
  std::uint16_t id_ = 0;
  bool is_open_ = false;
  MbufFields fields_;
  std::uint64_t left_out_ = 0;
  std::atomic<bool> ended_{false};
};

}  // namespace mimir::source
