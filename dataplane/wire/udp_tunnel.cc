// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/ether_type.h"
#include "dataplane/wire/tunnel.h"

namespace mimir::wire {

namespace {

/// The three bytes that VXLAN, VXLAN-GPE and Geneve all have in this place.
std::uint32_t network_of(const Header<8>& header) noexcept {
  return header.big_endian<std::uint32_t, 4>() >> 8;
}

// RFC 7348 §5: flags, 24 reserved bits, network identifier, 8 reserved bits. What is
// reserved is not looked at, as it says; others have put things there (group policy).
Drop open_vxlan(Cursor& in, Beneath& beneath) noexcept {
  const auto header = in.header<8>();
  if (in.failed()) return Drop::kTruncatedTunnel;
  constexpr unsigned kIdentifierIsValid = 0x08;
  if ((header.big_endian<std::uint8_t, 0>() & kIdentifierIsValid) != 0) {
    beneath.ether_type = kEtherTypeBridged;
    beneath.network = network_of(header);
  }
  return Drop::kNone;
}

// draft-ietf-nvo3-vxlan-gpe-13 §3: flags, 16 reserved bits, next protocol, network
// identifier, 8 reserved bits.
Drop open_vxlan_gpe(Cursor& in, Beneath& beneath) noexcept {
  const auto header = in.header<8>();
  if (in.failed()) return Drop::kTruncatedTunnel;
  constexpr unsigned kVersionAndReserved = 0xf0;
  constexpr unsigned kIdentifierIsValid = 0x08;
  constexpr unsigned kNextProtocolIsValid = 0x04;
  const unsigned flags = header.big_endian<std::uint8_t, 0>();
  if ((flags & (kVersionAndReserved | kIdentifierIsValid)) != kIdentifierIsValid) {
    return Drop::kNone;
  }
  if ((header.big_endian<std::uint8_t, 7>()) != 0) return Drop::kNone;
  beneath.network = network_of(header);
  if ((flags & kNextProtocolIsValid) == 0) {
    beneath.ether_type = kEtherTypeBridged;
    return Drop::kNone;
  }
  switch (header.big_endian<std::uint8_t, 3>()) {
    case 1:
      beneath.ether_type = kEtherTypeIpv4;
      return Drop::kNone;
    case 2:
      beneath.ether_type = kEtherTypeIpv6;
      return Drop::kNone;
    case 3:
      beneath.ether_type = kEtherTypeBridged;
      return Drop::kNone;
    case 4:  // a network service header, RFC 8300
      return Drop::kUnsupportedTunnel;
    case 5:
      beneath.ether_type = kEtherTypeMpls;
      return Drop::kNone;
    default:
      return Drop::kNone;
  }
}

// RFC 8926 §3.4: version and length of the options in words, flags, protocol,
// network identifier, 8 reserved bits.
Drop open_geneve(Cursor& in, Beneath& beneath) noexcept {
  const auto header = in.header<8>();
  if (in.failed()) return Drop::kTruncatedTunnel;
  constexpr unsigned kVersion = 0xc0;
  constexpr unsigned kReservedFlags = 0x3f;
  const unsigned version_and_length = header.big_endian<std::uint8_t, 0>();
  if ((version_and_length & kVersion) != 0) return Drop::kNone;
  if ((header.big_endian<std::uint8_t, 1>() & kReservedFlags) != 0) return Drop::kNone;
  if ((header.big_endian<std::uint8_t, 7>()) != 0) return Drop::kNone;
  in.skip(std::size_t{4} * version_and_length);
  if (in.failed()) return Drop::kTruncatedTunnel;
  beneath.ether_type = header.big_endian<std::uint16_t, 2>();
  beneath.network = network_of(header);
  return Drop::kNone;
}

// 3GPP TS 29.281 §5: flags, message, length of what follows the first eight bytes,
// endpoint; then, if any flag is set, a word that all three share, whose last byte
// names the first extension header.
Drop open_gtp(Cursor& in, std::size_t wire_bytes, Beneath& beneath) noexcept {
  const auto header = in.header<8>();
  if (in.failed()) return Drop::kTruncatedTunnel;
  constexpr unsigned kVersionAndType = 0xf0;
  constexpr unsigned kVersion1User = 0x30;
  constexpr unsigned kAnyOptional = 0x07;
  constexpr unsigned kHasExtension = 0x04;
  constexpr unsigned kMessageIsPacket = 255;
  const unsigned flags = header.big_endian<std::uint8_t, 0>();
  if ((flags & kVersionAndType) != kVersion1User) return Drop::kNone;
  if (header.big_endian<std::uint8_t, 1>() != kMessageIsPacket) return Drop::kNone;
  if (header.big_endian<std::uint16_t, 2>() + std::size_t{8} > wire_bytes) return Drop::kNone;
  if ((flags & kAnyOptional) != 0) {
    in.skip(3);
    unsigned next_extension = in.big_endian<std::uint8_t>();
    if ((flags & kHasExtension) == 0) next_extension = 0;
    for (std::size_t i = 0; next_extension != 0; ++i) {
      if (i == kGtpExtensionMax) return Drop::kTunnelTooDeep;
      const std::size_t words = in.big_endian<std::uint8_t>();
      if (in.failed()) return Drop::kTruncatedTunnel;
      if (words == 0) return Drop::kNone;
      in.skip(4 * words - 2);
      next_extension = in.big_endian<std::uint8_t>();
    }
  }
  if (in.failed() || in.left() == 0) return Drop::kTruncatedTunnel;
  beneath.ether_type = ether_type_by_version(in);
  return Drop::kNone;
}

// RFC 4380 §5.1.1: authentication, if there, begins with 0x0001, then an origin
// indication with 0x0000; an IPv6 header begins with neither.
Drop open_teredo(Cursor& in, Beneath& beneath) noexcept {
  for (const std::uint16_t indicator : {std::uint16_t{1}, std::uint16_t{0}}) {
    Cursor header = in;
    const auto first = header.big_endian<std::uint16_t>();
    if (header.failed()) return Drop::kTruncatedTunnel;
    if (first != indicator) continue;
    if (indicator == 1) {
      const std::size_t client_bytes = header.big_endian<std::uint8_t>();
      const std::size_t value_bytes = header.big_endian<std::uint8_t>();
      header.skip(client_bytes + value_bytes + 9);  // and a nonce, and a confirmation
    } else {
      header.skip(6);
    }
    if (header.failed()) return Drop::kTruncatedTunnel;
    in = header;
  }
  if (in.left() == 0) return Drop::kTruncatedTunnel;
  if (ether_type_by_version(in) == kEtherTypeIpv6) beneath.ether_type = kEtherTypeIpv6;
  return Drop::kNone;
}

}  // namespace

Drop open_udp_tunnel(Tunnel tunnel, Cursor& in, std::size_t wire_bytes, Beneath& beneath) noexcept {
  switch (tunnel) {
    case Tunnel::kVxlan:
      return open_vxlan(in, beneath);
    case Tunnel::kVxlanGpe:
      return open_vxlan_gpe(in, beneath);
    case Tunnel::kGeneve:
      return open_geneve(in, beneath);
    case Tunnel::kGtp:
      return open_gtp(in, wire_bytes, beneath);
    case Tunnel::kTeredo:
      return open_teredo(in, beneath);
    case Tunnel::kNone:
    case Tunnel::kIpv4:
    case Tunnel::kIpv6:
    case Tunnel::kGre:
      break;
  }
  return Drop::kNone;
}

}  // namespace mimir::wire
