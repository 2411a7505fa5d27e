// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/port_source.h"

#include <algorithm>
#include <cstring>
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

bool is_done(const QueueOptions& queue, std::uint32_t descriptor) noexcept {
  return rte_eth_rx_descriptor_status(queue.port_id, queue.queue,
                                      static_cast<std::uint16_t>(descriptor)) ==
         RTE_ETH_RX_DESC_DONE;
}

}  // namespace

TimeNs PortSource::monotonic_ns() noexcept { return read_clock(CLOCK_MONOTONIC); }

TimeNs PortSource::realtime_offset_ns() noexcept {
  return read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC);
}

PortSource::PortSource(const QueueOptions& options, const std::atomic<bool>& end) noexcept
    : options_(options),
      end_(end),
      realtime_offset_ns_(realtime_offset_ns()),
      tells_waiting_(options.signals != nullptr &&
                     rte_eth_rx_descriptor_status(options.port_id, options.queue, 0) >= 0) {}

PortSource::~PortSource() { release(); }

void PortSource::release() noexcept {
  if (held_count_ > 0) rte_pktmbuf_free_bulk(held_.data(), held_count_);
  held_count_ = 0;
}

// Once a poll, not once a packet. REQUIRES: held_count_ is still the last poll's.
void PortSource::count_poll() noexcept {
  const auto add = [](std::atomic<std::uint64_t>& count, std::uint64_t more) noexcept {
    count.store(count.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  };
  const std::uint64_t now = rte_rdtsc();
  if (last_poll_cycles_ != 0) {
    add(held_count_ > 0 ? busy_cycles_ : idle_cycles_, now - last_poll_cycles_);
  }
  last_poll_cycles_ = now;
  add(polls_, 1);
}

void PortSource::rest(PacketBatch& batch) noexcept {
  ++empty_polls_;
  // The queue's own time, now and then: heartbeats need no precision. A port
  // whose packets bring their time has none.
  if (empty_polls_ % 256 == 0 && options_.fields.time_ns_offset == 0) batch.now_ns = now_ns();
  if (empty_polls_ > kEmptyPollMax) {
    rte_delay_us_sleep(kRestMicroseconds);
  } else {
    rte_pause();
  }
}

// REQUIRES: a burst was received just now.
QueueLoad PortSource::load() noexcept {
  if (options_.signals == nullptr) return QueueLoad::kCalm;
  if (!tells_waiting_) {
    return loss_watch_.look(held_count_ == PacketBatch::kPacketMax,
                            options_.signals->missed.load(std::memory_order_relaxed));
  }
  if (held_count_ < PacketBatch::kPacketMax / 2) return QueueLoad::kCalm;
  const std::uint32_t quarter = options_.descriptor_count / 4U;
  if (is_done(options_, 3 * quarter)) return QueueLoad::kPressed;
  return is_done(options_, quarter) ? QueueLoad::kBusy : QueueLoad::kCalm;
}

TimeNs PortSource::time_of(rte_mbuf* mbuf, TimeNs burst_ns) noexcept {
  if (options_.fields.time_ns_offset != 0) {
    return *RTE_MBUF_DYNFIELD(mbuf, options_.fields.time_ns_offset, TimeNs*);
  }
  if (!clock_.is_there()) return burst_ns;
  if ((mbuf->ol_flags & options_.stamps.flag) != 0) {
    const std::uint64_t ticks = *RTE_MBUF_DYNFIELD(mbuf, options_.stamps.offset, std::uint64_t*);
    const TimeNs time_ns = realtime_offset_ns_ + clock_.to_ns(ticks);
    if (is_believable(time_ns, burst_ns)) return time_ns;
  }
  ++unstamped_count_;
  return burst_ns;
}

// REQUIRES: more than one segment.
void PortSource::gather(rte_mbuf* mbuf, std::size_t index, PacketView& packet) noexcept {
  const std::uint32_t bytes = std::min(mbuf->pkt_len, kHeaderBytesMax);
  if (bytes <= mbuf->data_len) return;
  std::byte* const into = gathered_[index].data();
  std::uint32_t copied = 0;
  // Along the segments that are there: a driver's pkt_len may speak of more.
  for (const rte_mbuf* segment = mbuf; segment != nullptr && copied < bytes;
       segment = segment->next) {
    const std::uint32_t part = std::min<std::uint32_t>(segment->data_len, bytes - copied);
    std::memcpy(into + copied, rte_pktmbuf_mtod(segment, const std::byte*), part);
    copied += part;
  }
  packet.data = into;
  packet.captured_bytes = copied;
}

Poll PortSource::poll(PacketBatch& batch) noexcept {
  count_poll();
  release();
  batch.link = options_.link;
  batch.now_ns = 0;
  batch.count = 0;
  batch.load = QueueLoad::kCalm;
  // Read before the queue: what was in it when the end was told still comes.
  const bool is_ending = end_.load(std::memory_order_acquire);
  if (is_ending && ++drain_polls_ > kDrainPollMax) return Poll::kEnd;
  held_count_ =
      rte_eth_rx_burst(options_.port_id, options_.queue, held_.data(), PacketBatch::kPacketMax);
  if (held_count_ == 0) {
    if (is_ending) return Poll::kEnd;
    rest(batch);
    return Poll::kMore;
  }
  empty_polls_ = 0;
  for (unsigned i = 0; i < held_count_; ++i) rte_prefetch0(rte_pktmbuf_mtod(held_[i], void*));
  batch.load = load();
  if (options_.stamps.flag != 0) options_.signals->clock.read(clock_, clock_version_);
  const TimeNs burst_ns = options_.fields.time_ns_offset == 0 ? now_ns() : 0;
  for (unsigned i = 0; i < held_count_; ++i) {
    rte_mbuf* const mbuf = held_[i];
    PacketView& packet = batch.packets[i];
    packet.data = rte_pktmbuf_mtod(mbuf, const std::byte*);
    packet.captured_bytes = mbuf->data_len;
    if (mbuf->nb_segs > 1) [[unlikely]]
      gather(mbuf, i, packet);
    packet.wire_bytes =
        options_.fields.wire_bytes_offset == 0
            ? mbuf->pkt_len
            : *RTE_MBUF_DYNFIELD(mbuf, options_.fields.wire_bytes_offset, std::uint32_t*);
    packet.time_ns = time_of(mbuf, burst_ns);
  }
  batch.count = held_count_;
  return Poll::kMore;
}

}  // namespace mimir::source
