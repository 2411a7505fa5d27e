// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/mbuf_generator.h"

#include <cstring>
#include <string>

#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>
#include <rte_ring.h>

#include "dataplane/source/port.h"

namespace mimir::source {

namespace {

constexpr unsigned kRingCount = 2 * MbufGenerator::kMbufCount;
constexpr TimeNs kFirstPacketNs = 1'700'000'000 * kNsPerSecond;

}  // namespace

std::size_t MbufGenerator::memory_bytes() {
  return mbuf_pool_bytes(kMbufCount) + kRingCount * sizeof(void*);
}

bool MbufGenerator::open(MachineFault& fault) {
  pool_ = rte_pktmbuf_pool_create("generator", kMbufCount, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
                                  SOCKET_ID_ANY);
  ring_ = rte_ring_create("generator", kRingCount, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
  if (pool_ == nullptr || ring_ == nullptr) {
    fault = {
        .kind = MachineFault::Kind::kMemory,
        .message = std::string("no memory for the benchmark's packets: ") + rte_strerror(rte_errno),
        .hint = "free memory on this machine"};
    return false;
  }
  for (unsigned i = 0; i < kMbufCount; ++i) {
    rte_mbuf* const mbuf = rte_pktmbuf_alloc(pool_);
    const std::vector<std::byte> frame = shape_.build(shape_.frame_bytes(i));
    std::memcpy(rte_pktmbuf_append(mbuf, static_cast<std::uint16_t>(frame.size())), frame.data(),
                frame.size());
    (void)rte_ring_sp_enqueue(ring_, mbuf);
  }
  return true;
}

MbufGenerator::~MbufGenerator() {
  rte_ring_free(ring_);
  rte_mempool_free(pool_);
}

void MbufGenerator::give_back() noexcept {
  if (held_count_ == 0) return;
  void* const* const first = reinterpret_cast<void* const*>(held_.data());
  (void)rte_ring_sp_enqueue_bulk(ring_, first, held_count_, nullptr);
  held_count_ = 0;
}

Poll MbufGenerator::poll(PacketBatch& batch) noexcept {
  give_back();
  batch.count = 0;
  if (lent_count_ >= packet_count_) return Poll::kEnd;
  void** const first = reinterpret_cast<void**>(held_.data());
  held_count_ = rte_ring_sc_dequeue_burst(ring_, first, PacketBatch::kPacketMax, nullptr);
  // As a poll-mode driver does: the buffers' own lines, then the frames'.
  for (unsigned i = 0; i < held_count_; ++i) rte_prefetch0(held_[i]);
  for (unsigned i = 0; i < held_count_; ++i) rte_prefetch0(rte_pktmbuf_mtod(held_[i], void*));
  // Copies, which no store into a frame can change: they stay in registers.
  FlowDraw draw = draw_;
  const FrameShape shape = shape_;
  TimeNs time_ns = kFirstPacketNs + static_cast<TimeNs>(lent_count_) * packet_interval_ns_;
  std::uint64_t established_count = 0;
  for (unsigned i = 0; i < held_count_; ++i) {
    const GeneratedFlow flow = draw.next();
    auto* const frame = rte_pktmbuf_mtod(held_[i], std::byte*);
    shape.write(frame, flow);
    established_count += static_cast<std::uint64_t>(!flow.is_new);
    const std::uint32_t bytes = rte_pktmbuf_data_len(held_[i]);
    batch.packets[i] = {
        .data = frame, .captured_bytes = bytes, .wire_bytes = bytes, .time_ns = time_ns};
    time_ns += packet_interval_ns_;
  }
  draw_ = draw;
  lent_count_ += held_count_;
  established_count_ += established_count;
  batch.count = held_count_;
  return Poll::kMore;
}

}  // namespace mimir::source
