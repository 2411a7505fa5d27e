// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/mbuf_generator.h"

#include <cstring>
#include <string>

#include <rte_byteorder.h>
#include <rte_errno.h>
#include <rte_mbuf.h>
#include <rte_prefetch.h>
#include <rte_ring.h>

#include "dataplane/source/port.h"

namespace mimir::source {

namespace {

constexpr std::size_t kFrameBytes = 60;  // 64 on the wire with the frame check sequence
constexpr unsigned kRingCount = 2 * MbufGenerator::kMbufCount;
constexpr TimeNs kFirstPacketNs = 1'700'000'000 * kNsPerSecond;
constexpr std::size_t kSourceOffset = 26;  // of the source address in the frame

// Ethernet, IPv4 (46 bytes, UDP, 10.x.x.x to 192.0.2.1), UDP to port 53.
constexpr std::array<std::uint8_t, kFrameBytes> kFrame{
    0x02, 0,    0, 0,  0, 2,  0x02, 0, 0,  0,  0, 1, 0x08, 0x00,                      //
    0x45, 0,    0, 46, 0, 0,  0,    0, 64, 17, 0, 0, 10,   0,    0, 0, 192, 0, 2, 1,  //
    0x9c, 0x40, 0, 53, 0, 26, 0,    0};

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
    std::memcpy(rte_pktmbuf_append(mbuf, kFrameBytes), kFrame.data(), kFrameBytes);
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
  if (lent_count_ >= options_.packet_count) return Poll::kEnd;
  void** const first = reinterpret_cast<void**>(held_.data());
  held_count_ = rte_ring_sc_dequeue_burst(ring_, first, PacketBatch::kPacketMax, nullptr);
  // As a poll-mode driver does: the buffers' own lines, then the frames'.
  for (unsigned i = 0; i < held_count_; ++i) rte_prefetch0(held_[i]);
  for (unsigned i = 0; i < held_count_; ++i) rte_prefetch0(rte_pktmbuf_mtod(held_[i], void*));
  for (unsigned i = 0; i < held_count_; ++i) {
    // xorshift64*, and its upper half scaled down to the number of flows.
    random_ ^= random_ >> 12;
    random_ ^= random_ << 25;
    random_ ^= random_ >> 27;
    const std::uint64_t drawn = random_ * 0x2545f4914f6cdd1d;
    const auto flow = static_cast<std::uint32_t>((drawn >> 32) * options_.flow_count >> 32);
    auto* const frame = rte_pktmbuf_mtod(held_[i], std::byte*);
    const std::uint32_t source = rte_cpu_to_be_32(0x0a000000U + flow);
    std::memcpy(frame + kSourceOffset, &source, sizeof source);
    ++lent_count_;
    batch.packets[i] = {
        .data = frame,
        .captured_bytes = kFrameBytes,
        .wire_bytes = kFrameBytes,
        .time_ns = kFirstPacketNs + static_cast<TimeNs>(lent_count_) * options_.packet_interval_ns};
  }
  batch.count = held_count_;
  return Poll::kMore;
}

}  // namespace mimir::source
