// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace mimir::learn {

/// Numbers for tests, the same on every machine: Knuth's MMIX generator, of which
/// the upper half is used.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) { (void)below(2); }

  [[nodiscard]] std::size_t below(std::size_t limit) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>((state_ >> 33U) % limit);
  }
  /// In [-1, 1].
  [[nodiscard]] double symmetric() { return static_cast<double>(below(2'000'001)) / 1e6 - 1; }

 private:
  std::uint64_t state_;
};

}  // namespace mimir::learn
