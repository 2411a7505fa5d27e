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

Drop open_tunnel(const Transport& carrier, Cursor& in, Beneath& beneath) noexcept {
  switch (carrier.tunnel) {
    case Tunnel::kNone:
      return Drop::kNone;
    case Tunnel::kIpv4:
      beneath.ether_type = kEtherTypeIpv4;
      return Drop::kNone;
    case Tunnel::kIpv6:
      beneath.ether_type = kEtherTypeIpv6;
      return Drop::kNone;
    case Tunnel::kGre:
      return open_gre(in, beneath);
    case Tunnel::kVxlan:
    case Tunnel::kVxlanGpe:
    case Tunnel::kGeneve:
    case Tunnel::kGtp:
    case Tunnel::kTeredo:
      return open_udp_tunnel(carrier.tunnel, in, carrier.payload_wire_bytes, beneath);
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

/// Goes on from the begin of what a tunnel carries to the IP header in it; `network` is
/// then the one that is in.
Drop enter(const Transport& carrier, bool is_last, Cursor& in, Beneath& beneath,
           std::uint32_t& network) noexcept {
  Drop drop = open_tunnel(carrier, in, beneath);
  if (drop != Drop::kNone) return drop;
  if (beneath.ether_type == 0) return Drop::kNotIp;
  if (is_last) return Drop::kTunnelTooDeep;
  if (beneath.ether_type == kEtherTypeBridged) drop = read_ethernet(in, beneath.ether_type);
  if (drop == Drop::kNone) drop = skip_shims(in, beneath);
  if (drop != Drop::kNone) return drop;
  if (beneath.network != 0) network = beneath.network;
  beneath.network = network;
  return Drop::kNone;
}

}  // namespace

Drop follow_tunnels(const Transport& transport, std::uint32_t network,
                    const DissectOptions& options, PacketFacts& facts) noexcept {
  Transport carrier = transport;
  for (std::size_t depth = 0; carrier.tunnel != Tunnel::kNone; ++depth) {
    const PacketFacts carrier_facts = facts;
    Transport inside;
    Beneath beneath;
    Cursor in(facts.payload);
    Drop drop = enter(carrier, depth >= options.tunnel_depth_max, in, beneath, network);
    if (drop == Drop::kNone) {
      const std::size_t opened_bytes = facts.payload.size() - in.left();
      const std::size_t wire_room = carrier.payload_wire_bytes - opened_bytes;
      drop = read_ip(beneath, in, wire_room, options, inside, facts);
    }
    if (drop != Drop::kNone) {
      const bool is_cut = carrier_facts.payload.size() < carrier.payload_wire_bytes;
      const bool may_be_ordinary = is_over_udp(carrier.tunnel);
      if (!may_be_ordinary || !is_ordinary(drop, beneath.ether_type, is_cut)) return drop;
      facts = carrier_facts;
      return Drop::kNone;
    }
    carrier = inside;
  }
  return Drop::kNone;
}

}  // namespace mimir::wire
