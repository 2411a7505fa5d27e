// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/record/drop.h"
#include "dataplane/wire/cursor.h"
#include "dataplane/wire/dissect.h"
#include "dataplane/wire/transport.h"

namespace mimir::wire {

/// Goes on from a datagram that carries a tunnel to the innermost one, whose facts
/// replace those in `facts`. `transport` is what stood behind the outermost IP header.
///
/// What is named by an IP protocol number is a tunnel, and a fault inside leaves by
/// its name. What is named by a UDP port may be anything: if the tunnel's fixed bits
/// are not as its RFC has them, or the frame inside is not all IP by its EtherType,
/// version and lengths (and not ARP), the datagram is an ordinary one, and `facts`
/// stay those of the carrier. Bytes that the wire had and the capture has not are
/// no such contradiction: they leave as truncated.
///
/// REQUIRES: transport.tunnel != Tunnel::kNone, and `facts` read completely.
[[nodiscard]] Drop follow_tunnels(const Transport& transport, PacketFacts& facts) noexcept;

/// Step over the tunnel header that `in` stands at. `ether_type` is then that of what
/// follows, kEtherTypeBridged for an Ethernet frame; 0 says that this is no such
/// tunnel after all, which only those of UDP may say.
[[nodiscard]] Drop open_gre(Cursor& in, std::uint16_t& ether_type) noexcept;
[[nodiscard]] Drop open_udp_tunnel(Tunnel tunnel, Cursor& in, std::size_t wire_bytes,
                                   std::uint16_t& ether_type) noexcept;

}  // namespace mimir::wire
