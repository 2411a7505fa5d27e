// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace mimir::source {

enum class UnpackEnd : std::uint8_t {
  kWhole,
  kDamaged,   ///< cut short or corrupt: what came before that was unpacked
  kRoomFull,  ///< more would come than there is room for
};

struct Unpacked {
  std::size_t bytes = 0;
  UnpackEnd end = UnpackEnd::kWhole;
};

/// Unpacks gzip (RFC 1952), of several members too; what follows the last is no
/// part of it.
[[nodiscard]] Unpacked unpack_gzip(std::span<const std::byte> packed,
                                   std::span<std::byte> room) noexcept;

/// Unpacks Zstandard (RFC 8878), of several frames too.
[[nodiscard]] Unpacked unpack_zstd(std::span<const std::byte> packed,
                                   std::span<std::byte> room) noexcept;

}  // namespace mimir::source
