// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "dataplane/wire/flow_ends.h"
#include "dataplane/wire/ip.h"
#include "dataplane/wire/transport.h"

namespace mimir::wire {

namespace {

constexpr std::uint16_t kMoreFragments = 0x2000;
constexpr std::uint16_t kFragmentOffset = 0x1fff;

}  // namespace

// RFC 791 §3.1. The frame may be longer than the datagram (Ethernet pads to 60
// bytes), so the total length, not the frame, says where the datagram ends.
Drop read_ipv4(Cursor in, std::size_t wire_room, std::uint32_t network, const TunnelPorts& ports,
               Transport& transport, PacketFacts& facts) noexcept {
  const std::size_t captured_bytes = in.left();
  const std::span<const std::byte> captured = in.rest();
  const auto header = in.header<20>();
  if (in.failed()) return Drop::kTruncatedIpv4;
  const auto version_and_ihl = header.big_endian<std::uint8_t, 0>();
  std::size_t total_bytes = header.big_endian<std::uint16_t, 2>();
  const auto fragment = header.big_endian<std::uint16_t, 6>();
  const auto protocol = header.big_endian<std::uint8_t, 9>();
  // The checksum is not judged: a mirror counts what was sent, sound or not.
  if (version_and_ihl >> 4 != 4) return Drop::kBadIpVersion;

  // A sender that leaves segmentation to its card is captured with length 0.
  if (total_bytes == 0) total_bytes = wire_room;
  const std::size_t header_bytes = std::size_t{4} * (version_and_ihl & 0x0f);
  if (header_bytes < 20) return Drop::kBadIpv4HeaderLength;
  if (total_bytes < header_bytes || total_bytes > wire_room) return Drop::kBadIpv4TotalLength;
  const std::uint32_t source = header.big_endian<std::uint32_t, 12>();
  const std::uint32_t destination = header.big_endian<std::uint32_t, 16>();

  facts.family = Family::kIpv4;
  facts.tcp_flags = 0;
  facts.ip_bytes = static_cast<std::uint32_t>(total_bytes);
  facts.datagram = captured.first(std::min(captured_bytes, total_bytes));
  facts.fragment = Fragment::kNone;
  if ((fragment & (kFragmentOffset | kMoreFragments)) != 0) [[unlikely]] {
    facts.identification = header.big_endian<std::uint16_t, 4>();
    if ((fragment & kFragmentOffset) != 0) {
      facts.fragment = Fragment::kLater;
      facts.payload = {};
      set_flow_v4(source, destination, 0, 0, protocol, network, facts);
      return Drop::kIpFragment;
    }
    facts.fragment = Fragment::kFirst;
  }
  if (header_bytes > captured_bytes) return Drop::kTruncatedIpv4;
  in.skip(header_bytes - 20);  // options
  const Drop drop = read_transport(in, protocol, total_bytes - header_bytes,
                                   facts.fragment == Fragment::kFirst, ports, transport, facts);
  if (drop != Drop::kNone) return drop;
  set_flow_v4(source, destination, transport.source_port, transport.destination_port, protocol,
              network, facts);
  return Drop::kNone;
}

}  // namespace mimir::wire
