// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/replay_port.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <sched.h>
#include <string>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_ring.h>

#include "dataplane/source/port.h"

namespace mimir::source {

namespace {

static_assert(ReplayPort::kSegmentBytes <= RTE_MBUF_DEFAULT_DATAROOM);

constexpr std::size_t kMbufCount = 2 * ReplayPort::kRingCount + 1024;

/// Its offset, or 0 if there is no room.
std::size_t register_field(const char* name, std::size_t bytes) {
  rte_mbuf_dynfield field{};
  (void)std::strncpy(field.name, name, sizeof field.name - 1);
  field.size = bytes;
  field.align = bytes;
  const int offset = rte_mbuf_dynfield_register(&field);
  return offset < 0 ? 0 : static_cast<std::size_t>(offset);
}

MachineFault out_of_memory(const char* what) {
  return {
      .kind = MachineFault::Kind::kMemory,
      .message = std::string("replay port: no memory for ") + what + ": " + rte_strerror(rte_errno),
      .hint = "free memory on this machine"};
}

}  // namespace

std::size_t ReplayPort::memory_bytes() {
  return mbuf_pool_bytes(kMbufCount) + kRingCount * sizeof(void*);
}

bool ReplayPort::open(MachineFault& fault) {
  pool_ = rte_pktmbuf_pool_create("replay", kMbufCount, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
                                  SOCKET_ID_ANY);
  ring_ = rte_ring_create("replay", kRingCount, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
  fields_.time_ns_offset = register_field("mimir_time_ns", sizeof(TimeNs));
  fields_.wire_bytes_offset = register_field("mimir_wire_bytes", sizeof(std::uint32_t));
  if (pool_ == nullptr || ring_ == nullptr || fields_.time_ns_offset == 0 ||
      fields_.wire_bytes_offset == 0) {
    fault = out_of_memory("packet buffers");
    return false;
  }
  const int port = rte_eth_from_rings("net_ring_replay", &ring_, 1, &ring_, 1, 0);
  if (port < 0) {
    fault = out_of_memory("the ring device");
    return false;
  }
  id_ = static_cast<std::uint16_t>(port);
  is_open_ = true;
  const rte_eth_conf conf{};
  int error = rte_eth_dev_configure(id_, 1, 0, &conf);
  if (error == 0) error = rte_eth_rx_queue_setup(id_, 0, kRingCount, 0, nullptr, pool_);
  if (error == 0) error = rte_eth_dev_start(id_);
  if (error == 0) return true;
  fault = {.kind = MachineFault::Kind::kPortRefused,
           .message = std::string("replay port: ") + rte_strerror(-error),
           .hint = "is the net_ring driver of this DPDK installed?"};
  return false;
}

void ReplayPort::close() {
  if (is_open_) {
    (void)rte_eth_dev_stop(id_);
    // Closed, the device would go on existing, and the next of its name be refused.
    rte_eth_dev_info info{};
    if (rte_eth_dev_info_get(id_, &info) == 0) (void)rte_dev_remove(info.device);
  }
  is_open_ = false;
  rte_ring_free(ring_);
  rte_mempool_free(pool_);
  ring_ = nullptr;
  pool_ = nullptr;
}

void ReplayPort::lay_out(const PacketView& packet, rte_mbuf* first) noexcept {
  const std::byte* from = packet.data;
  std::uint32_t left_bytes = packet.captured_bytes;
  rte_mbuf* last = first;
  for (;;) {
    const auto bytes =
        static_cast<std::uint16_t>(std::min<std::uint32_t>(left_bytes, segment_bytes_));
    std::memcpy(rte_pktmbuf_mtod(last, void*), from, bytes);
    last->data_len = bytes;
    first->pkt_len += bytes;
    from += bytes;
    left_bytes -= bytes;
    if (left_bytes == 0 || first->nb_segs == kSegmentMax) return;
    rte_mbuf* next = rte_pktmbuf_alloc(pool_);
    while (next == nullptr) {
      sched_yield();
      next = rte_pktmbuf_alloc(pool_);
    }
    last->next = next;
    last = next;
    ++first->nb_segs;
  }
}

std::uint64_t ReplayPort::feed(PacketSource& capture, LinkType link,
                               const std::atomic<bool>& stop) noexcept {
  PacketBatch batch;
  std::array<rte_mbuf*, PacketBatch::kPacketMax> mbufs{};
  std::uint64_t sent = 0;
  while (!stop.load(std::memory_order_relaxed) && capture.poll(batch) == Poll::kMore) {
    if (batch.link != link) {
      left_out_ += batch.count;
      continue;
    }
    const auto count = static_cast<unsigned>(batch.count);
    while (rte_pktmbuf_alloc_bulk(pool_, mbufs.data(), count) != 0) sched_yield();
    for (unsigned i = 0; i < count; ++i) {
      const PacketView& packet = batch.packets[i];
      rte_mbuf* const mbuf = mbufs[i];
      lay_out(packet, mbuf);
      *RTE_MBUF_DYNFIELD(mbuf, fields_.time_ns_offset, TimeNs*) = packet.time_ns;
      *RTE_MBUF_DYNFIELD(mbuf, fields_.wire_bytes_offset, std::uint32_t*) =
          std::max(packet.wire_bytes, packet.captured_bytes);
    }
    unsigned queued = 0;
    while (queued < count) {
      void* const* const next = reinterpret_cast<void* const*>(mbufs.data() + queued);
      const unsigned now = rte_ring_sp_enqueue_burst(ring_, next, count - queued, nullptr);
      if (now == 0) sched_yield();
      queued += now;
    }
    sent += count;
  }
  // Release: who sees it also sees every packet in the ring.
  ended_.store(true, std::memory_order_release);
  return sent;
}

}  // namespace mimir::source
