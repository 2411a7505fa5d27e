// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/ether_type.h"
#include "dataplane/wire/tunnel.h"

namespace mimir::wire {

namespace {

// RFC 2784 §2.1 and RFC 2890 §2.
constexpr std::uint16_t kChecksumPresent = 0x8000;
constexpr std::uint16_t kRoutingPresent = 0x4000;
constexpr std::uint16_t kKeyPresent = 0x2000;
constexpr std::uint16_t kSequencePresent = 0x1000;
constexpr std::uint16_t kGreVersion = 0x0007;

constexpr std::uint16_t kProtocolErspan = 0x88be;
constexpr std::uint16_t kProtocolErspan3 = 0x22eb;

// draft-foschiano-erspan-03 §4: type I has no header of its own and no GRE sequence
// number, type II has eight bytes.
Drop read_erspan(Cursor& in, std::uint16_t flags, Beneath& beneath) noexcept {
  if ((flags & kSequencePresent) != 0) in.skip(8);
  beneath.ether_type = kEtherTypeBridged;
  return in.failed() ? Drop::kTruncatedTunnel : Drop::kNone;
}

// draft-foschiano-erspan-03 §4.3: twelve bytes, and eight more if the last bit says so.
Drop read_erspan3(Cursor& in, Beneath& beneath) noexcept {
  in.skip(10);
  const auto frame_and_options = in.big_endian<std::uint16_t>();
  if ((frame_and_options & 1) != 0) in.skip(8);
  if (in.failed()) return Drop::kTruncatedTunnel;
  constexpr unsigned kFrameIsEthernet = 0;
  constexpr unsigned kFrameIsIp = 2;
  const unsigned frame_type = frame_and_options >> 10U & 0x1fU;
  if (frame_type == kFrameIsEthernet) {
    beneath.ether_type = kEtherTypeBridged;
    return Drop::kNone;
  }
  if (frame_type != kFrameIsIp) return Drop::kUnsupportedTunnel;
  if (in.left() == 0) return Drop::kTruncatedTunnel;
  beneath.ether_type = ether_type_by_version(in);
  return beneath.ether_type == 0 ? Drop::kBadIpVersion : Drop::kNone;
}

}  // namespace

Drop open_gre(Cursor& in, Beneath& beneath) noexcept {
  const auto flags = in.big_endian<std::uint16_t>();
  const auto protocol = in.big_endian<std::uint16_t>();
  if (in.failed()) return Drop::kTruncatedTunnel;
  // Version 1 is PPTP (RFC 2637), whose payload is PPP; routing is RFC 1701's.
  if ((flags & (kGreVersion | kRoutingPresent)) != 0) return Drop::kUnsupportedTunnel;
  for (const std::uint16_t flag : {kChecksumPresent, kKeyPresent, kSequencePresent}) {
    if ((flags & flag) != 0) in.skip(4);
  }
  if (in.failed()) return Drop::kTruncatedTunnel;
  switch (protocol) {
    case kEtherTypeIpv4:
    case kEtherTypeIpv6:
    case kEtherTypeBridged:
    case kEtherTypeMpls:
    case kEtherTypeMplsOther:
      beneath.ether_type = protocol;
      return Drop::kNone;
    case kProtocolErspan:
      return read_erspan(in, flags, beneath);
    case kProtocolErspan3:
      return read_erspan3(in, beneath);
    default:
      return Drop::kUnsupportedTunnel;
  }
}

}  // namespace mimir::wire
