// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/flow/slot_memory.h"
#include "dataplane/record/time.h"

namespace mimir::flow {

/// Knows a packet that it saw a moment ago: a mirror that copies both sides of a switch,
/// both nodes of an overlay or all devices of a host brings many packets twice.
///
///   sets  [kSetCount] of kWayCount entries (fingerprint, time), one cache line each
///
/// A packet is a duplicate if one of its fingerprint came at most `distance_ns` before or
/// after. The first of them stays the one others are measured from, so a sender that
/// repeats itself for ever is merged for one distance, not for ever. In a full set the
/// oldest entry gives way: beyond 65,536 packets within the distance duplicates begin
/// to be missed, which counts them twice, and loses none.
///
/// A fingerprint is a keyed hash of a packet's front and length: two that differ there are
/// merged once in 2^63, and nobody without the key can make them. Two that are sent alike
/// (IPv6, or an IPv4 sender that numbers nothing, whose payloads differ only behind a front
/// with equal checksums) within the distance are merged.
///
/// Threads: one core. Memory: 1 MB if `distance_ns` > 0, else none.
class DuplicateFilter {
 public:
  explicit DuplicateFilter(TimeNs distance_ns) noexcept
      : distance_ns_(distance_ns), sets_(memory_bytes(distance_ns)) {}

  /// What it takes once all of it was touched: next to nothing if it is off.
  [[nodiscard]] static constexpr std::size_t memory_bytes(TimeNs distance_ns) noexcept {
    return distance_ns > 0 ? kSetCount * sizeof(Set) : 1;
  }

  [[nodiscard]] bool is_usable() const noexcept { return sets_.data() != nullptr; }
  [[nodiscard]] bool is_on() const noexcept { return distance_ns_ > 0; }

  /// Whether the packet is one; if not, it is remembered. REQUIRES: is_on().
  [[nodiscard]] bool is_duplicate(std::uint64_t fingerprint, TimeNs time_ns) noexcept {
    fingerprint |= 1;  // 0 marks an entry never used
    Set& set = static_cast<Set*>(sets_.data())[fingerprint >> 32 & (kSetCount - 1)];
    Entry* oldest = set.data();
    for (Entry& entry : set) {
      if (entry.fingerprint == fingerprint) {
        const TimeNs distance_ns = time_ns - entry.time_ns;
        if (distance_ns <= distance_ns_ && -distance_ns <= distance_ns_) return true;
        oldest = &entry;
        break;
      }
      if (entry.time_ns < oldest->time_ns) oldest = &entry;
    }
    *oldest = {.fingerprint = fingerprint, .time_ns = time_ns};
    return false;
  }

 private:
  struct Entry {
    std::uint64_t fingerprint = 0;
    TimeNs time_ns = 0;
  };

  static constexpr std::size_t kWayCount = 4;
  static constexpr std::size_t kSetCount = 16384;
  using Set = std::array<Entry, kWayCount>;
  static_assert(sizeof(Set) == 64);

  TimeNs distance_ns_;
  SlotMemory sets_;
};

}  // namespace mimir::flow
