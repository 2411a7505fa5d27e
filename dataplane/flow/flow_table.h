// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "dataplane/flow/flow_hash.h"
#include "dataplane/flow/flow_slot.h"
#include "dataplane/flow/slot_memory.h"
#include "dataplane/flow/tag_group.h"
#include "dataplane/record/drop.h"
#include "dataplane/record/flow_record.h"

namespace mimir::flow {

/// The flows one core tracks, by one kind of key.
///
///   slots  [slot_count + kProbeMax]   open addressing, linear probing
///   tags   one byte a slot            0 if it is free, else seven bits of the flow's hash
///
/// A flow lies at its home, hash * slot_count / 2^64, or at one of the next
/// kProbeMax - 1 slots, with no free slot between: a search ends at the first
/// free slot. The tail beyond slot_count spares every probe the wrap-around.
/// Sixteen tags are compared at once, so a search reads, but for one time in a
/// hundred, no slot but the flow's own: however full the table, one line of memory.
///
/// A packet's flow is found in three steps, each over a whole burst before the next,
/// so that each finds in cache what the one before asked for:
/// prefetch() its tags, locate() its slot, count() it.
///
/// Threads: one core. Memory: fixed at construction or by grow(), zero pages until touched;
/// 21/16 of a slot and a byte for each of flow_count_max: 86 bytes a flow of IPv4, 128
/// of IPv6. At 16/21 load no run of ten million flows is as long as kProbeMax.
/// Invariants: size() <= flow_count_max; every flow's run from its home to its
/// slot is free of gaps.
///
/// It may begin with room for less than flow_count_max: flows that lie close together cost
/// fewer lines, fewer pages and fewer zeroes. Who has time for it, as a reader of files
/// has, lets it grow() between two bursts; in between it never has to.
///
/// Full is a policy, not an accident: a new flow that finds flow_count_max flows
/// or kProbeMax taken slots is refused with Drop::kFlowTableFull; flows that are
/// already there go on being counted.
template <class Key>
class FlowTable {
 public:
  using Slot = FlowSlot<Key>;

  static constexpr std::size_t kProbeMax = 512;

  FlowTable(std::size_t flow_count_max, const HashSecret& secret, TimeNs window_ns)
      : FlowTable(flow_count_max, flow_count_max, secret, window_ns) {}
  FlowTable(std::size_t flow_count_max, std::size_t flow_count_first, const HashSecret& secret,
            TimeNs window_ns)
      : window_ns_(window_ns),
        flow_count_max_(flow_count_max),
        room_(std::min(flow_count_first, flow_count_max)),
        slot_count_(slot_count(room_)),
        slots_(slot_bytes(slot_count_)),
        tags_(tag_bytes(slot_count_)),
        secret_(secret) {}

  /// What a table for so many flows takes once all of it was touched.
  [[nodiscard]] static constexpr std::size_t memory_bytes(std::size_t flow_count_max) noexcept {
    const std::size_t count = slot_count(flow_count_max);
    return slot_bytes(count) + tag_bytes(count);
  }

  /// False if the memory could not be had; nothing else may then be called.
  [[nodiscard]] bool is_usable() const noexcept { return slots_.data() && tags_.data(); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Whether so many new flows find room, or what there is is all there will be.
  [[nodiscard]] bool has_room(std::size_t flow_count) const noexcept {
    return size_ + flow_count <= room_ || room_ == flow_count_max_;
  }

  /// Makes room for eight times as many flows, at most flow_count_max; what locate() and
  /// sweep() said of places holds no more. Without the memory it stays as it is for good.
  /// Cost: a visit of every flow. REQUIRES: room for less than flow_count_max.
  void grow() noexcept {
    constexpr std::size_t kTimes = 8;
    const std::size_t room = std::min(kTimes * room_, flow_count_max_);
    FlowTable next(flow_count_max_, room, secret_, window_ns_);
    if (!next.is_usable()) {
      flow_count_max_ = room_;
      return;
    }
    const std::size_t end = slot_count_ + kProbeMax;
    for (std::size_t at = next_taken(0, end); at < end; at = next_taken(at + 1, end)) {
      const Slot& slot = slots()[at];
      Slot* const place = next.find_or_insert(slot.key, hash_of(slot.key));
      if (place == nullptr) {  // a run as long as kProbeMax: nobody is put out for others
        flow_count_max_ = room_;
        return;
      }
      *place = slot;
    }
    *this = std::move(next);
  }

  [[nodiscard]] std::uint64_t hash_of(const Key& key) const noexcept { return hash(key, secret_); }

  void prefetch(std::uint64_t hash_value) const noexcept {
    __builtin_prefetch(tags() + home(hash_value));
  }

  /// Where the flow of that hash most likely lies, or would be put; asks for its lines.
  [[nodiscard]] std::size_t locate(std::uint64_t hash_value) const noexcept {
    const std::size_t at = home(hash_value);
    const TagGroup group(tags() + at);
    const std::uint32_t free = group.equal_to(kFreeTag);
    std::uint32_t likely = group.equal_to(tag_of(hash_value)) & before_first(free);
    if (likely == 0) likely = free;
    const std::size_t slot = at + (likely == 0 ? 0 : first_bit(likely));
    __builtin_prefetch(slots() + slot, 1);
    if constexpr (sizeof(Slot) > 64) {
      __builtin_prefetch(reinterpret_cast<const std::byte*>(slots() + slot) + 64, 1);
    }
    return slot;
  }

  /// Credits one packet to its flow. If the flow's counters belong to another
  /// base window they leave first, as a record, through `emit(const FlowRecord&)`.
  /// `likely` is what locate() said, however much has been counted or swept since.
  template <class Emit>
  [[nodiscard]] Drop count(const Key& key, std::uint64_t hash_value, std::size_t likely,
                           const PacketCount& packet, Emit&& emit) noexcept {
    Slot* slot = slots() + likely;
    if (!(slot->key == key)) [[unlikely]] {
      slot = find_or_insert(key, hash_value);
      if (slot == nullptr) return Drop::kFlowTableFull;
    }
    if (slot->must_leave_before(packet)) [[unlikely]]
      let_leave(*slot, emit);
    slot->count(packet);
    return Drop::kNone;
  }
  template <class Emit>
  [[nodiscard]] Drop count(const Key& key, std::uint64_t hash_value, const PacketCount& packet,
                           Emit&& emit) noexcept {
    return count(key, hash_value, locate(hash_value), packet, emit);
  }

  /// What is known of the payload of a flow that count() has just credited a packet to,
  /// with what count() was given.
  [[nodiscard]] Inspection& inspection(const Key& key, std::uint64_t hash_value,
                                       std::size_t likely) noexcept {
    Slot& slot = slots()[likely];
    if (slot.key == key) [[likely]]
      return slot.inspection;
    return find_or_insert(key, hash_value)->inspection;
  }

  /// How far one call of sweep() goes: free slots are passed 16 at a time, flows
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
      at = next_taken(at, stop);
      if (at >= stop) break;
      Slot& slot = slots()[at];
      if (slot.is_idle()) {
        erase(at);  // may bring another flow here: look at `at` again
        continue;
      }
      if (slot.first_ns < before_ns) let_leave(slot, emit);
      ++at;
    }
    *position = at < end ? at : 0;
    return at >= end;
  }

 private:
  [[nodiscard]] static constexpr std::size_t slot_count(std::size_t flow_count_max) noexcept {
    return flow_count_max + flow_count_max * 5 / 16 + 1;
  }
  [[nodiscard]] static constexpr std::size_t slot_bytes(std::size_t count) noexcept {
    return (count + kProbeMax) * sizeof(Slot);
  }
  // A group that begins at the last slot reads on into what is always free.
  [[nodiscard]] static constexpr std::size_t tag_bytes(std::size_t count) noexcept {
    return count + kProbeMax + TagGroup::kTagCount;
  }

  [[nodiscard]] Slot* slots() const noexcept { return static_cast<Slot*>(slots_.data()); }
  [[nodiscard]] std::uint8_t* tags() const noexcept {
    return static_cast<std::uint8_t*>(tags_.data());
  }
  [[nodiscard]] std::size_t home(std::uint64_t hash_value) const noexcept {
    return static_cast<std::size_t>(static_cast<Wide>(hash_value) * slot_count_ >> 64);
  }

  // Bits that neither home() uses nor the choice of a shard.
  [[nodiscard]] static std::uint8_t tag_of(std::uint64_t hash_value) noexcept {
    return static_cast<std::uint8_t>(0x80 | (hash_value >> 32 & 0x7f));
  }

  // Like find_or_insert() a call, lest its hundred instructions lie in the packets' way.
  template <class Emit>
  [[gnu::noinline]] void let_leave(Slot& slot, Emit&& emit) const noexcept {
    emit(slot.record(window_ns_));
    slot.clear_counters();
  }

  /// Null if the flow is new and the table, or its run, is full.
  [[gnu::noinline]] [[nodiscard]] Slot* find_or_insert(const Key& key,
                                                       std::uint64_t hash_value) noexcept {
    const std::uint8_t tag = tag_of(hash_value);
    const std::size_t begin = home(hash_value);
    for (std::size_t at = begin; at < begin + kProbeMax; at += TagGroup::kTagCount) {
      const TagGroup group(tags() + at);
      const std::uint32_t free = group.equal_to(kFreeTag);
      std::uint32_t likely = group.equal_to(tag) & before_first(free);
      for (; likely != 0; likely &= likely - 1) {
        Slot& slot = slots()[at + first_bit(likely)];
        if (slot.key == key) return &slot;
      }
      if (free == 0) continue;
      if (size_ == room_) return nullptr;
      const std::size_t taken = at + first_bit(free);
      tags()[taken] = tag;
      slots()[taken].key = key;
      ++size_;
      return slots() + taken;
    }
    return nullptr;
  }

  [[nodiscard]] std::size_t next_taken(std::size_t at, std::size_t end) const noexcept {
    for (; at < end; at += TagGroup::kTagCount) {
      const std::uint32_t taken = ~TagGroup(tags() + at).equal_to(kFreeTag) & kAllTags;
      if (taken != 0) return at + first_bit(taken);
    }
    return end;
  }

  // Deletion without tombstones: later flows of the same run move up into the
  // gap, each only if that does not carry it in front of its home.
  void erase(std::size_t gap) noexcept {
    for (std::size_t at = gap + 1; tags()[at] != kFreeTag; ++at) {
      if (home(hash_of(slots()[at].key)) > gap) continue;
      slots()[gap] = slots()[at];
      tags()[gap] = tags()[at];
      gap = at;
    }
    slots()[gap] = Slot{};
    tags()[gap] = kFreeTag;
    --size_;
  }

  TimeNs window_ns_;
  std::size_t flow_count_max_;
  std::size_t room_;  ///< flows there are slots for, <= flow_count_max_
  std::size_t slot_count_;
  std::size_t size_ = 0;
  SlotMemory slots_;
  SlotMemory tags_;
  HashSecret secret_;
};

}  // namespace mimir::flow
