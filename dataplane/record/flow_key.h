// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "dataplane/record/address.h"

namespace mimir {

/// Which end of a flow sent a packet. Indexes every `[2]` of a record.
enum class Direction : std::uint8_t {
  kLowToHigh = 0,  ///< the end with the smaller (address, port) sent it
  kHighToLow = 1,
};

[[nodiscard]] constexpr std::size_t index(Direction direction) noexcept {
  return static_cast<std::size_t>(direction);
}

/// IP protocol numbers (IANA) that make flows here.
inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kProtocolIcmpV6 = 58;

/// Both directions of a conversation: the same key whoever speaks.
///
/// Invariant: (low_address, low_port) <= (high_address, high_port). Ports are in
/// host order and 0 for protocols without ports.
struct FlowKey {
  Address low_address;
  Address high_address;
  std::uint16_t low_port = 0;
  std::uint16_t high_port = 0;
  std::uint8_t protocol = 0;
  std::array<std::uint8_t, 3> reserved{};  ///< zero

  friend constexpr auto operator<=>(const FlowKey&, const FlowKey&) = default;
};

static_assert(sizeof(FlowKey) == 40);
static_assert(std::has_unique_object_representations_v<FlowKey>, "FlowKey has padding");

/// The same for IPv4 in 16 bytes, as the packet path carries it: three of four
/// packets never need the wide form. Addresses are numbers in host order, which
/// orders them as their mapped forms are ordered.
struct FlowKeyV4 {
  std::uint32_t low_address = 0;
  std::uint32_t high_address = 0;
  std::uint16_t low_port = 0;
  std::uint16_t high_port = 0;
  std::uint8_t protocol = 0;
  std::array<std::uint8_t, 3> reserved{};  ///< zero

  /// Two comparisons of words: the compiler would call memcmp for `reserved`.
  friend constexpr bool operator==(const FlowKeyV4& a, const FlowKeyV4& b) noexcept {
    return a.words() == b.words();
  }

  /// The sixteen bytes as two words.
  [[nodiscard]] constexpr std::array<std::uint64_t, 2> words() const noexcept {
    return std::bit_cast<std::array<std::uint64_t, 2>>(*this);
  }
};

static_assert(sizeof(FlowKeyV4) == 16);
static_assert(std::has_unique_object_representations_v<FlowKeyV4>, "FlowKeyV4 has padding");

[[nodiscard]] constexpr FlowKey widen(const FlowKeyV4& key) noexcept {
  return FlowKey{.low_address = Address::from_ipv4(key.low_address),
                 .high_address = Address::from_ipv4(key.high_address),
                 .low_port = key.low_port,
                 .high_port = key.high_port,
                 .protocol = key.protocol};
}
[[nodiscard]] constexpr const FlowKey& widen(const FlowKey& key) noexcept { return key; }

}  // namespace mimir
