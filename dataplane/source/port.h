// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/source/machine_fault.h"
#include "dataplane/source/nic_clock.h"
#include "dataplane/source/port_plan.h"
#include "dataplane/source/port_source.h"

struct rte_mempool;

namespace mimir::source {

struct PortOptions {
  /// A PCI address ("0000:3b:00.0") or a virtual device with its arguments
  /// ("net_af_packet0,iface=mirror0").
  std::string device;
  std::uint16_t queue_count = 1;
  std::uint16_t rx_descriptor_count = 1024;
};

/// A counter of the port's own that counts packets it did not hand over.
struct NamedCount {
  std::string name;
  std::uint64_t count = 0;
};

/// What the port itself says of its packets, since start.
struct PortCounters {
  std::uint64_t received = 0;
  std::uint64_t missed = 0;       ///< the NIC had no free descriptor: imissed
  std::uint64_t errors = 0;       ///< bad on the wire: ierrors
  std::uint64_t no_buffer = 0;    ///< the pool was empty: rx_nombuf
  std::uint64_t link_losses = 0;  ///< times it was there and went
  /// Its own counters that tell of loss and are not 0. They say more of what the three
  /// above have, or have what no driver puts there, so they are no part of a sum.
  std::vector<NamedCount> named{};
};

/// What an administrator should hear of a port: said once, when it is so.
struct PortNews {
  bool is_warning = false;
  std::string text;
};

/// The mbufs a port of these options can hold at once, one term a line:
/// what its rings hold, what one burst of each queue holds, what the caches of
/// the cores hold back.
[[nodiscard]] std::size_t mbuf_count(std::uint16_t queue_count, std::uint16_t rx_descriptor_count);
/// What EAL must reserve for `count` of them.
[[nodiscard]] std::size_t mbuf_pool_bytes(std::size_t count);

/// An Ethernet device that only listens: promiscuous, no transmit queue, the longest
/// frames it takes, never pauses the switch. What it cannot do, and would matter, is
/// among the news; see port_plan.h for how it is set up.
///
/// Packets have its own time if it stamps them and rte_eth_read_clock() reads that
/// clock and NicClock trusts it; else that of the worker at the burst.
///
/// Threads: all on the main thread.
/// REQUIRES: Eal::start() has succeeded; close() before Eal::stop().
class Port {
 public:
  Port() = default;
  ~Port() { close(); }
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  [[nodiscard]] bool open(const PortOptions& options, MachineFault& fault);
  void close();

  /// Looks after its link, its losses and its clock, and adds what is new since the last
  /// call to `news`. About ten times a second; workers learn of losses by it.
  void watch(std::vector<PortNews>& news);

  /// How it was set up. REQUIRES: it is open.
  [[nodiscard]] const PortPlan& plan() const { return plan_; }
  /// What a source of that queue is to be made of. Borrows from this.
  [[nodiscard]] QueueOptions queue(std::uint16_t index) const;
  [[nodiscard]] PortCounters counters() const;
  /// Of those, missed + errors + no_buffer as of the last look: never descends.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  [[nodiscard]] const std::string& device() const { return device_; }
  /// As of the last look.
  [[nodiscard]] bool is_link_up() const { return link_ == Link::kUp; }

 private:
  enum class Link : std::uint8_t { kUnknown, kUp, kDown };

  [[nodiscard]] bool attach(const std::string& device, MachineFault& fault);
  [[nodiscard]] bool make_pool(const PortOptions& options, MachineFault& fault);
  [[nodiscard]] bool configure(const PortOptions& options, MachineFault& fault);
  [[nodiscard]] int configure_device(const PortOptions& options);
  [[nodiscard]] int set_up_queues(const PortOptions& options);
  void listen_to_all();
  void tell_set_up(const PortOptions& options);
  void find_stamps();
  void watch_link();
  void watch_clock();
  void tell(std::string text) { news_.push_back({.is_warning = false, .text = std::move(text)}); }
  void warn(std::string text) { news_.push_back({.is_warning = true, .text = std::move(text)}); }

  std::string device_;
  std::string interface_;  ///< of a virtual device on one of the kernel's; empty: none
  rte_mempool* pool_ = nullptr;
  std::uint16_t id_ = 0;
  std::uint16_t descriptor_count_ = 0;
  bool is_open_ = false;
  PortPlan plan_;
  StampField stamps_;
  PortSignals signals_;
  NicClock clock_;
  Link link_ = Link::kUnknown;
  std::uint64_t link_losses_ = 0;
  std::uint64_t lost_ = 0;
  std::vector<PortNews> news_;
};

}  // namespace mimir::source
