// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "dataplane/wire/flow_ends.h"
#include "dataplane/wire/ip.h"
#include "dataplane/wire/transport.h"

namespace mimir::wire {

namespace {

// IANA "Protocol Numbers"; RFC 8200 §4.1 gives the order, which nobody keeps.
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kFragment = 44;
constexpr std::uint8_t kAuthentication = 51;
constexpr std::uint8_t kDestinationOptions = 60;

constexpr std::size_t kFixedHeaderBytes = 40;
constexpr std::size_t kPayloadFieldMax = 65535;

/// Where the extension headers ended.
struct Chain {
  std::uint8_t protocol = 0;
  std::size_t bytes = 0;  ///< of all extension headers
  Fragment fragment = Fragment::kNone;
  std::uint32_t identification = 0;  ///< of the fragment
};

// RFC 8200 §4. Leaves `in` at the transport header.
Drop follow_extensions(Cursor& in, std::uint8_t next_header, Chain& chain) noexcept {
  for (std::size_t i = 0; i <= kIpv6ExtensionMax; ++i) {
    if (next_header != kHopByHop && next_header != kRouting && next_header != kFragment &&
        next_header != kAuthentication && next_header != kDestinationOptions) {
      chain.protocol = next_header;
      return Drop::kNone;
    }
    Cursor header = in;
    const std::uint8_t kind = next_header;
    next_header = header.big_endian<std::uint8_t>();
    const std::size_t length_field = header.big_endian<std::uint8_t>();
    std::size_t header_bytes = 8 + 8 * length_field;
    if (kind == kAuthentication) header_bytes = 8 + 4 * length_field;  // RFC 4302 §2.2
    if (kind == kFragment) {
      header_bytes = 8;  // RFC 8200 §4.5: what is the length elsewhere is reserved here
      const auto offset_and_more = header.big_endian<std::uint16_t>();
      const auto identification = header.big_endian<std::uint32_t>();
      if (header.failed()) return Drop::kTruncatedIpv6Extension;
      // An atomic fragment (RFC 6946) is a whole datagram.
      if (offset_and_more >> 3 != 0 || (offset_and_more & 1) != 0) {
        chain.fragment = offset_and_more >> 3 != 0 ? Fragment::kLater : Fragment::kFirst;
        chain.identification = identification;
      }
      if (chain.fragment == Fragment::kLater) return Drop::kIpFragment;
    }
    in.skip(header_bytes);
    if (in.failed()) return Drop::kTruncatedIpv6Extension;
    chain.bytes += header_bytes;
  }
  return Drop::kTooManyIpv6Extensions;
}

}  // namespace

// RFC 8200 §3.
Drop read_ipv6(Cursor in, std::size_t wire_room, std::uint32_t network, const TunnelPorts& ports,
               Transport& transport, PacketFacts& facts) noexcept {
  const std::span<const std::byte> captured = in.rest();
  const auto header = in.header<kFixedHeaderBytes>();
  if (in.failed()) return Drop::kTruncatedIpv6;
  std::size_t payload_bytes = header.big_endian<std::uint16_t, 4>();
  const auto next_header = header.big_endian<std::uint8_t, 6>();
  if (header.big_endian<std::uint8_t, 0>() >> 4 != 6) return Drop::kBadIpVersion;

  // A datagram whose payload does not fit the field (RFC 2675, or a sender that
  // leaves segmentation to its card) carries 0: then the frame says how long it is.
  // In a shorter frame 0 is what it says, and what follows is padding.
  if (payload_bytes == 0 && wire_room - kFixedHeaderBytes > kPayloadFieldMax) {
    payload_bytes = wire_room - kFixedHeaderBytes;
  }
  if (payload_bytes > wire_room - kFixedHeaderBytes) return Drop::kBadIpv6PayloadLength;
  in.limit(payload_bytes);  // and so chain.bytes <= payload_bytes

  facts.family = Family::kIpv6;
  facts.tcp_flags = 0;
  facts.ip_bytes = static_cast<std::uint32_t>(kFixedHeaderBytes + payload_bytes);
  facts.datagram = captured.first(std::min(captured.size(), kFixedHeaderBytes + payload_bytes));
  Chain chain;
  Drop drop = follow_extensions(in, next_header, chain);
  facts.fragment = chain.fragment;
  facts.identification = chain.identification;
  const std::byte* const source = header.bytes<8, 16>().data();
  const std::byte* const destination = header.bytes<24, 16>().data();
  if (chain.fragment == Fragment::kLater) {
    facts.payload = {};
    set_flow_v6(source, destination, 0, 0, chain.protocol, network, facts);
  }
  if (drop != Drop::kNone) return drop;
  drop = read_transport(in, chain.protocol, payload_bytes - chain.bytes,
                        chain.fragment == Fragment::kFirst, ports, transport, facts);
  if (drop != Drop::kNone) return drop;
  set_flow_v6(source, destination, transport.source_port, transport.destination_port,
              chain.protocol, network, facts);
  return Drop::kNone;
}

}  // namespace mimir::wire
