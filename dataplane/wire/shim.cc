// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/shim.h"

#include "dataplane/wire/dissect.h"
#include "dataplane/wire/ether_type.h"

namespace mimir::wire {

namespace {

// IEEE 802.1Q-2018 §9.6: four bytes a tag, the last two of which are the
// EtherType of what follows.
Drop skip_vlan_tags(Cursor& in, Beneath& beneath) noexcept {
  constexpr std::uint32_t kIdentifier = 0xfff;
  std::uint32_t identifiers = 0;
  for (std::size_t tags = 0;; ++tags) {
    if (beneath.ether_type != kEtherTypeVlan && beneath.ether_type != kEtherTypeServiceVlan &&
        beneath.ether_type != kEtherTypeOldQinQ) {
      break;
    }
    if (tags == kVlanTagMax) return Drop::kTooManyVlanTags;
    identifiers = identifiers << 12 | (in.big_endian<std::uint16_t>() & kIdentifier);
    beneath.ether_type = in.big_endian<std::uint16_t>();
    if (in.failed()) return Drop::kTruncatedVlan;
  }
  // A frame in a tunnel that names a network is in that, whatever tags it has.
  if (beneath.network == 0) beneath.network = identifiers & DissectOptions::kNetworkBits;
  return Drop::kNone;
}

// RFC 3032 §2.1: label (20 bits), class (3), bottom of stack (1), time to live (8).
Drop skip_labels(Cursor& in, Beneath& beneath) noexcept {
  constexpr std::uint32_t kBottomOfStack = 0x100;
  for (std::size_t labels = 0; labels < kMplsLabelMax; ++labels) {
    const auto entry = in.big_endian<std::uint32_t>();
    if (in.failed()) return Drop::kTruncatedTunnel;
    if ((entry & kBottomOfStack) == 0) continue;
    if (in.left() == 0) return Drop::kTruncatedTunnel;
    beneath.ether_type = ether_type_by_version(in);
    return beneath.ether_type == 0 ? Drop::kUnsupportedTunnel : Drop::kNone;
  }
  return Drop::kTunnelTooDeep;
}

// RFC 2516 §4: version and type, code, session, length; RFC 1661 §2: protocol.
Drop read_pppoe(Cursor& in, Beneath& beneath) noexcept {
  const auto header = in.header<8>();
  if (in.failed()) return Drop::kTruncatedTunnel;
  constexpr std::uint16_t kVersion1Type1Session = 0x1100;
  if (header.big_endian<std::uint16_t, 0>() != kVersion1Type1Session) {
    return Drop::kUnsupportedTunnel;
  }
  switch (header.big_endian<std::uint16_t, 6>()) {  // IANA "PPP Numbers"
    case 0x0021:
      beneath.ether_type = kEtherTypeIpv4;
      return Drop::kNone;
    case 0x0057:
      beneath.ether_type = kEtherTypeIpv6;
      return Drop::kNone;
    default:
      return Drop::kNotIp;  // the session's own talk: LCP, authentication, IPCP
  }
}

}  // namespace

Drop skip_shims(Cursor& in, Beneath& beneath) noexcept {
  const Drop drop = skip_vlan_tags(in, beneath);
  if (drop != Drop::kNone) return drop;
  if (beneath.ether_type == kEtherTypeMpls || beneath.ether_type == kEtherTypeMplsOther) {
    return skip_labels(in, beneath);
  }
  if (beneath.ether_type == kEtherTypePppoe) return read_pppoe(in, beneath);
  return Drop::kNone;
}

}  // namespace mimir::wire
