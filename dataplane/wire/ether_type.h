// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "dataplane/wire/cursor.h"

namespace mimir::wire {

// IANA "IEEE 802 Numbers".
inline constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
inline constexpr std::uint16_t kEtherTypeArp = 0x0806;
inline constexpr std::uint16_t kEtherTypeBridged = 0x6558;  // an Ethernet frame
inline constexpr std::uint16_t kEtherTypeVlan = 0x8100;     // 802.1Q customer tag
inline constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;
inline constexpr std::uint16_t kEtherTypeMpls = 0x8847;  // RFC 5332: by the label below it
inline constexpr std::uint16_t kEtherTypeMplsOther = 0x8848;
inline constexpr std::uint16_t kEtherTypePppoe = 0x8864;        // RFC 2516: session, not discovery
inline constexpr std::uint16_t kEtherTypeServiceVlan = 0x88a8;  // 802.1ad service tag
inline constexpr std::uint16_t kEtherTypeOldQinQ = 0x9100;      // before 802.1ad

/// What the layers beneath a datagram say of it.
struct Beneath {
  std::uint16_t ether_type = 0;  ///< what follows
  std::uint32_t network = 0;     ///< see DissectOptions::network_mask; 0: none told
};

[[nodiscard]] constexpr bool is_ip(std::uint16_t ether_type) noexcept {
  return ether_type == kEtherTypeIpv4 || ether_type == kEtherTypeIpv6;
}

/// The EtherType of the IP datagram that `in` stands at, told by its version field;
/// 0 if it is neither, or no byte is there.
[[nodiscard]] constexpr std::uint16_t ether_type_by_version(Cursor in) noexcept {
  const unsigned version = in.big_endian<std::uint8_t>() >> 4U;
  if (version == 4) return kEtherTypeIpv4;
  return version == 6 ? kEtherTypeIpv6 : std::uint16_t{0};
}

}  // namespace mimir::wire
