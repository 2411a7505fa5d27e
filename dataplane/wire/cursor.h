// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mimir::wire {

/// Reads big-endian fields from bytes nobody has checked.
///
///   state      left()   failed()   a read returns
///   readable   > 0      false      the field
///   empty      0        false      zero, and the cursor fails
///   failed     0        true       zero
///
/// Failure is sticky: a header is read straight through and checked once, at its
/// end. No read ever touches a byte outside the span.
class Cursor {
 public:
  explicit constexpr Cursor(std::span<const std::byte> bytes) noexcept
      : next_(bytes.data()), left_(bytes.size()) {}

  template <std::unsigned_integral T>
  [[nodiscard]] constexpr T big_endian() noexcept {
    if (left_ < sizeof(T)) [[unlikely]] {
      fail();
      return 0;
    }
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      value = static_cast<T>(static_cast<std::uint64_t>(value) << 8 |
                             std::to_integer<std::uint64_t>(next_[i]));
    }
    next_ += sizeof(T);
    left_ -= sizeof(T);
    return value;
  }

  /// The next `size` bytes, or none and the cursor fails.
  [[nodiscard]] constexpr std::span<const std::byte> take(std::size_t size) noexcept {
    if (left_ < size) [[unlikely]] {
      fail();
      return {};
    }
    const std::span<const std::byte> taken(next_, size);
    next_ += size;
    left_ -= size;
    return taken;
  }

  constexpr void skip(std::size_t size) noexcept { (void)take(size); }

  /// Forgets everything behind the next `size` bytes, so that trailing padding
  /// cannot be read as a header. More than is left changes nothing.
  constexpr void limit(std::size_t size) noexcept {
    if (size < left_) left_ = size;
  }

  [[nodiscard]] constexpr std::size_t left() const noexcept { return left_; }
  [[nodiscard]] constexpr bool failed() const noexcept { return failed_; }
  [[nodiscard]] constexpr std::span<const std::byte> rest() const noexcept {
    return {next_, left_};
  }

 private:
  constexpr void fail() noexcept {
    left_ = 0;
    failed_ = true;
  }

  const std::byte* next_;
  std::size_t left_;
  bool failed_ = false;
};

}  // namespace mimir::wire
