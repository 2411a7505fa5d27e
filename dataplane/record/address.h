// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <type_traits>

namespace mimir {

/// An IP address of either family, 16 bytes in network order. IPv4 is held as
/// its IPv4-mapped IPv6 form, ::ffff:a.b.c.d (RFC 4291 §2.5.5.2), so that one
/// order, one key and one map serve both families.
struct Address {
  std::array<std::uint8_t, 16> bytes{};

  friend constexpr auto operator<=>(const Address&, const Address&) = default;

  /// `host_order` is the address as a number: 10.0.0.1 is 0x0a000001.
  [[nodiscard]] static constexpr Address from_ipv4(std::uint32_t host_order) noexcept {
    Address address;
    address.bytes[10] = 0xff;
    address.bytes[11] = 0xff;
    address.bytes[12] = static_cast<std::uint8_t>(host_order >> 24);
    address.bytes[13] = static_cast<std::uint8_t>(host_order >> 16);
    address.bytes[14] = static_cast<std::uint8_t>(host_order >> 8);
    address.bytes[15] = static_cast<std::uint8_t>(host_order);
    return address;
  }

  [[nodiscard]] constexpr bool is_ipv4() const noexcept {
    for (std::size_t i = 0; i < 10; ++i) {
      if (bytes[i] != 0) return false;
    }
    return bytes[10] == 0xff && bytes[11] == 0xff;
  }

  /// The IPv4 address as a number. REQUIRES: is_ipv4().
  [[nodiscard]] constexpr std::uint32_t ipv4() const noexcept {
    return std::uint32_t{bytes[12]} << 24 | std::uint32_t{bytes[13]} << 16 |
           std::uint32_t{bytes[14]} << 8 | std::uint32_t{bytes[15]};
  }
};

static_assert(sizeof(Address) == 16 && std::is_trivially_copyable_v<Address>);
static_assert(Address::from_ipv4(0x0a000001).ipv4() == 0x0a000001);
static_assert(Address::from_ipv4(0x0a000001).is_ipv4() && !Address{}.is_ipv4());

}  // namespace mimir
