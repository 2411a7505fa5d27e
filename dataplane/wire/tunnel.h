// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/record/drop.h"
#include "dataplane/wire/cursor.h"
#include "dataplane/wire/dissect.h"
#include "dataplane/wire/ether_type.h"
#include "dataplane/wire/transport.h"

namespace mimir::wire {

/// Goes on from a datagram that carries a tunnel to the innermost one, whose facts
/// replace those in `facts`. `transport` is what stood behind the outermost IP header,
/// `network` the one that header was in, which tunnels that name none leave as it is.
///
/// What is named by an IP protocol number is a tunnel, and a fault inside leaves by
/// its name. What is named by a UDP port may be anything: if the tunnel's fixed bits
/// are not as its RFC has them, or the frame inside is not all IP by its EtherType,
/// version and lengths (and not ARP), the datagram is an ordinary one, and `facts`
/// stay those of the carrier. Bytes that the wire had and the capture has not are
/// no such contradiction: they leave as truncated.
///
/// REQUIRES: transport.tunnel != Tunnel::kNone, and `facts` read completely.
[[nodiscard]] Drop follow_tunnels(const Transport& transport, std::uint32_t network,
                                  const DissectOptions& options, PacketFacts& facts) noexcept;

/// Step over the tunnel header that `in` stands at. `beneath` then speaks of what
/// follows: kEtherTypeBridged is an Ethernet frame, 0 says that this is no such tunnel
/// after all, which only those of UDP may say. A network that the header names is set.
[[nodiscard]] Drop open_gre(Cursor& in, Beneath& beneath) noexcept;
[[nodiscard]] Drop open_udp_tunnel(Tunnel tunnel, Cursor& in, std::size_t wire_bytes,
                                   Beneath& beneath) noexcept;

}  // namespace mimir::wire
