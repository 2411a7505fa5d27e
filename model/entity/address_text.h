// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/record/address.h"

namespace mimir::entity {

/// Reads a dotted quad (four decimal numbers, no leading zeros) or an IPv6
/// address in any form of RFC 4291 §2.2, the one with an embedded quad included.
/// No zone, no brackets, no spaces.
[[nodiscard]] std::optional<Address> parse_address(std::string_view text);

/// The canonical text: a dotted quad, or RFC 5952 §4.
[[nodiscard]] std::string to_text(const Address& address);

/// The addresses that begin with the first `prefix_bits` of `base`.
///
/// Invariants: the bits of `base` behind the prefix are zero; prefix_bits counts
/// in the family of `base`, so it is 0 to 32 for IPv4 and 0 to 128 for IPv6.
struct Cidr {
  Address base;
  std::uint8_t prefix_bits = 0;

  friend constexpr auto operator<=>(const Cidr&, const Cidr&) = default;
};

/// Reads "10.0.0.0/8" or "fd00::/8". Bits behind the prefix are cleared.
[[nodiscard]] std::optional<Cidr> parse_cidr(std::string_view text);

[[nodiscard]] std::string to_text(const Cidr& cidr);

/// False across families: ::/0 holds no IPv4 address.
[[nodiscard]] bool contains(const Cidr& cidr, const Address& address);

}  // namespace mimir::entity
