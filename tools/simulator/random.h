// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "dataplane/record/time.h"

namespace mimir::simulator {

/// A time that was drawn, to the nanosecond.
[[nodiscard]] constexpr TimeNs nanoseconds(double drawn_ns) {
  return static_cast<TimeNs>(drawn_ns);
}

/// A stream of random numbers that is the same on every compiler: xoshiro256**
/// (Blackman and Vigna 2018) seeded by splitmix64, with our own draws, because
/// those of the standard library are left to the implementation.
///
/// Threads: none; one owner.
class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (auto& word : state_) {
      seed += 0x9e3779b97f4a7c15U;
      std::uint64_t mixed = seed;
      mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
      mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
      word = mixed ^ (mixed >> 31);
    }
  }

  [[nodiscard]] std::uint64_t next() {
    const std::uint64_t result = rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  /// In [0, 1), 53 bits.
  [[nodiscard]] double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

  /// In [0, count). REQUIRES: count > 0. Biased by less than count / 2^32.
  [[nodiscard]] std::uint32_t below(std::uint32_t count) {
    return static_cast<std::uint32_t>(((next() >> 32) * count) >> 32);
  }

  [[nodiscard]] double between(double low, double high) { return low + (high - low) * unit(); }

  [[nodiscard]] bool chance(double probability) { return unit() < probability; }

  [[nodiscard]] double exponential(double mean) { return -mean * std::log(1.0 - unit()); }

  /// Log-normal with the given mean (not median); `sigma` is that of the logarithm.
  [[nodiscard]] double log_normal(double mean, double sigma) {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - unit()));
    const double normal = radius * std::cos(2.0 * std::numbers::pi * unit());
    return mean * std::exp(sigma * normal - 0.5 * sigma * sigma);
  }

 private:
  [[nodiscard]] static constexpr std::uint64_t rotate(std::uint64_t word, int bits) {
    return (word << bits) | (word >> (64 - bits));
  }

  std::array<std::uint64_t, 4> state_{};
};

}  // namespace mimir::simulator
