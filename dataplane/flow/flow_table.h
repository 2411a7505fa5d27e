// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/flow/flow_hash.h"
#include "dataplane/flow/flow_slot.h"
#include "dataplane/flow/slot_memory.h"
#include "dataplane/record/drop.h"
#include "dataplane/record/flow_record.h"

namespace mimir::flow {

/// The flows one core tracks, by one kind of key.
///
///   slots     [slot_count + kProbeMax]   open addressing, linear probing
///   occupied  one bit a slot             so that a sweep skips what is empty
///
/// A flow lies at its home, hash * slot_count / 2^64, or at one of the next
/// kProbeMax - 1 slots, with no free slot between: a search ends at the first
/// free slot. The tail beyond slot_count spares every probe the wrap-around.
///
/// Threads: one core. Memory: fixed at construction, zero pages until touched;
/// 1.5 slots for each of flow_count_max, plus one bit each.
/// Cost: count() touches one line (IPv4) when the flow is at home, and at two
/// thirds load looks at two slots on average.
/// Invariants: size() <= flow_count_max; every flow's run from its home to its
/// slot is free of gaps.
///
/// Full is a policy, not an accident: a new flow that finds flow_count_max flows
/// or kProbeMax taken slots is refused with Drop::kFlowTableFull; flows that are
/// already there go on being counted.
template <class Key>
class FlowTable {
 public:
  using Slot = FlowSlot<Key>;

  static constexpr std::size_t kProbeMax = 256;

  FlowTable(std::size_t flow_count_max, const HashSecret& secret, TimeNs window_ns)
      : window_ns_(window_ns),
        flow_count_max_(flow_count_max),
        slot_count_(slot_count(flow_count_max)),
        slots_(slot_bytes(slot_count_)),
        occupied_(occupied_bytes(slot_count_)),
        secret_(secret) {}

  /// What a table for so many flows takes once all of it was touched.
  [[nodiscard]] static constexpr std::size_t memory_bytes(std::size_t flow_count_max) noexcept {
    const std::size_t count = slot_count(flow_count_max);
    return slot_bytes(count) + occupied_bytes(count);
  }

  /// False if the memory could not be had; nothing else may then be called.
  [[nodiscard]] bool is_usable() const noexcept { return slots_.data() && occupied_.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  [[nodiscard]] std::uint64_t hash_of(const Key& key) const noexcept { return hash(key, secret_); }

  /// Asks for the line of that flow's home, so that count() finds it in cache.
  void prefetch(std::uint64_t hash_value) const noexcept {
    __builtin_prefetch(slots() + home(hash_value), 1);
  }

  /// Credits one packet to its flow. If the flow's counters belong to another
  /// base window they leave first, as a record, through `emit(const FlowRecord&)`.
  template <class Emit>
  [[nodiscard]] Drop count(const Key& key, std::uint64_t hash_value, const PacketCount& packet,
                           Emit&& emit) noexcept {
    Slot* const first = slots() + home(hash_value);
    for (Slot* slot = first; slot != first + kProbeMax; ++slot) {
      if (slot->key == key) [[likely]] {
        if (slot->must_leave_before(packet)) [[unlikely]] {
          emit(slot->record(window_ns_));
          slot->clear_counters();
        }
        slot->count(packet);
        return Drop::kNone;
      }
      if (slot->is_free()) {
        if (size_ == flow_count_max_) return Drop::kFlowTableFull;
        insert(*slot, key);
        slot->count(packet);
        return Drop::kNone;
      }
    }
    return Drop::kFlowTableFull;
  }

  /// How far one call of sweep() goes: free slots are passed 64 at a time, flows
  /// cost a cache line each, so both are bounded for themselves.
  struct SweepBudget {
    std::size_t slots = 32768;
    std::size_t flows = 256;
  };

  /// Walks on from slot `*position` until the end or until the budget is used.
  /// Flows whose counters began before `before_ns` leave as records and stay,
  /// idle; flows that are idle already are forgotten. Returns true, with
  /// *position back at 0, when the end was reached.
  template <class Emit>
  [[nodiscard]] bool sweep(std::size_t* position, SweepBudget budget, TimeNs before_ns,
                           Emit&& emit) noexcept {
    std::size_t at = *position;
    const std::size_t end = slot_count_ + kProbeMax;
    const std::size_t stop = budget.slots < end - at ? at + budget.slots : end;
    for (std::size_t flows = 0; at < stop && flows < budget.flows; ++flows) {
      at = next_occupied(at, stop);
      if (at >= stop) break;
      Slot& slot = slots()[at];
      if (slot.is_idle()) {
        erase(at);  // may bring another flow here: look at `at` again
        continue;
      }
      if (slot.first_ns < before_ns) {
        emit(slot.record(window_ns_));
        slot.clear_counters();
      }
      ++at;
    }
    *position = at < end ? at : 0;
    return at >= end;
  }

 private:
  [[nodiscard]] static constexpr std::size_t slot_count(std::size_t flow_count_max) noexcept {
    return flow_count_max + flow_count_max / 2 + 1;
  }
  [[nodiscard]] static constexpr std::size_t slot_bytes(std::size_t count) noexcept {
    return (count + kProbeMax) * sizeof(Slot);
  }
  [[nodiscard]] static constexpr std::size_t occupied_bytes(std::size_t count) noexcept {
    return (count + kProbeMax + 63) / 64 * sizeof(std::uint64_t);
  }

  [[nodiscard]] Slot* slots() const noexcept { return static_cast<Slot*>(slots_.data()); }
  [[nodiscard]] std::uint64_t* occupied() const noexcept {
    return static_cast<std::uint64_t*>(occupied_.data());
  }
  [[nodiscard]] std::size_t home(std::uint64_t hash_value) const noexcept {
    return static_cast<std::size_t>(static_cast<Wide>(hash_value) * slot_count_ >> 64);
  }

  void insert(Slot& slot, const Key& key) noexcept {
    slot.key = key;
    const auto at = static_cast<std::size_t>(&slot - slots());
    occupied()[at / 64] |= std::uint64_t{1} << at % 64;
    ++size_;
  }

  [[nodiscard]] std::size_t next_occupied(std::size_t at, std::size_t end) const noexcept {
    std::uint64_t word = occupied()[at / 64] >> at % 64;
    if (word != 0) return at + static_cast<std::size_t>(__builtin_ctzll(word));
    for (at = (at / 64 + 1) * 64; at < end; at += 64) {
      word = occupied()[at / 64];
      if (word != 0) return at + static_cast<std::size_t>(__builtin_ctzll(word));
    }
    return end;
  }

  // Deletion without tombstones: later flows of the same run move up into the
  // gap, each only if that does not carry it in front of its home.
  void erase(std::size_t gap) noexcept {
    for (std::size_t at = gap + 1; at < slot_count_ + kProbeMax; ++at) {
      const Slot& candidate = slots()[at];
      if (candidate.is_free()) break;
      if (home(hash_of(candidate.key)) > gap) continue;
      slots()[gap] = candidate;
      gap = at;
    }
    slots()[gap] = Slot{};
    occupied()[gap / 64] &= ~(std::uint64_t{1} << gap % 64);
    --size_;
  }

  TimeNs window_ns_;
  std::size_t flow_count_max_;
  std::size_t slot_count_;
  std::size_t size_ = 0;
  SlotMemory slots_;
  SlotMemory occupied_;
  HashSecret secret_;
};

}  // namespace mimir::flow
