// SPDX-License-Identifier: Apache-2.0
// For rte_eth_read_clock() alone, which DPDK has called experimental since 2019.
#define ALLOW_EXPERIMENTAL_API
#include "dataplane/source/port.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <unistd.h>
#include <utility>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

#include "dataplane/source/packet_source.h"

namespace mimir::source {

namespace {

constexpr unsigned kCoreCacheCount = 256;
/// DPDK keeps up to half as much again in each core's cache.
constexpr std::size_t kCoreCacheHeld = kCoreCacheCount + kCoreCacheCount / 2;
constexpr std::uint16_t kDataRoomBytes = RTE_MBUF_DEFAULT_BUF_SIZE;
constexpr std::size_t kBufferBytes = RTE_MBUF_DEFAULT_DATAROOM;

/// An Ethernet header, its checksum and two VLAN tags, where the driver does not say.
constexpr std::size_t kOverheadBytes = 14 + 4 + 2 * 4;
/// What an MTU or frame length of the driver's table reads when it was never written.
constexpr std::uint16_t kMtuUnsaid = UINT16_MAX;
constexpr std::uint32_t kFrameUnsaid = UINT32_MAX;

std::string device_name(const std::string& device) { return device.substr(0, device.find(',')); }

/// The kernel's interface that a virtual device such as net_af_packet sits on, or "".
std::string interface_of(const std::string& device) {
  constexpr std::string_view kArgument = ",iface=";
  const std::size_t begin = device.find(kArgument);
  if (begin == std::string::npos) return {};
  const std::size_t name = begin + kArgument.size();
  return device.substr(name, device.find(',', name) - name);
}

/// The drivers on top of the kernel call every link up: the kernel knows better. Of an
/// interface that was switched off it does not say, which is down too.
bool has_carrier(const std::string& interface) {
  std::FILE* const file = std::fopen(("/sys/class/net/" + interface + "/carrier").c_str(), "re");
  if (file == nullptr) return false;
  const int first = std::fgetc(file);
  (void)std::fclose(file);
  return first == '1';
}

PortAbility ability_of(const rte_eth_dev_info& info) {
  const bool says_mtu = info.max_mtu != 0 && info.max_mtu != kMtuUnsaid;
  const bool says_frame = info.max_rx_pktlen > info.max_mtu && info.max_rx_pktlen != kFrameUnsaid;
  return {.hashes_flows = info.flow_type_rss_offloads != 0,
          .hashes_inside = (info.flow_type_rss_offloads & RTE_ETH_RSS_LEVEL_INNERMOST) != 0,
          .scatters = (info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER) != 0,
          .stamps = (info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_TIMESTAMP) != 0,
          .mtu_max = says_mtu ? info.max_mtu : std::size_t{0},
          .overhead_bytes = says_mtu && says_frame ? std::size_t{info.max_rx_pktlen} - info.max_mtu
                                                   : kOverheadBytes};
}

MachineFault refused(const std::string& device, const char* what, int error) {
  return {.kind = error == -EPERM || error == -EACCES ? MachineFault::Kind::kPermission
                                                      : MachineFault::Kind::kPortRefused,
          .message = "port " + device + ": " + what + ": " + rte_strerror(-error),
          .hint = error == -EPERM || error == -EACCES
                      ? "capturing needs root or CAP_NET_RAW"
                      : "lower dataplane.queues or dataplane.rx_descriptors, or see the driver's "
                        "page in the DPDK manual"};
}

const char* to_text(Spread spread) {
  switch (spread) {
    case Spread::kNone:
      return "one queue";
    case Spread::kByDriver:
      return "spread as its driver does";
    case Spread::kOuter:
      return "spread by the hash of the outer headers";
    case Spread::kInner:
      return "spread by the hash of the innermost headers";
  }
  return "";
}

}  // namespace

std::size_t mbuf_count(std::uint16_t queue_count, std::uint16_t rx_descriptor_count) {
  const std::size_t queues = queue_count;
  return queues * rx_descriptor_count                          // in the receive rings
         + queues * 2 * PacketBatch::kPacketMax * kSegmentMax  // lent, and one burst more
         + (queues + 1) * kCoreCacheHeld                       // in the caches of the cores
         + 1;  // a pool is best at 2^n - 1; any size works
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

// On the port's own memory node if there is room, so that no packet crosses to another.
bool Port::make_pool(const PortOptions& options, MachineFault& fault) {
  const std::string name = "mbufs" + std::to_string(id_);
  const auto count =
      static_cast<unsigned>(mbuf_count(options.queue_count, options.rx_descriptor_count));
  const int socket = rte_eth_dev_socket_id(id_);
  pool_ = rte_pktmbuf_pool_create(name.c_str(), count, kCoreCacheCount, 0, kDataRoomBytes, socket);
  if (pool_ == nullptr && socket != SOCKET_ID_ANY) {
    pool_ = rte_pktmbuf_pool_create(name.c_str(), count, kCoreCacheCount, 0, kDataRoomBytes,
                                    SOCKET_ID_ANY);
    if (pool_ != nullptr) {
      warn("is on memory node " + std::to_string(socket) +
           ", which has no room for its packet buffers: they are on another");
    }
  }
  if (pool_ != nullptr) return true;
  fault = {.kind = MachineFault::Kind::kMemory,
           .message = "port " + options.device + ": no memory for " + std::to_string(count) +
                      " packet buffers: " + rte_strerror(rte_errno),
           .hint = "lower dataplane.rx_descriptors or dataplane.queues"};
  return false;
}

// What a driver offers it may still refuse: then it is set up without that.
int Port::configure_device(const PortOptions& options) {
  rte_eth_dev_info info{};
  int error = rte_eth_dev_info_get(id_, &info);
  if (error != 0) return error;
  const PortAbility ability = ability_of(info);
  plan_ = plan_port(ability, options.queue_count, kBufferBytes);
  for (std::string& text : shortcomings(plan_, ability, options.queue_count)) warn(std::move(text));
  std::array<std::uint8_t, kRssKeyBytesMax> rss_key = symmetric_rss_key();
  for (;;) {
    rte_eth_conf conf{};
    conf.rxmode.mtu = static_cast<std::uint32_t>(plan_.mtu);
    if (plan_.scatters) conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
    if (plan_.stamps) conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_TIMESTAMP;
    if (plan_.spread == Spread::kOuter || plan_.spread == Spread::kInner) {
      conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
      conf.rx_adv_conf.rss_conf.rss_key = rss_key.data();
      conf.rx_adv_conf.rss_conf.rss_key_len =
          info.hash_key_size <= kRssKeyBytesMax ? info.hash_key_size : 40;
      // Fragments are hashed by their addresses alone, so that those of one datagram
      // stay together.
      conf.rx_adv_conf.rss_conf.rss_hf =
          info.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
    }
    if (plan_.spread == Spread::kInner) {
      conf.rx_adv_conf.rss_conf.rss_hf |= RTE_ETH_RSS_LEVEL_INNERMOST;
    }
    error = rte_eth_dev_configure(id_, options.queue_count, 0, &conf);
    if (error == 0) return 0;
    if (plan_.spread == Spread::kInner) {
      plan_.spread = Spread::kOuter;
      warn("refuses to hash the innermost headers: a tunnel may load one queue alone");
    } else if (plan_.stamps) {
      plan_.stamps = false;
      warn("refuses to stamp packets with its clock");
    } else if (plan_.mtu != 0) {
      warn("refuses an MTU of " + std::to_string(plan_.mtu) +
           ": longer frames than its default are counted as its errors");
      plan_.mtu = 0;
      plan_.scatters = false;
    } else {
      return error;
    }
  }
}

int Port::set_up_queues(const PortOptions& options) {
  descriptor_count_ = options.rx_descriptor_count;
  int error = rte_eth_dev_adjust_nb_rx_tx_desc(id_, &descriptor_count_, nullptr);
  const auto socket = static_cast<unsigned>(rte_eth_dev_socket_id(id_));
  for (std::uint16_t queue = 0; error == 0 && queue < options.queue_count; ++queue) {
    error = rte_eth_rx_queue_setup(id_, queue, descriptor_count_, socket, nullptr, pool_);
  }
  return error;
}

bool Port::configure(const PortOptions& options, MachineFault& fault) {
  const char* what = "configuration";
  int error = configure_device(options);
  if (error == 0) {
    what = "receive queue";
    error = set_up_queues(options);
  }
  if (error == 0) {
    what = "start";
    error = rte_eth_dev_start(id_);
  }
  if (error != 0) {
    fault = refused(options.device, what, error);
    return false;
  }
  listen_to_all();
  find_stamps();
  tell_set_up(options);
  return true;
}

// A virtual device that does not know promiscuous mode sees everything anyway.
void Port::listen_to_all() {
  rte_eth_dev_info info{};
  const bool is_virtual = rte_eth_dev_info_get(id_, &info) == 0 && info.device != nullptr &&
                          std::strcmp(rte_bus_name(rte_dev_bus(info.device)), "vdev") == 0;
  const auto matters = [is_virtual](int error) {
    return error != 0 && !(is_virtual && error == -ENOTSUP);
  };
  if (const int error = rte_eth_promiscuous_enable(id_); matters(error)) {
    warn(std::string("refuses promiscuous mode (") + rte_strerror(-error) +
         "): it may hand over only what is sent to its own address");
  }
  if (const int error = rte_eth_allmulticast_enable(id_); matters(error)) {
    // In promiscuous mode a port takes these too.
    if (rte_eth_promiscuous_get(id_) != 1) {
      warn(std::string("refuses all-multicast mode (") + rte_strerror(-error) +
           "): multicast packets may be missing");
    }
  }
  rte_eth_fc_conf flow_control{};
  if (rte_eth_dev_flow_ctrl_get(id_, &flow_control) != 0) return;
  if (flow_control.mode == RTE_ETH_FC_NONE) return;
  flow_control.mode = RTE_ETH_FC_NONE;
  if (const int error = rte_eth_dev_flow_ctrl_set(id_, &flow_control); error != 0) {
    warn(std::string("refuses to switch flow control off (") + rte_strerror(-error) +
         "): when it is full it may pause the switch");
  }
}

// The driver has registered both when it was started with the offload.
void Port::find_stamps() {
  int offset = 0;
  if (!plan_.stamps || rte_mbuf_dyn_rx_timestamp_register(&offset, &stamps_.flag) != 0) return;
  stamps_.offset = static_cast<std::size_t>(offset);
  std::uint64_t ticks = 0;
  if (rte_eth_read_clock(id_, &ticks) == 0) return;
  stamps_ = {};
  tell("stamps packets, but its clock cannot be read: they have the worker's time");
}

void Port::tell_set_up(const PortOptions& options) {
  std::uint16_t mtu = 0;
  (void)rte_eth_dev_get_mtu(id_, &mtu);
  std::string text = "is up: " + std::to_string(options.queue_count) + " x " +
                     std::to_string(descriptor_count_) + " descriptors, " + to_text(plan_.spread) +
                     ", MTU " + std::to_string(mtu);
  if (plan_.scatters) text += " over several buffers";
  if (const int socket = rte_eth_dev_socket_id(id_); socket != SOCKET_ID_ANY) {
    text += ", memory node " + std::to_string(socket);
  }
  tell(text +
       (stamps_.flag == 0 ? ", packets have the worker's time" : ", its clock is being learned"));
}

bool Port::open(const PortOptions& options, MachineFault& fault) {
  device_ = device_name(options.device);
  interface_ = interface_of(options.device);
  if (!attach(options.device, fault) || !make_pool(options, fault)) return false;
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

void Port::watch_link() {
  bool is_up = true;
  if (!interface_.empty()) {
    is_up = has_carrier(interface_);
  } else {
    rte_eth_link link{};
    if (rte_eth_link_get_nowait(id_, &link) != 0) return;
    is_up = link.link_status == RTE_ETH_LINK_UP;
  }
  const Link link = is_up ? Link::kUp : Link::kDown;
  const Link before = std::exchange(link_, link);
  if (link == before) return;
  if (!is_up) {
    if (before == Link::kUp) ++link_losses_;
    warn(before == Link::kUp ? "lost its link" : "has no link yet");
  } else if (before == Link::kDown) {
    tell("has its link");
  }
}

void Port::watch_clock() {
  if (stamps_.flag == 0 || clock_.state() == NicClock::State::kRefused) return;
  const NicClock::State before = clock_.state();
  const TimeNs before_ns = PortSource::monotonic_ns();
  std::uint64_t ticks = 0;
  if (rte_eth_read_clock(id_, &ticks) != 0) return;
  const TimeNs took_ns = PortSource::monotonic_ns() - before_ns;
  // One that was interrupted says too little: over the tenth of a second that the first rate
  // comes from, it would be off by more than a crystal is.
  constexpr TimeNs kReadingMaxNs = NicClock::kErrorMaxNs / 50;
  if (took_ns > kReadingMaxNs) return;
  const NicClock::State state = clock_.read(ticks, before_ns + took_ns / 2);
  signals_.clock.publish(state == NicClock::State::kTrusted ? clock_.line() : ClockLine{});
  if (state == before) return;
  if (state == NicClock::State::kTrusted) {
    tell("stamps packets at " +
         std::to_string(static_cast<std::uint64_t>(1e6 / clock_.line().ns_per_tick)) +
         " kHz: they have its time");
  } else {
    warn(std::string("stamps packets, but its clock ") + clock_.refusal() +
         ": they have the worker's time");
  }
}

void Port::watch(std::vector<PortNews>& news) {
  if (!is_open_) return;
  rte_eth_stats stats{};
  if (rte_eth_stats_get(id_, &stats) == 0) {
    signals_.missed.store(stats.imissed, std::memory_order_relaxed);
    // An upper bound: without a buffer some drivers lose the packet, others leave it to the
    // NIC, which then counts it as missed too.
    lost_ = std::max(lost_, stats.imissed + stats.ierrors + stats.rx_nombuf);
  }
  watch_link();
  watch_clock();
  for (PortNews& item : news_) {
    item.text = "port " + device_ + " " + item.text;
    news.push_back(std::move(item));
  }
  news_.clear();
}

QueueOptions Port::queue(std::uint16_t index) const {
  return {.port_id = id_,
          .queue = index,
          .link = LinkType::kEthernet,
          .fields = {},
          .stamps = stamps_,
          .descriptor_count = descriptor_count_,
          .signals = &signals_};
}

PortCounters Port::counters() const {
  rte_eth_stats stats{};
  if (!is_open_ || rte_eth_stats_get(id_, &stats) != 0) return {};
  PortCounters counters{.received = stats.ipackets,
                        .missed = stats.imissed,
                        .errors = stats.ierrors,
                        .no_buffer = stats.rx_nombuf,
                        .link_losses = link_losses_};
  const int count = rte_eth_xstats_get(id_, nullptr, 0);
  if (count <= 0) return counters;
  std::vector<rte_eth_xstat_name> names(static_cast<std::size_t>(count));
  std::vector<rte_eth_xstat> values(static_cast<std::size_t>(count));
  const auto room = static_cast<unsigned>(count);
  if (rte_eth_xstats_get_names(id_, names.data(), room) != count ||
      rte_eth_xstats_get(id_, values.data(), room) != count) {
    return counters;
  }
  for (const rte_eth_xstat& value : values) {
    const char* const name = names[value.id].name;
    if (value.value > 0 && counts_loss(name)) {
      counters.named.push_back({.name = name, .count = value.value});
    }
  }
  return counters;
}

}  // namespace mimir::source
