// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/port.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "dataplane/source/packet_source.h"

namespace mimir::source {

namespace {

constexpr unsigned kCoreCacheCount = 256;
/// DPDK keeps up to half as much again in each core's cache.
constexpr std::size_t kCoreCacheHeld = kCoreCacheCount + kCoreCacheCount / 2;
constexpr std::uint16_t kDataRoomBytes = RTE_MBUF_DEFAULT_BUF_SIZE;

/// The repeated 0x6d5a makes Toeplitz symmetric, so that both directions of a
/// flow reach one queue (Woo and Park, 2012). Its 16 bits of entropy choose a
/// queue well enough; the flow table has its own hash.
constexpr std::size_t kRssKeyBytesMax = 64;

std::string device_name(const std::string& device) { return device.substr(0, device.find(',')); }

MachineFault refused(const std::string& device, const char* what, int error) {
  return {.kind = error == -EPERM || error == -EACCES ? MachineFault::Kind::kPermission
                                                      : MachineFault::Kind::kPortRefused,
          .message = "port " + device + ": " + what + ": " + rte_strerror(-error),
          .hint = error == -EPERM || error == -EACCES
                      ? "capturing needs root or CAP_NET_RAW"
                      : "lower dataplane.queues or dataplane.rx_descriptors, or see the driver's "
                        "page in the DPDK manual"};
}

}  // namespace

std::size_t mbuf_count(std::uint16_t queue_count, std::uint16_t rx_descriptor_count) {
  const std::size_t queues = queue_count;
  return queues * rx_descriptor_count            // in the receive rings
         + queues * 2 * PacketBatch::kPacketMax  // lent to workers, and one burst more
         + (queues + 1) * kCoreCacheHeld         // in the caches of the cores
         + 1;                                    // a pool is best at 2^n - 1; any size works
}

std::size_t mbuf_pool_bytes(std::size_t count) {
  // The header, the data, and what the pool adds to align each.
  return count * (sizeof(rte_mbuf) + kDataRoomBytes + std::size_t{2} * RTE_CACHE_LINE_SIZE);
}

bool Port::attach(const std::string& device, MachineFault& fault) {
  const std::string name = device_name(device);
  if (rte_eth_dev_get_port_by_name(name.c_str(), &id_) == 0) return true;
  const int error = rte_dev_probe(device.c_str());
  if (error == 0 && rte_eth_dev_get_port_by_name(name.c_str(), &id_) == 0) return true;
  // Drivers answer -1 to anything, which reads as EPERM: only the user tells.
  const bool is_root = geteuid() == 0;
  fault = {.kind = is_root ? MachineFault::Kind::kNoSuchPort : MachineFault::Kind::kPermission,
           .message = "port " + device + " does not exist or could not be opened",
           .hint = is_root ? "see `dpdk-devbind.py --status` for PCI addresses and `ip link` for "
                             "the iface= of net_af_packet"
                           : "capturing needs root or CAP_NET_RAW"};
  return false;
}

bool Port::configure(const PortOptions& options, MachineFault& fault) {
  rte_eth_dev_info info{};
  int error = rte_eth_dev_info_get(id_, &info);
  if (error != 0) {
    fault = refused(options.device, "no information", error);
    return false;
  }
  std::array<std::uint8_t, kRssKeyBytesMax> rss_key{};
  for (std::size_t i = 0; i < rss_key.size(); ++i) rss_key[i] = i % 2 == 0 ? 0x6d : 0x5a;
  rte_eth_conf conf{};
  if (options.queue_count > 1 && info.flow_type_rss_offloads != 0) {
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf.rx_adv_conf.rss_conf.rss_key = rss_key.data();
    conf.rx_adv_conf.rss_conf.rss_key_len =
        info.hash_key_size <= kRssKeyBytesMax ? info.hash_key_size : 40;
    conf.rx_adv_conf.rss_conf.rss_hf =
        info.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
  }
  error = rte_eth_dev_configure(id_, options.queue_count, 0, &conf);
  std::uint16_t descriptors = options.rx_descriptor_count;
  if (error == 0) error = rte_eth_dev_adjust_nb_rx_tx_desc(id_, &descriptors, nullptr);
  if (error != 0) {
    fault = refused(options.device, "configuration", error);
    return false;
  }
  const auto socket = static_cast<unsigned>(rte_eth_dev_socket_id(id_));
  for (std::uint16_t queue = 0; queue < options.queue_count; ++queue) {
    error = rte_eth_rx_queue_setup(id_, queue, descriptors, socket, nullptr, pool_);
    if (error != 0) {
      fault = refused(options.device, "receive queue", error);
      return false;
    }
  }
  error = rte_eth_dev_start(id_);
  if (error != 0) {
    fault = refused(options.device, "start", error);
    return false;
  }
  // Virtual devices that see everything anyway do not know these.
  (void)rte_eth_promiscuous_enable(id_);
  (void)rte_eth_allmulticast_enable(id_);
  rte_eth_fc_conf flow_control{};
  if (rte_eth_dev_flow_ctrl_get(id_, &flow_control) == 0) {
    flow_control.mode = RTE_ETH_FC_NONE;
    (void)rte_eth_dev_flow_ctrl_set(id_, &flow_control);
  }
  return true;
}

bool Port::open(const PortOptions& options, MachineFault& fault) {
  if (!attach(options.device, fault)) return false;
  const std::string pool_name = "mbufs" + std::to_string(id_);
  const std::size_t count = mbuf_count(options.queue_count, options.rx_descriptor_count);
  pool_ = rte_pktmbuf_pool_create(pool_name.c_str(), static_cast<unsigned>(count), kCoreCacheCount,
                                  0, kDataRoomBytes, SOCKET_ID_ANY);
  if (pool_ == nullptr) {
    fault = {.kind = MachineFault::Kind::kMemory,
             .message = "port " + options.device + ": no memory for " + std::to_string(count) +
                        " packet buffers: " + rte_strerror(rte_errno),
             .hint = "lower dataplane.rx_descriptors or dataplane.queues"};
    return false;
  }
  is_open_ = true;
  return configure(options, fault);
}

void Port::close() {
  if (!is_open_) return;
  is_open_ = false;
  (void)rte_eth_dev_stop(id_);
  (void)rte_eth_dev_close(id_);
  rte_mempool_free(pool_);
}

PortCounters Port::counters() const {
  rte_eth_stats stats{};
  if (!is_open_ || rte_eth_stats_get(id_, &stats) != 0) return {};
  return {.received = stats.ipackets,
          .missed = stats.imissed,
          .errors = stats.ierrors,
          .no_buffer = stats.rx_nombuf};
}

}  // namespace mimir::source
