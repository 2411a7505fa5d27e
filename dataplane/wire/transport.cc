// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/transport.h"

#include "dataplane/wire/udp_port.h"

namespace mimir::wire {

namespace {

// RFC 9293 §3.1.
Drop read_tcp(Cursor in, std::size_t datagram_bytes, bool is_fragment, Transport& transport,
              PacketFacts& facts) noexcept {
  const std::span<const std::byte> segment = in.rest();
  const auto header = in.header<20>();
  if (in.failed()) return Drop::kTruncatedTcp;
  transport.source_port = header.big_endian<std::uint16_t, 0>();
  transport.destination_port = header.big_endian<std::uint16_t, 2>();
  facts.tcp_flags = header.big_endian<std::uint8_t, 13>();
  const std::size_t header_bytes = std::size_t{4} * (header.big_endian<std::uint8_t, 12>() >> 4);
  if (header_bytes < 20) return Drop::kBadTcpDataOffset;
  if (header_bytes > datagram_bytes && !is_fragment) return Drop::kBadTcpDataOffset;
  // Options may lie behind the snap length or in the next fragment: the header is
  // sound, the payload is not there.
  facts.payload =
      header_bytes <= segment.size() ? segment.subspan(header_bytes) : std::span<const std::byte>{};
  return Drop::kNone;
}

Tunnel tunnel_of_ports(const TunnelPorts& ports, std::uint16_t source_port,
                       std::uint16_t destination_port) noexcept {
  if (ports.is_vxlan(destination_port)) return Tunnel::kVxlan;
  switch (destination_port) {
    case kVxlanGpePort:
      return Tunnel::kVxlanGpe;
    case kGenevePort:
      return Tunnel::kGeneve;
    case kGtpUserPort:
      return Tunnel::kGtp;
    case kTeredoPort:
      return Tunnel::kTeredo;
    default:
      return source_port == kTeredoPort ? Tunnel::kTeredo : Tunnel::kNone;
  }
}

void set_tunnel(Tunnel tunnel, std::size_t wire_bytes, bool is_fragment,
                Transport& transport) noexcept {
  constexpr std::size_t kDatagramMax = 65535;
  transport.tunnel = tunnel;
  if (is_fragment && wire_bytes < kDatagramMax) wire_bytes = kDatagramMax;
  transport.payload_wire_bytes = static_cast<std::uint32_t>(wire_bytes);
}

// RFC 768.
Drop read_udp(Cursor in, std::size_t datagram_bytes, bool is_fragment, const TunnelPorts& ports,
              Transport& transport, PacketFacts& facts) noexcept {
  const auto header = in.header<8>();
  if (in.failed()) return Drop::kTruncatedUdp;
  transport.source_port = header.big_endian<std::uint16_t, 0>();
  transport.destination_port = header.big_endian<std::uint16_t, 2>();
  std::size_t udp_bytes = header.big_endian<std::uint16_t, 4>();
  if (udp_bytes < 8) {
    // RFC 2675 §4: 0 in a datagram too long for the field.
    if (udp_bytes != 0 || datagram_bytes <= 65535) return Drop::kBadUdpLength;
    udp_bytes = datagram_bytes;
  }
  if (udp_bytes > datagram_bytes && !is_fragment) return Drop::kBadUdpLength;
  in.limit(udp_bytes - 8);
  facts.payload = in.rest();
  const Tunnel tunnel = tunnel_of_ports(ports, transport.source_port, transport.destination_port);
  if (tunnel != Tunnel::kNone) [[unlikely]] {
    set_tunnel(tunnel, udp_bytes - 8, is_fragment, transport);
  }
  return Drop::kNone;
}

// RFC 792 and RFC 4443 §2.1: type, code and checksum; RFC 792 has four more bytes.
Drop read_icmp(Cursor in, std::size_t header_bytes, PacketFacts& facts) noexcept {
  in.skip(header_bytes);
  if (in.failed()) return Drop::kTruncatedIcmp;
  facts.payload = in.rest();
  return Drop::kNone;
}

/// Protocol numbers (IANA) whose payload is another datagram.
Tunnel tunnel_of_protocol(std::uint8_t protocol) noexcept {
  if (protocol == 4) return Tunnel::kIpv4;
  if (protocol == 41) return Tunnel::kIpv6;
  return protocol == 47 ? Tunnel::kGre : Tunnel::kNone;
}

}  // namespace

Drop read_transport(Cursor in, std::uint8_t protocol, std::size_t datagram_bytes, bool is_fragment,
                    const TunnelPorts& ports, Transport& transport, PacketFacts& facts) noexcept {
  in.limit(datagram_bytes);
  switch (protocol) {
    case kProtocolTcp:
      return read_tcp(in, datagram_bytes, is_fragment, transport, facts);
    case kProtocolUdp:
      return read_udp(in, datagram_bytes, is_fragment, ports, transport, facts);
    case kProtocolIcmp:
      return read_icmp(in, 8, facts);
    case kProtocolIcmpV6:
      return read_icmp(in, 4, facts);
    default:
      break;
  }
  const Tunnel tunnel = tunnel_of_protocol(protocol);
  if (tunnel == Tunnel::kNone) return Drop::kUnsupportedProtocol;
  facts.payload = in.rest();
  set_tunnel(tunnel, datagram_bytes, is_fragment, transport);
  return Drop::kNone;
}

}  // namespace mimir::wire
