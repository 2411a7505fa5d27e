// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/record/link_type.h"
#include "dataplane/record/time.h"

namespace mimir::source {

/// One packet, lent by its source.
struct PacketView {
  const std::byte* data = nullptr;
  std::uint32_t captured_bytes = 0;
  std::uint32_t wire_bytes = 0;  ///< >= captured_bytes unless the capture lies
  TimeNs time_ns = 0;

  [[nodiscard]] std::span<const std::byte> frame() const noexcept { return {data, captured_bytes}; }
};

/// How much waits in a source's queue.
enum class QueueLoad : std::uint8_t {
  kCalm,     ///< at most a quarter of what it holds
  kBusy,     ///< in between
  kPressed,  ///< at least three quarters, or it overflowed just now
};

/// What one poll brought. Borrowed: valid until the next poll of that source.
struct PacketBatch {
  /// Enough packets in flight to hide the latency of memory behind each other;
  /// few enough that their headers stay in the first cache.
  static constexpr std::size_t kPacketMax = 64;

  LinkType link = LinkType::kEthernet;
  std::size_t count = 0;
  /// The source's own time, which goes on when no packet comes; 0 if it has none.
  TimeNs now_ns = 0;
  /// How this poll left the queue; calm where packets can wait, as in a file.
  QueueLoad load = QueueLoad::kCalm;
  std::array<PacketView, kPacketMax> packets;
};

enum class Poll : std::uint8_t {
  kMore,  ///< go on polling
  kEnd,   ///< nothing will ever come again; the batch is empty
};

/// Where a worker's packets come from.
///
/// Threads: one source belongs to one worker. Cost: one virtual call a burst.
class PacketSource {
 public:
  PacketSource() = default;
  PacketSource(const PacketSource&) = delete;
  PacketSource& operator=(const PacketSource&) = delete;
  virtual ~PacketSource() = default;

  /// Fills `batch`; its former packets go back to their owner first.
  [[nodiscard]] virtual Poll poll(PacketBatch& batch) noexcept = 0;
};

}  // namespace mimir::source
