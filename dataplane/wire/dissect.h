// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/record/drop.h"
#include "dataplane/record/flow_key.h"
#include "dataplane/record/link_type.h"

namespace mimir::wire {

enum class Family : std::uint8_t { kIpv4, kIpv6 };

/// What one frame says about its flow. Meaningful only if dissect() returned
/// Drop::kNone. Of the two keys, only the one that `family` names is written.
struct PacketFacts {
  FlowKeyV4 key_v4;
  FlowKey key_v6;
  Family family = Family::kIpv4;
  Direction direction = Direction::kLowToHigh;
  std::uint8_t tcp_flags = 0;           ///< RFC 9293 §3.1, low eight bits; 0 unless TCP
  std::uint32_t ip_bytes = 0;           ///< IP header and everything after it, as on the wire
  std::span<const std::byte> payload;   ///< captured transport payload; aliases the frame
  std::span<const std::byte> datagram;  ///< captured IP header and what follows, no padding
};

/// The most headers of a kind that are followed before giving up.
inline constexpr std::size_t kVlanTagMax = 3;
inline constexpr std::size_t kIpv6ExtensionMax = 8;
inline constexpr std::size_t kGtpExtensionMax = 8;
inline constexpr std::size_t kTunnelDepthMax = 4;  ///< and so at most five IP headers

/// Reads a link-layer header (with VLAN tags, MPLS labels or a PPPoE session), IPv4
/// or IPv6, and TCP, UDP, ICMP or ICMPv6. Of a tunnel (IP in IP, GRE, ERSPAN, VXLAN,
/// VXLAN-GPE, Geneve, GTP-U, Teredo) the innermost datagram is what makes the flow.
///
/// Trusts no length: neither the frame's, nor any inside it. `wire_bytes` is the
/// frame's length on the wire; a capture may hold less of it, and lengths inside
/// headers are judged against the wire while bytes are read only from `frame`.
/// On failure names the first thing wrong; `facts` is then unspecified.
///
/// Threads: pure. Cost: reads at most the headers, no allocation.
[[nodiscard]] Drop dissect(LinkType link, std::span<const std::byte> frame,
                           std::uint32_t wire_bytes, PacketFacts& facts) noexcept;

}  // namespace mimir::wire
