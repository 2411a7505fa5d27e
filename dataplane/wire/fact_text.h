// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/record/payload_fact.h"

namespace mimir::wire {

/// FNV-1a: of names, where nobody gains by a collision that could not as well repeat a
/// name. http://www.isthe.com/chongo/tech/comp/fnv/
class NameHash {
 public:
  constexpr void add(std::uint8_t byte) noexcept { value_ = (value_ ^ byte) * 0x01000193U; }
  [[nodiscard]] constexpr std::uint32_t value() const noexcept { return value_; }

 private:
  std::uint32_t value_ = 0x811c9dc5U;
};

[[nodiscard]] constexpr std::uint8_t to_lower(std::uint8_t byte) noexcept {
  return byte >= 'A' && byte <= 'Z' ? static_cast<std::uint8_t>(byte + ('a' - 'A')) : byte;
}

/// Writes the texts of a fact, the first before the second.
class FactText {
 public:
  /// REQUIRES: a fact without texts.
  explicit FactText(PayloadFact& fact) noexcept : fact_(fact) {}

  /// One more character of the text under way.
  void put(std::uint8_t byte) noexcept {
    std::uint8_t& bytes = fact_.text_bytes[text_];
    if (at_ == fact_.text.size() || bytes == kTextBytesMax) {
      fact_.flags |= kTextCut;
      return;
    }
    const bool is_printable = byte >= 0x20 && byte < 0x7f;
    fact_.text[at_] = is_printable ? static_cast<char>(byte) : '?';
    ++at_;
    ++bytes;
  }
  void put(std::span<const std::byte> bytes) noexcept {
    for (const std::byte byte : bytes) put(std::to_integer<std::uint8_t>(byte));
  }
  void put_lower(std::span<const std::byte> bytes) noexcept {
    for (const std::byte byte : bytes) put(to_lower(std::to_integer<std::uint8_t>(byte)));
  }
  void begin_second() noexcept { text_ = 1; }

 private:
  static constexpr std::uint8_t kTextBytesMax = 255;

  PayloadFact& fact_;
  std::size_t text_ = 0;
  std::size_t at_ = 0;
};

}  // namespace mimir::wire
