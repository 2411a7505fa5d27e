// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/dissect.h"

#include "dataplane/wire/cursor.h"
#include "dataplane/wire/ip.h"

namespace mimir::wire {

namespace {

// IEEE 802 numbers (IANA "IEEE 802 Numbers").
constexpr std::uint16_t kEtherTypeIpv4 = 0x0800;
constexpr std::uint16_t kEtherTypeIpv6 = 0x86dd;
constexpr std::uint16_t kEtherTypeVlan = 0x8100;         // 802.1Q customer tag
constexpr std::uint16_t kEtherTypeServiceVlan = 0x88a8;  // 802.1ad service tag
constexpr std::uint16_t kEtherTypeOldQinQ = 0x9100;      // before 802.1ad

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
    case LinkType::kRawIp:
      break;
  }
  return in.failed() ? Drop::kTruncatedLink : Drop::kNone;
}

// IEEE 802.1Q-2018 §9.6: four bytes a tag, the last two of which are the
// EtherType of what follows.
Drop skip_vlan_tags(Cursor& in, std::uint16_t& ether_type) noexcept {
  for (std::size_t tags = 0;; ++tags) {
    if (ether_type != kEtherTypeVlan && ether_type != kEtherTypeServiceVlan &&
        ether_type != kEtherTypeOldQinQ) {
      return Drop::kNone;
    }
    if (tags == kVlanTagMax) return Drop::kTooManyVlanTags;
    in.skip(2);
    ether_type = in.big_endian<std::uint16_t>();
    if (in.failed()) return Drop::kTruncatedVlan;
  }
}

}  // namespace

Drop dissect(LinkType link, std::span<const std::byte> frame, std::uint32_t wire_bytes,
             PacketFacts& facts) noexcept {
  Cursor in(frame);
  std::uint16_t ether_type = 0;
  if (link == LinkType::kRawIp) {
    Cursor first = in;
    const auto version_and_more = first.big_endian<std::uint8_t>();
    if (first.failed()) return Drop::kTruncatedLink;
    if (version_and_more >> 4 == 4) ether_type = kEtherTypeIpv4;
    if (version_and_more >> 4 == 6) ether_type = kEtherTypeIpv6;
    if (ether_type == 0) return Drop::kBadIpVersion;
  } else {
    Drop drop = read_link(link, in, ether_type);
    if (drop != Drop::kNone) return drop;
    drop = skip_vlan_tags(in, ether_type);
    if (drop != Drop::kNone) return drop;
  }
  const std::size_t link_bytes = frame.size() - in.left();
  // A source that states less wire than it captured would make the room negative.
  const std::size_t wire_room =
      wire_bytes > frame.size() ? wire_bytes - link_bytes : frame.size() - link_bytes;
  if (ether_type == kEtherTypeIpv4) return read_ipv4(in, wire_room, facts);
  if (ether_type == kEtherTypeIpv6) return read_ipv6(in, wire_room, facts);
  return Drop::kNotIp;
}

}  // namespace mimir::wire
