// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstring>

namespace mimir::source {

inline constexpr std::size_t kCacheLineBytes = 64;

/// A number of a capture's header, in this machine's byte order, wherever it begins.
template <typename T>
[[nodiscard]] T load(const std::byte* from) noexcept {
  T value = 0;
  std::memcpy(&value, from, sizeof value);
  return value;
}

}  // namespace mimir::source
