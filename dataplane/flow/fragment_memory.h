// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/flow/slot_memory.h"
#include "dataplane/record/time.h"

namespace mimir::flow {

/// What the first fragment of a datagram said of its flow, for the fragments after it,
/// which do not say it again.
///
///   sets  [kSetCount] of kWayCount entries
///
/// An entry answers for kLifetimeNs around the time it was made, which is how long Linux
/// waits for a datagram to be complete: an identification that came round again by then
/// has come with a first fragment of its own, which replaces the entry. In a full set the
/// oldest entry gives way. A fragment that came before its first one, or after its entry
/// was gone, is not found, and its caller counts it as a fragment.
///
/// `fingerprint` is a keyed hash of what the fragments of a datagram have in common: two
/// datagrams share one once in 2^63, and nobody without the key can make two that do.
///
/// Threads: one core. Memory: 128 kB. Cost: two cache lines, of fragments only.
class FragmentMemory {
 public:
  static constexpr TimeNs kLifetimeNs = 30 * kNsPerSecond;
  static constexpr std::size_t kWayCount = 4;
  static constexpr std::size_t kSetCount = 1024;

  /// The transport header's part of a flow.
  struct Ends {
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    std::uint8_t protocol = 0;
  };

  FragmentMemory() noexcept : sets_(memory_bytes()) {}

  [[nodiscard]] static constexpr std::size_t memory_bytes() noexcept {
    return kSetCount * sizeof(Set);
  }

  [[nodiscard]] bool is_usable() const noexcept { return sets_.data() != nullptr; }

  void remember(std::uint64_t fingerprint, TimeNs time_ns, const Ends& ends) noexcept {
    fingerprint |= 1;  // 0 marks an entry never used
    Entry* given = nullptr;
    for (Entry& entry : set_of(fingerprint)) {
      if (entry.fingerprint == fingerprint) {
        given = &entry;
        break;
      }
      if (given == nullptr || entry.time_ns < given->time_ns) given = &entry;
    }
    *given = {.fingerprint = fingerprint, .time_ns = time_ns, .ends = ends};
  }

  /// Null if it is not known. Valid until the next remember().
  [[nodiscard]] const Ends* find(std::uint64_t fingerprint, TimeNs time_ns) const noexcept {
    fingerprint |= 1;
    for (const Entry& entry : set_of(fingerprint)) {
      if (entry.fingerprint != fingerprint) continue;
      const TimeNs age_ns = time_ns - entry.time_ns;
      return age_ns <= kLifetimeNs && -age_ns <= kLifetimeNs ? &entry.ends : nullptr;
    }
    return nullptr;
  }

 private:
  struct alignas(32) Entry {
    std::uint64_t fingerprint = 0;
    TimeNs time_ns = 0;
    Ends ends;
  };
  using Set = std::array<Entry, kWayCount>;
  static_assert(sizeof(Set) == 128);

  [[nodiscard]] Set& set_of(std::uint64_t fingerprint) const noexcept {
    return static_cast<Set*>(sets_.data())[fingerprint >> 32 & (kSetCount - 1)];
  }

  SlotMemory sets_;
};

}  // namespace mimir::flow
