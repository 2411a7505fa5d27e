// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/record/address.h"

namespace mimir::detector {

/// What the tables of the detectors know something by: 64 bits that stand for a party, or
/// for several things together. Two that fall together are taken for one.
using Key = std::uint64_t;

/// Every bit of the result depends on every bit of the value (the finaliser of
/// splitmix64; Steele, Lea and Flood, OOPSLA 2014).
[[nodiscard]] constexpr Key mix(std::uint64_t value) noexcept {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

[[nodiscard]] constexpr Key join(Key key, std::uint64_t next) noexcept { return mix(key ^ next); }

[[nodiscard]] constexpr Key key_of(const Address& address, Key secret) noexcept {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  for (int i = 0; i < 8; ++i) {
    high = high << 8 | address.bytes[static_cast<std::size_t>(i)];
    low = low << 8 | address.bytes[static_cast<std::size_t>(i) + 8];
  }
  return join(join(mix(secret), high), low);
}

}  // namespace mimir::detector
