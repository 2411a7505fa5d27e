// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>

namespace mimir::injector {

/// Random numbers that depend on what they are for and on nothing drawn before:
/// SplitMix64 (Steele, Lea, Flood 2014) from a key mixed of seed, rate, attack and
/// window. The same on every machine; no draw asks libm.
class CounterRandom {
 public:
  explicit CounterRandom(std::initializer_list<std::uint64_t> key) {
    for (const std::uint64_t part : key) {
      state_ ^= part;
      state_ = next();
    }
  }

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  /// In [0, bound). REQUIRES: 0 < bound <= 2^32. Biased by less than bound / 2^32.
  std::uint64_t below(std::uint64_t bound) { return ((next() >> 32) * bound) >> 32; }

  /// Mean 0, variance 1, within 6: the sum of twelve uniform draws, less 6.
  double normal() {
    std::uint64_t sum = 0;
    for (int i = 0; i < 12; ++i) sum += next() >> 32;
    return static_cast<double>(sum) * 0x1.0p-32 - 6.0;
  }

 private:
  std::uint64_t state_ = 0;
};

}  // namespace mimir::injector
