// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/dissect.h"

#include "dataplane/wire/cursor.h"
#include "dataplane/wire/ether_type.h"
#include "dataplane/wire/ip.h"
#include "dataplane/wire/shim.h"
#include "dataplane/wire/tunnel.h"

namespace mimir::wire {

namespace {

/// The EtherType of an address family, 0 if it is not IP. AF_INET is 2 everywhere,
/// AF_INET6 is what the system that captured calls it.
std::uint16_t ether_type_of(std::uint32_t family) noexcept {
  switch (family) {
    case 2:
      return kEtherTypeIpv4;
    case 10:  // Linux
    case 23:  // Windows
    case 24:  // NetBSD, OpenBSD
    case 28:  // FreeBSD
    case 30:  // Darwin
      return kEtherTypeIpv6;
    default:
      return 0;
  }
}

/// Leaves `in` before the IP header of a netfilter message (LINKTYPE_NFLOG): a
/// header of 4 bytes that begins with the address family, then fields of length,
/// type and value, padded to 4 bytes. 0 if no field holds a packet.
std::uint16_t read_netfilter_log(Cursor& in) noexcept {
  constexpr std::size_t kFieldHeaderBytes = 4;
  constexpr std::uint16_t kPayloadType = 9;  // NFULA_PAYLOAD
  const auto family = in.big_endian<std::uint8_t>();
  in.skip(3);
  while (!in.failed()) {
    auto length = in.big_endian<std::uint16_t>();
    auto type = in.big_endian<std::uint16_t>();
    // Written in the order of the machine that captured. No type comes near 256,
    // so the byte that is zero tells.
    if ((type & 0xff) == 0) {
      length = __builtin_bswap16(length);
      type = __builtin_bswap16(type);
    }
    if (in.failed() || length < kFieldHeaderBytes) return 0;
    if (type == kPayloadType) return ether_type_of(family);
    const std::size_t value_bytes = length - kFieldHeaderBytes;
    in.skip((value_bytes + 3) / 4 * 4);
  }
  return 0;
}

/// Reads the link header; the EtherType that follows it goes to `ether_type`.
/// REQUIRES: not kRawIp, which has neither.
Drop read_link(LinkType link, Cursor& in, std::uint16_t& ether_type) noexcept {
  switch (link) {
    case LinkType::kEthernet:  // IEEE 802.3-2018 §3.1.1
      in.skip(12);
      ether_type = in.big_endian<std::uint16_t>();
      break;
    case LinkType::kLinuxCookedV1:  // LINKTYPE_LINUX_SLL
      in.skip(14);
      ether_type = in.big_endian<std::uint16_t>();
      break;
    case LinkType::kLinuxCookedV2:  // LINKTYPE_LINUX_SLL2
      ether_type = in.big_endian<std::uint16_t>();
      in.skip(18);
      break;
    case LinkType::kLoopback: {
      // In the byte order of the machine that captured, or of the network.
      const auto family = in.big_endian<std::uint32_t>();
      ether_type = ether_type_of(family > 0xffff ? __builtin_bswap32(family) : family);
      break;
    }
    case LinkType::kNetfilterLog:
      ether_type = read_netfilter_log(in);
      break;
    case LinkType::kOther:
    case LinkType::kRawIp:
      break;
  }
  return in.failed() ? Drop::kTruncatedLink : Drop::kNone;
}

}  // namespace

Drop dissect(LinkType link, std::span<const std::byte> frame, std::uint32_t wire_bytes,
             const DissectOptions& options, PacketFacts& facts) noexcept {
  Cursor in(frame);
  Beneath beneath;
  if (link == LinkType::kRawIp) {
    if (frame.empty()) return Drop::kTruncatedLink;
    beneath.ether_type = ether_type_by_version(in);
    if (beneath.ether_type == 0) return Drop::kBadIpVersion;
  } else {
    Drop drop = read_link(link, in, beneath.ether_type);
    if (drop != Drop::kNone) return drop;
    if (!is_ip(beneath.ether_type)) drop = skip_shims(in, beneath);
    if (drop != Drop::kNone) return drop;
  }
  const std::size_t link_bytes = frame.size() - in.left();
  // A source that states less wire than it captured would make the room negative.
  const std::size_t wire_room =
      wire_bytes > frame.size() ? wire_bytes - link_bytes : frame.size() - link_bytes;
  Transport transport;
  const Drop drop = read_ip(beneath, in, wire_room, options, transport, facts);
  if (drop != Drop::kNone || transport.tunnel == Tunnel::kNone) [[likely]]
    return drop;
  return follow_tunnels(transport, beneath.network, options, facts);
}

}  // namespace mimir::wire
