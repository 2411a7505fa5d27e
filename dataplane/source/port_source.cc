// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/port_source.h"

#include <ctime>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_pause.h>
#include <rte_prefetch.h>

namespace mimir::source {

namespace {

TimeNs read_clock(clockid_t clock) noexcept {
  timespec now{};
  (void)clock_gettime(clock, &now);  // answered in user space (vDSO), once a burst
  return TimeNs{now.tv_sec} * kNsPerSecond + now.tv_nsec;
}

}  // namespace

PortSource::PortSource(std::uint16_t port_id, std::uint16_t queue, LinkType link, MbufFields fields,
                       const std::atomic<bool>& end) noexcept
    : port_id_(port_id),
      queue_(queue),
      link_(link),
      fields_(fields),
      end_(end),
      realtime_offset_ns_(read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC)) {}

PortSource::~PortSource() { release(); }

TimeNs PortSource::now_ns() const noexcept {
  return realtime_offset_ns_ + read_clock(CLOCK_MONOTONIC);
}

void PortSource::release() noexcept {
  if (held_count_ > 0) rte_pktmbuf_free_bulk(held_.data(), held_count_);
  held_count_ = 0;
}

void PortSource::rest(PacketBatch& batch) noexcept {
  ++empty_polls_;
  // The queue's own time, now and then: heartbeats need no precision. A port
  // whose packets bring their time has none.
  if (empty_polls_ % 256 == 0 && fields_.time_ns_offset == 0) batch.now_ns = now_ns();
  if (empty_polls_ > kEmptyPollMax) {
    rte_delay_us_sleep(kRestMicroseconds);
  } else {
    rte_pause();
  }
}

Poll PortSource::poll(PacketBatch& batch) noexcept {
  release();
  batch.link = link_;
  batch.now_ns = 0;
  batch.count = 0;
  // Read before the queue: what was in it when the end was told still comes.
  const bool is_ending = end_.load(std::memory_order_acquire);
  if (is_ending && ++drain_polls_ > kDrainPollMax) return Poll::kEnd;
  held_count_ = rte_eth_rx_burst(port_id_, queue_, held_.data(), PacketBatch::kPacketMax);
  if (held_count_ == 0) {
    if (is_ending) return Poll::kEnd;
    rest(batch);
    return Poll::kMore;
  }
  empty_polls_ = 0;
  for (unsigned i = 0; i < held_count_; ++i) rte_prefetch0(rte_pktmbuf_mtod(held_[i], void*));
  const TimeNs burst_ns = fields_.time_ns_offset == 0 ? now_ns() : 0;
  for (unsigned i = 0; i < held_count_; ++i) {
    rte_mbuf* const mbuf = held_[i];
    PacketView& packet = batch.packets[i];
    packet.data = rte_pktmbuf_mtod(mbuf, const std::byte*);
    packet.captured_bytes = mbuf->data_len;  // headers lie in the first segment
    packet.wire_bytes = fields_.wire_bytes_offset == 0
                            ? mbuf->pkt_len
                            : *RTE_MBUF_DYNFIELD(mbuf, fields_.wire_bytes_offset, std::uint32_t*);
    packet.time_ns = fields_.time_ns_offset == 0
                         ? burst_ns
                         : *RTE_MBUF_DYNFIELD(mbuf, fields_.time_ns_offset, TimeNs*);
  }
  batch.count = held_count_;
  return Poll::kMore;
}

}  // namespace mimir::source
