// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/source/machine_fault.h"
#include "dataplane/source/packet_source.h"

struct rte_mbuf;
struct rte_mempool;
struct rte_ring;

namespace mimir::source {

struct GeneratorOptions {
  std::uint64_t packet_count = 0;
  std::uint32_t flow_count = 1000;
  TimeNs packet_interval_ns = 67;  ///< 14.88 Mpps, 10 GbE at 64 bytes
};

/// Packets as a benchmark of the dataplane needs them: 64-byte IPv4 UDP frames in
/// mbufs that were built beforehand and come and go through an rte_ring, each lent
/// packet belonging to a flow drawn uniformly from `flow_count`. What is measured
/// includes the ring and writing the flow's address into the frame.
///
/// Threads: open() on the main thread, poll() on one worker.
/// REQUIRES: Eal::start() with at least memory_bytes().
class MbufGenerator final : public PacketSource {
 public:
  /// Enough that mbufs and frames do not all stay in the second-level cache.
  static constexpr unsigned kMbufCount = 8192;

  explicit MbufGenerator(const GeneratorOptions& options) : options_(options) {}
  ~MbufGenerator() override;

  [[nodiscard]] static std::size_t memory_bytes();
  [[nodiscard]] bool open(MachineFault& fault);

  [[nodiscard]] Poll poll(PacketBatch& batch) noexcept override;

 private:
  void give_back() noexcept;

  GeneratorOptions options_;
  rte_mempool* pool_ = nullptr;
  rte_ring* ring_ = nullptr;
  std::uint64_t lent_count_ = 0;
  std::uint64_t random_ = 0x9e3779b97f4a7c15;
  unsigned held_count_ = 0;
  std::array<rte_mbuf*, PacketBatch::kPacketMax> held_{};
};

}  // namespace mimir::source
