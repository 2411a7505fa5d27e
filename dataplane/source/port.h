// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "dataplane/source/machine_fault.h"

struct rte_mempool;

namespace mimir::source {

struct PortOptions {
  /// A PCI address ("0000:3b:00.0") or a virtual device with its arguments
  /// ("net_af_packet0,iface=mirror0").
  std::string device;
  std::uint16_t queue_count = 1;
  std::uint16_t rx_descriptor_count = 1024;
};

/// What the port itself says of its packets, since start.
struct PortCounters {
  std::uint64_t received = 0;
  std::uint64_t missed = 0;     ///< the NIC had no free descriptor: imissed
  std::uint64_t errors = 0;     ///< bad on the wire: ierrors
  std::uint64_t no_buffer = 0;  ///< the pool was empty: rx_nombuf
};

/// The mbufs a port of these options can hold at once, one term a line:
/// what its rings hold, what one burst of each queue holds, what the caches of
/// the cores hold back.
[[nodiscard]] std::size_t mbuf_count(std::uint16_t queue_count, std::uint16_t rx_descriptor_count);
/// What EAL must reserve for `count` of them.
[[nodiscard]] std::size_t mbuf_pool_bytes(std::size_t count);

/// An Ethernet device that only listens: promiscuous, no transmit queue, no
/// offload, never pauses the switch.
///
/// Threads: open() and close() on the main thread; counters() on any.
/// REQUIRES: Eal::start() has succeeded; close() before Eal::stop().
class Port {
 public:
  Port() = default;
  ~Port() { close(); }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  [[nodiscard]] bool open(const PortOptions& options, MachineFault& fault);
  void close();

  [[nodiscard]] std::uint16_t id() const { return id_; }
  [[nodiscard]] PortCounters counters() const;

 private:
  [[nodiscard]] bool attach(const std::string& device, MachineFault& fault);
  [[nodiscard]] bool configure(const PortOptions& options, MachineFault& fault);

  rte_mempool* pool_ = nullptr;
  std::uint16_t id_ = 0;
  bool is_open_ = false;
};

}  // namespace mimir::source
