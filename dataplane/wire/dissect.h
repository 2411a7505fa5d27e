// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/record/drop.h"
#include "dataplane/record/flow_key.h"
#include "dataplane/record/link_type.h"
#include "dataplane/wire/udp_port.h"

namespace mimir::wire {

enum class Family : std::uint8_t { kIpv4, kIpv6 };

/// What of a datagram a fragment is.
enum class Fragment : std::uint8_t {
  kNone,   ///< all of it
  kFirst,  ///< the front, with the transport header
  kLater,  ///< what follows, without: only the first one tells its flow
};

/// What one frame says about its flow. Meaningful only if dissect() returned
/// Drop::kNone. Of the two keys, only the one that `family` names is written.
struct PacketFacts {
  FlowKeyV4 key_v4;
  FlowKey key_v6;
  Family family = Family::kIpv4;
  Direction direction = Direction::kLowToHigh;
  std::uint8_t tcp_flags = 0;  ///< RFC 9293 §3.1, low eight bits; 0 unless TCP
  Fragment fragment = Fragment::kNone;
  std::uint32_t identification = 0;     ///< unless it is Fragment::kNone
  std::uint32_t ip_bytes = 0;           ///< IP header and everything after it, as on the wire
  std::span<const std::byte> payload;   ///< captured transport payload; aliases the frame
  std::span<const std::byte> datagram;  ///< captured IP header and what follows, no padding
};

/// The most headers of a kind that are followed before giving up.
inline constexpr std::size_t kVlanTagMax = 3;
inline constexpr std::size_t kIpv6ExtensionMax = 8;
inline constexpr std::size_t kGtpExtensionMax = 8;

struct DissectOptions {
  static constexpr std::uint32_t kNetworkBits = 0xffffff;

  TunnelPorts ports;
  std::size_t tunnel_depth_max = 4;  ///< at least 1; 4: at most five IP headers
  /// kNetworkBits makes the network a datagram is in part of its flow's key, 0 does not:
  /// for addresses that mean something else in each.
  ///
  /// It is what the innermost layer that names one says: the identifier of a VXLAN,
  /// VXLAN-GPE or Geneve tunnel, or the VLAN identifiers of a frame (the last two, 12
  /// bits each) that is not directly in one of these; 0 if none does. So VXLAN 5 and
  /// VLAN 5 have one number.
  std::uint32_t network_mask = 0;
};

/// Reads a link-layer header (with VLAN tags, MPLS labels or a PPPoE session), IPv4
/// or IPv6, and TCP, UDP, ICMP or ICMPv6. Of a tunnel (IP in IP, GRE, ERSPAN, VXLAN,
/// VXLAN-GPE, Geneve, GTP-U, Teredo) the innermost datagram is what makes the flow.
///
/// Trusts no length: neither the frame's, nor any inside it. `wire_bytes` is the
/// frame's length on the wire; a capture may hold less of it, and lengths inside
/// headers are judged against the wire while bytes are read only from `frame`.
/// On failure names the first thing wrong; `facts` is then unspecified, but for
/// Drop::kIpFragment: a later fragment, complete but for the ports, see wire/fragment.h.
///
/// Threads: pure. Cost: reads at most the headers, no allocation.
[[nodiscard]] Drop dissect(LinkType link, std::span<const std::byte> frame,
                           std::uint32_t wire_bytes, const DissectOptions& options,
                           PacketFacts& facts) noexcept;

}  // namespace mimir::wire
