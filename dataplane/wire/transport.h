// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/record/drop.h"
#include "dataplane/wire/cursor.h"
#include "dataplane/wire/dissect.h"

namespace mimir::wire {

/// What a datagram carries besides its own payload, told by its IP protocol or, as
/// far as one can, by its UDP ports.
enum class Tunnel : std::uint8_t {
  kNone,
  kIpv4,  ///< RFC 2003
  kIpv6,  ///< RFC 4213, RFC 2473
  kGre,
  kVxlan,
  kVxlanGpe,
  kGeneve,
  kGtp,
  kTeredo,
};

[[nodiscard]] constexpr bool is_over_udp(Tunnel tunnel) noexcept {
  return tunnel >= Tunnel::kVxlan;
}

/// The part of a transport header that a flow needs.
struct Transport {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  Tunnel tunnel = Tunnel::kNone;
  /// How much of a tunnel the wire carried, of which the payload is what was captured.
  /// A first fragment has the front of what is inside: then as much as IP can have.
  std::uint32_t payload_wire_bytes = 0;
};

/// Reads the header of `protocol` behind the IP header.
///
/// `datagram_bytes` is how long the IP header says its payload is, on the wire.
/// A first fragment carries only the front of what UDP's length and TCP's data
/// offset speak of, so `is_fragment` exempts it from those checks. Fills tcp_flags and payload of
/// `facts`; of a tunnel, which has no transport header, the payload is all of it.
/// REQUIRES: `transport` as made.
[[nodiscard]] Drop read_transport(Cursor in, std::uint8_t protocol, std::size_t datagram_bytes,
                                  bool is_fragment, const TunnelPorts& ports, Transport& transport,
                                  PacketFacts& facts) noexcept;

}  // namespace mimir::wire
