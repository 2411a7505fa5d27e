// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

namespace mimir::wire {

/// REQUIRES: sizeof(T) bytes at `bytes`.
template <std::unsigned_integral T>
[[nodiscard]] constexpr T load_big_endian(const std::byte* bytes) noexcept {
  if (std::is_constant_evaluated()) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      value = value << 8 | std::to_integer<std::uint64_t>(bytes[i]);
    }
    return static_cast<T>(value);
  }
  // One load and one swap; gcc 12 does not find them in the loop above.
  T value = 0;
  std::memcpy(&value, bytes, sizeof value);
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
  return value;
}

/// A header of fixed size whose bytes are there: fields are read by offset, which
/// the compiler checks. Made by Cursor::header().
template <std::size_t Size>
class Header {
 public:
  explicit constexpr Header(const std::byte* bytes) noexcept : bytes_(bytes) {}

  template <std::unsigned_integral T, std::size_t Offset>
  [[nodiscard]] constexpr T big_endian() const noexcept {
    static_assert(Offset + sizeof(T) <= Size, "the field lies behind the header");
    return load_big_endian<T>(bytes_ + Offset);
  }

  template <std::size_t Offset, std::size_t Length>
  [[nodiscard]] constexpr std::span<const std::byte, Length> bytes() const noexcept {
    static_assert(Offset + Length <= Size, "the field lies behind the header");
    return std::span<const std::byte, Length>(bytes_ + Offset, Length);
  }

 private:
  const std::byte* bytes_;
};

/// What a header that is not there is read as.
template <std::size_t Size>
inline constexpr std::array<std::byte, Size> kZeroBytes{};

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
    const T value = load_big_endian<T>(next_);
    next_ += sizeof(T);
    left_ -= sizeof(T);
    return value;
  }

  /// The next `Size` bytes as a header, checked once; on failure one of zeros.
  template <std::size_t Size>
  [[nodiscard]] constexpr Header<Size> header() noexcept {
    const std::span<const std::byte> taken = take(Size);
    return Header<Size>(failed_ ? kZeroBytes<Size>.data() : taken.data());
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
