// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <emmintrin.h>

namespace mimir::flow {

/// What a free slot's tag is, and no flow's.
inline constexpr std::uint8_t kFreeTag = 0;

/// Sixteen tags, compared with one value at once; SSE2, which every x86-64 has. Sets of
/// tags are bit masks, the first tag the lowest bit.
class TagGroup {
 public:
  static constexpr std::size_t kTagCount = 16;

  /// REQUIRES: kTagCount bytes at `tags`, which need not be aligned.
  explicit TagGroup(const std::uint8_t* tags) noexcept
      : tags_(_mm_loadu_si128(static_cast<const __m128i*>(static_cast<const void*>(tags)))) {}

  [[nodiscard]] std::uint32_t equal_to(std::uint8_t tag) const noexcept {
    const __m128i wanted = _mm_set1_epi8(static_cast<char>(tag));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(tags_, wanted)));
  }

 private:
  __m128i tags_;
};

inline constexpr std::uint32_t kAllTags = 0xffff;

/// REQUIRES: bits != 0.
[[nodiscard]] constexpr std::size_t first_bit(std::uint32_t bits) noexcept {
  return static_cast<std::size_t>(__builtin_ctz(bits));
}

/// The places before the first of `bits`; all if there is none.
[[nodiscard]] constexpr std::uint32_t before_first(std::uint32_t bits) noexcept {
  return ~bits & (bits - 1);
}

}  // namespace mimir::flow
