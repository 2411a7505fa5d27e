// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/tunnel.h"

#include "dataplane/wire/ether_type.h"
#include "dataplane/wire/ip.h"
#include "dataplane/wire/shim.h"

namespace mimir::wire {

namespace {

/// IEEE 802.3-2018 §3.1.1.
Drop read_ethernet(Cursor& in, std::uint16_t& ether_type) noexcept {
  in.skip(12);
  ether_type = in.big_endian<std::uint16_t>();
  return in.failed() ? Drop::kTruncatedLink : Drop::kNone;
}

Drop open_tunnel(const Transport& carrier, Cursor& in, std::uint16_t& ether_type) noexcept {
  switch (carrier.tunnel) {
    case Tunnel::kNone:
      return Drop::kNone;
    case Tunnel::kIpv4:
      ether_type = kEtherTypeIpv4;
      return Drop::kNone;
    case Tunnel::kIpv6:
      ether_type = kEtherTypeIpv6;
      return Drop::kNone;
    case Tunnel::kGre:
      return open_gre(in, ether_type);
    case Tunnel::kVxlan:
    case Tunnel::kVxlanGpe:
    case Tunnel::kGeneve:
    case Tunnel::kGtp:
    case Tunnel::kTeredo:
      return open_udp_tunnel(carrier.tunnel, in, carrier.payload_wire_bytes, ether_type);
  }
  return Drop::kUnsupportedTunnel;
}

/// Whether what was found behind a tunnel's port says that it was none.
bool is_ordinary(Drop drop, std::uint16_t ether_type, bool is_cut) noexcept {
  if (drop == Drop::kNotIp) return ether_type != kEtherTypeArp;
  if (drop == Drop::kTruncatedTunnel || drop == Drop::kTruncatedLink ||
      drop == Drop::kTruncatedVlan || drop == Drop::kTruncatedIpv4 ||
      drop == Drop::kTruncatedIpv6) {
    return !is_cut;
  }
  return drop == Drop::kBadIpVersion || drop == Drop::kBadIpv4HeaderLength ||
         drop == Drop::kBadIpv4TotalLength || drop == Drop::kBadIpv6PayloadLength;
}

/// The IP datagram inside one tunnel.
Drop read_inside(const Transport& carrier, bool is_last, Cursor in, std::uint16_t& ether_type,
                 Transport& transport, PacketFacts& facts) noexcept {
  const std::size_t captured_bytes = in.left();
  Drop drop = open_tunnel(carrier, in, ether_type);
  if (drop != Drop::kNone) return drop;
  if (ether_type == 0) return Drop::kNotIp;
  if (is_last) return Drop::kTunnelTooDeep;
  if (ether_type == kEtherTypeBridged) drop = read_ethernet(in, ether_type);
  if (drop == Drop::kNone) drop = skip_shims(in, ether_type);
  if (drop != Drop::kNone) return drop;
  const std::size_t opened_bytes = captured_bytes - in.left();
  return read_ip(ether_type, in, carrier.payload_wire_bytes - opened_bytes, transport, facts);
}

}  // namespace

Drop follow_tunnels(const Transport& transport, PacketFacts& facts) noexcept {
  Transport carrier = transport;
  for (std::size_t depth = 0; carrier.tunnel != Tunnel::kNone; ++depth) {
    const PacketFacts carrier_facts = facts;
    Transport inside;
    std::uint16_t ether_type = 0;
    const Drop drop = read_inside(carrier, depth == kTunnelDepthMax, Cursor(facts.payload),
                                  ether_type, inside, facts);
    if (drop != Drop::kNone) {
      const bool is_cut = carrier_facts.payload.size() < carrier.payload_wire_bytes;
      if (!is_over_udp(carrier.tunnel) || !is_ordinary(drop, ether_type, is_cut)) return drop;
      facts = carrier_facts;
      return Drop::kNone;
    }
    carrier = inside;
  }
  return Drop::kNone;
}

}  // namespace mimir::wire
