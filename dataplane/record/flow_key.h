// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
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

}  // namespace mimir
