// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "dataplane/source/capture_file.h"
#include "dataplane/source/machine_fault.h"
#include "dataplane/source/port_source.h"

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

  ReplayPort() = default;
  ~ReplayPort() { close(); }
  ReplayPort(const ReplayPort&) = delete;
  ReplayPort& operator=(const ReplayPort&) = delete;

  [[nodiscard]] static std::size_t memory_bytes();

  [[nodiscard]] bool open(MachineFault& fault);
  void close();

  [[nodiscard]] std::uint16_t id() const { return id_; }
  [[nodiscard]] MbufFields fields() const { return fields_; }
  /// True once feed() has put the last packet into the ring.
  [[nodiscard]] const std::atomic<bool>& ended() const { return ended_; }

  /// Sends all of `capture` through the port, waiting whenever the ring is full,
  /// unless `stop` becomes true. Packets longer than an mbuf keep their wire
  /// length and their first bytes; packets of another link than `link`
  /// stay out, as a port has one. Returns how many packets were sent.
  [[nodiscard]] std::uint64_t feed(PacketSource& capture, LinkType link,
                                   const std::atomic<bool>& stop) noexcept;
  /// Packets of another link, which a port has no place for. Valid after feed().
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

 private:
  rte_mempool* pool_ = nullptr;
  rte_ring* ring_ = nullptr;
  std::uint16_t id_ = 0;
  bool is_open_ = false;
  MbufFields fields_;
  std::uint64_t left_out_ = 0;
  std::atomic<bool> ended_{false};
};

}  // namespace mimir::source
