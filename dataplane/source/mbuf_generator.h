// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/source/generated_traffic.h"
#include "dataplane/source/machine_fault.h"
#include "dataplane/source/packet_source.h"

struct rte_mbuf;
struct rte_mempool;
struct rte_ring;

namespace mimir::source {

/// Packets as a benchmark of the dataplane needs them: generated traffic in mbufs that
/// were built beforehand and come and go through an rte_ring. What is measured includes
/// the ring and writing the flow into the frame.
///
/// Threads: open() on the main thread, poll() on one worker.
/// REQUIRES: Eal::start() with at least memory_bytes().
class MbufGenerator final : public PacketSource {
 public:
  /// Enough that mbufs and frames do not all stay in the second-level cache.
  static constexpr unsigned kMbufCount = 8192;

  /// Every poll brings a full burst until at least `packet_count` packets were lent.
  MbufGenerator(const TrafficOptions& options, std::uint64_t packet_count)
      : packet_interval_ns_(options.packet_interval_ns),
        packet_count_(packet_count),
        shape_(options),
        draw_(options) {}
  ~MbufGenerator() override;

  [[nodiscard]] static std::size_t memory_bytes();
  [[nodiscard]] bool open(MachineFault& fault);

  [[nodiscard]] Poll poll(PacketBatch& batch) noexcept override;

  /// Packets that fill a table: see FlowDraw.
  [[nodiscard]] std::uint64_t fill_count() const noexcept { return draw_.fill_count(); }
  [[nodiscard]] std::uint64_t lent_count() const noexcept { return lent_count_; }
  /// Of those, the packets of flows that no flood opened.
  [[nodiscard]] std::uint64_t established_count() const noexcept { return established_count_; }

 private:
  void give_back() noexcept;

  TimeNs packet_interval_ns_;
  std::uint64_t packet_count_;
  FrameShape shape_;
  FlowDraw draw_;
  rte_mempool* pool_ = nullptr;
  rte_ring* ring_ = nullptr;
  std::uint64_t lent_count_ = 0;
  std::uint64_t established_count_ = 0;
  unsigned held_count_ = 0;
  std::array<rte_mbuf*, PacketBatch::kPacketMax> held_{};
};

}  // namespace mimir::source
