// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "model/detector/key.h"

namespace mimir::detector {

/// What is remembered of many keys in a fixed amount of memory.
///
/// A full bucket makes room by forgetting the entry that tells least: that with the
/// lowest `Value::rank()`, and of equals one that the new key's bits choose, so that a
/// flood of keys that are seen once neither pushes out what weighs more nor, all at
/// once, what weighs as little as they do. What is forgotten is counted.
///
/// Threads: one owner. Memory: capacity x slot, from the start.
/// Cost: find() and claim() look at one bucket of eight.
template <class Value>
class BoundedTable {
 public:
  /// `capacity` is rounded up to a power of two, at least one bucket.
  explicit BoundedTable(std::size_t capacity)
      : slots_(std::bit_ceil(capacity < kWays ? kWays : capacity)) {}

  [[nodiscard]] Value* find(Key key) {
    Slot* const bucket = bucket_of(key);
    for (std::size_t i = 0; i < kWays; ++i) {
      if (bucket[i].is_used && bucket[i].key == key) return &bucket[i].value;
    }
    return nullptr;
  }

  /// The key's value, a new one if it had none.
  Value& claim(Key key) {
    if (Value* const known = find(key)) return *known;
    Slot& slot = choose(bucket_of(key), key);
    if (slot.is_used) ++forgotten_count_;
    slot = {.key = key, .is_used = true, .value = Value{}};
    return slot.value;
  }

  void erase(Key key) {
    Slot* const bucket = bucket_of(key);
    for (std::size_t i = 0; i < kWays; ++i) {
      if (bucket[i].is_used && bucket[i].key == key) bucket[i] = Slot{};
    }
  }

  [[nodiscard]] std::size_t capacity() const { return slots_.size(); }
  [[nodiscard]] std::uint64_t forgotten_count() const { return forgotten_count_; }

 private:
  static constexpr std::size_t kWays = 8;
  struct Slot {
    Key key = 0;
    bool is_used = false;
    Value value{};
  };

  Slot* bucket_of(Key key) { return &slots_[(key & (slots_.size() / kWays - 1)) * kWays]; }

  // A free slot, else one of those with the lowest rank.
  static Slot& choose(Slot* bucket, Key key) {
    std::size_t equal_count = 0;
    double lowest = 0;
    for (std::size_t i = 0; i < kWays; ++i) {
      if (!bucket[i].is_used) return bucket[i];
      const double rank = bucket[i].value.rank();
      if (equal_count == 0 || rank < lowest) {
        lowest = rank;
        equal_count = 0;
      }
      if (!(lowest < rank)) ++equal_count;
    }
    std::size_t chosen = (key >> 48) % equal_count;
    for (std::size_t i = 0; i < kWays; ++i) {
      if (lowest < bucket[i].value.rank()) continue;
      if (chosen-- == 0) return bucket[i];
    }
    return bucket[0];
  }

  std::vector<Slot> slots_;
  std::uint64_t forgotten_count_ = 0;
};

}  // namespace mimir::detector
