// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "dataplane/record/drop.h"
#include "dataplane/wire/cursor.h"
#include "dataplane/wire/dissect.h"
#include "dataplane/wire/ether_type.h"
#include "dataplane/wire/transport.h"

namespace mimir::wire {

/// `in` stands at the IP header; `wire_room` is how many bytes the wire carried
/// from there on, padding included; `network` is the one it is in, masked. Fill `facts`
/// and `transport` completely. REQUIRES: wire_room >= in.left().
[[nodiscard]] Drop read_ipv4(Cursor in, std::size_t wire_room, std::uint32_t network,
                             const TunnelPorts& ports, Transport& transport,
                             PacketFacts& facts) noexcept;
[[nodiscard]] Drop read_ipv6(Cursor in, std::size_t wire_room, std::uint32_t network,
                             const TunnelPorts& ports, Transport& transport,
                             PacketFacts& facts) noexcept;

/// The one of the two that the layers beneath name.
[[nodiscard]] inline Drop read_ip(Beneath beneath, Cursor in, std::size_t wire_room,
                                  const DissectOptions& options, Transport& transport,
                                  PacketFacts& facts) noexcept {
  const std::uint32_t network = beneath.network & options.network_mask;
  if (beneath.ether_type == kEtherTypeIpv4) {
    return read_ipv4(in, wire_room, network, options.ports, transport, facts);
  }
  if (beneath.ether_type == kEtherTypeIpv6) {
    return read_ipv6(in, wire_room, network, options.ports, transport, facts);
  }
  return Drop::kNotIp;
}

}  // namespace mimir::wire
