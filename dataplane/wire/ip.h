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
/// from there on, padding included. Fill `facts` and `transport` completely.
/// REQUIRES: wire_room >= in.left().
[[nodiscard]] Drop read_ipv4(Cursor in, std::size_t wire_room, Transport& transport,
                             PacketFacts& facts) noexcept;
[[nodiscard]] Drop read_ipv6(Cursor in, std::size_t wire_room, Transport& transport,
                             PacketFacts& facts) noexcept;

/// The one of the two that `ether_type` names.
[[nodiscard]] inline Drop read_ip(std::uint16_t ether_type, Cursor in, std::size_t wire_room,
                                  Transport& transport, PacketFacts& facts) noexcept {
  if (ether_type == kEtherTypeIpv4) return read_ipv4(in, wire_room, transport, facts);
  if (ether_type == kEtherTypeIpv6) return read_ipv6(in, wire_room, transport, facts);
  return Drop::kNotIp;
}

}  // namespace mimir::wire
