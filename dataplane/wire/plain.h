// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/wire/cursor.h"
#include "dataplane/wire/dissect.h"
#include "dataplane/wire/ether_type.h"
#include "dataplane/wire/flow_ends.h"
#include "dataplane/wire/udp_port.h"

namespace mimir::wire {

/// What nearly every packet of a cluster is: Ethernet without a tag, IP without
/// options, extensions or fragments, TCP, or UDP to no tunnel's port, all of its
/// headers captured and in order; and the same once more inside VXLAN, which most
/// overlays are made of. Such a packet is read here in one go, at fixed offsets,
/// inlined into the loop over the burst.
///
/// False for every other packet, sound or not; `facts` is then unspecified and
/// dissect() has the word. True only where dissect() returns Drop::kNone and the
/// same facts, which the fuzzer holds.
///
/// Threads: pure. Cost: about 80 instructions, one or two lines of the frame.
[[nodiscard]] inline bool dissect_plain(std::span<const std::byte> frame, std::uint32_t wire_bytes,
                                        const DissectOptions& options, PacketFacts& facts) noexcept;

namespace plain {

inline constexpr std::size_t kEthernetBytes = 14;
inline constexpr std::size_t kUdpBytes = 8;
inline constexpr std::size_t kTcpBytes = 20;

/// What reading a header came to.
enum class Read : std::uint8_t {
  kNot,     ///< not plain
  kFlow,    ///< the transport of this datagram
  kInside,  ///< it carries a frame, and `facts` are those of what is in it
};

/// `Carries` is whether a tunnel is still followed; `network` the one the frame is in.
template <bool Carries>
[[nodiscard]] bool read_frame(std::span<const std::byte> frame, std::size_t wire_bytes,
                              std::uint32_t network, const DissectOptions& options,
                              PacketFacts& facts) noexcept;

// RFC 7348 §5. REQUIRES: captured_bytes <= wire_bytes.
[[nodiscard]] inline Read read_vxlan(const std::byte* at, std::size_t captured_bytes,
                                     std::size_t wire_bytes, const DissectOptions& options,
                                     PacketFacts& facts) noexcept {
  constexpr std::size_t kHeaderBytes = 8;
  constexpr unsigned kIdentifierIsValid = 0x08;
  if (captured_bytes < kHeaderBytes ||
      (std::to_integer<unsigned>(at[0]) & kIdentifierIsValid) == 0) {
    return Read::kNot;
  }
  const std::uint32_t network = load_big_endian<std::uint32_t>(at + 4) >> 8;
  const bool is_read = read_frame<false>({at + kHeaderBytes, captured_bytes - kHeaderBytes},
                                         wire_bytes - kHeaderBytes, network, options, facts);
  return is_read ? Read::kInside : Read::kNot;
}

// RFC 768. REQUIRES: captured_bytes <= datagram_bytes.
template <bool Carries>
[[nodiscard]] inline Read read_udp(const std::byte* at, std::size_t captured_bytes,
                                   std::size_t datagram_bytes, const DissectOptions& options,
                                   PacketFacts& facts) noexcept {
  if (captured_bytes < kUdpBytes) return Read::kNot;
  const std::size_t udp_bytes = load_big_endian<std::uint16_t>(at + 4);
  if (udp_bytes < kUdpBytes || udp_bytes > datagram_bytes) return Read::kNot;
  captured_bytes = std::min(captured_bytes, udp_bytes);
  const auto destination_port = load_big_endian<std::uint16_t>(at + 2);
  const auto source_port = load_big_endian<std::uint16_t>(at);
  if (options.ports.may_be_tunnel(source_port, destination_port)) [[unlikely]] {
    if (!Carries || !options.ports.is_vxlan(destination_port)) return Read::kNot;
    return read_vxlan(at + kUdpBytes, captured_bytes - kUdpBytes, udp_bytes - kUdpBytes, options,
                      facts);
  }
  facts.tcp_flags = 0;
  facts.payload = {at + kUdpBytes, captured_bytes - kUdpBytes};
  return Read::kFlow;
}

/// The transport header at `at` and what of it was captured; `datagram_bytes` is how
/// much the wire carried of both.
template <bool Carries>
[[nodiscard]] inline Read read_transport(const std::byte* at, std::size_t captured_bytes,
                                         std::uint8_t protocol, std::size_t datagram_bytes,
                                         const DissectOptions& options,
                                         PacketFacts& facts) noexcept {
  captured_bytes = std::min(captured_bytes, datagram_bytes);  // padding is no payload
  if (protocol == kProtocolUdp) {
    return read_udp<Carries>(at, captured_bytes, datagram_bytes, options, facts);
  }
  if (protocol != kProtocolTcp || captured_bytes < kTcpBytes) return Read::kNot;
  const std::size_t header_bytes = std::size_t{4} * (std::to_integer<unsigned>(at[12]) >> 4);
  if (header_bytes < kTcpBytes || header_bytes > captured_bytes) return Read::kNot;
  facts.tcp_flags = std::to_integer<std::uint8_t>(at[13]);
  facts.payload = {at + header_bytes, captured_bytes - header_bytes};
  return Read::kFlow;
}

// RFC 791 §3.1.
template <bool Carries>
[[nodiscard]] inline bool read_ipv4(const std::byte* at, std::size_t captured_bytes,
                                    std::size_t wire_room, std::uint32_t network,
                                    const DissectOptions& options, PacketFacts& facts) noexcept {
  constexpr std::size_t kHeaderBytes = 20;
  constexpr std::uint16_t kOffsetAndMoreFragments = 0x3fff;
  if (captured_bytes < kHeaderBytes + kUdpBytes) return false;
  const std::size_t total_bytes = load_big_endian<std::uint16_t>(at + 2);
  const auto fragment = load_big_endian<std::uint16_t>(at + 6);
  const auto protocol = std::to_integer<std::uint8_t>(at[9]);
  if (std::to_integer<unsigned>(at[0]) != 0x45 || total_bytes < kHeaderBytes + kUdpBytes ||
      total_bytes > wire_room || (fragment & kOffsetAndMoreFragments) != 0) {
    return false;
  }
  const std::byte* const transport = at + kHeaderBytes;
  const Read read = read_transport<Carries>(transport, captured_bytes - kHeaderBytes, protocol,
                                            total_bytes - kHeaderBytes, options, facts);
  if (read != Read::kFlow) return read == Read::kInside;
  facts.family = Family::kIpv4;
  facts.fragment = Fragment::kNone;
  facts.ip_bytes = static_cast<std::uint32_t>(total_bytes);
  facts.datagram = {at, std::min(captured_bytes, total_bytes)};
  set_flow_v4(load_big_endian<std::uint32_t>(at + 12), load_big_endian<std::uint32_t>(at + 16),
              load_big_endian<std::uint16_t>(transport),
              load_big_endian<std::uint16_t>(transport + 2), protocol,
              network & options.network_mask, facts);
  return true;
}

// RFC 8200 §3.
template <bool Carries>
[[nodiscard]] inline bool read_ipv6(const std::byte* at, std::size_t captured_bytes,
                                    std::size_t wire_room, std::uint32_t network,
                                    const DissectOptions& options, PacketFacts& facts) noexcept {
  constexpr std::size_t kHeaderBytes = 40;
  if (captured_bytes < kHeaderBytes + kUdpBytes) return false;
  const std::size_t payload_bytes = load_big_endian<std::uint16_t>(at + 4);
  const auto protocol = std::to_integer<std::uint8_t>(at[6]);
  if (std::to_integer<unsigned>(at[0]) >> 4 != 6 || payload_bytes < kUdpBytes ||
      kHeaderBytes + payload_bytes > wire_room) {
    return false;
  }
  const std::byte* const transport = at + kHeaderBytes;
  const Read read = read_transport<Carries>(transport, captured_bytes - kHeaderBytes, protocol,
                                            payload_bytes, options, facts);
  if (read != Read::kFlow) return read == Read::kInside;
  facts.family = Family::kIpv6;
  facts.fragment = Fragment::kNone;
  facts.ip_bytes = static_cast<std::uint32_t>(kHeaderBytes + payload_bytes);
  facts.datagram = {at, std::min(captured_bytes, kHeaderBytes + payload_bytes)};
  set_flow_v6(at + 8, at + 24, load_big_endian<std::uint16_t>(transport),
              load_big_endian<std::uint16_t>(transport + 2), protocol,
              network & options.network_mask, facts);
  return true;
}

template <bool Carries>
bool read_frame(std::span<const std::byte> frame, std::size_t wire_bytes, std::uint32_t network,
                const DissectOptions& options, PacketFacts& facts) noexcept {
  if (frame.size() < kEthernetBytes) return false;
  const auto ether_type = load_big_endian<std::uint16_t>(frame.data() + 12);
  const std::byte* const ip = frame.data() + kEthernetBytes;
  const std::size_t captured_bytes = frame.size() - kEthernetBytes;
  const std::size_t wire_room = std::max(wire_bytes, frame.size()) - kEthernetBytes;
  if (ether_type == kEtherTypeIpv4) {
    return read_ipv4<Carries>(ip, captured_bytes, wire_room, network, options, facts);
  }
  return ether_type == kEtherTypeIpv6 &&
         read_ipv6<Carries>(ip, captured_bytes, wire_room, network, options, facts);
}

}  // namespace plain

inline bool dissect_plain(std::span<const std::byte> frame, std::uint32_t wire_bytes,
                          const DissectOptions& options, PacketFacts& facts) noexcept {
  return plain::read_frame<true>(frame, wire_bytes, 0, options, facts);
}

}  // namespace mimir::wire
