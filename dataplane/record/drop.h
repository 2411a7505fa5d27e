// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mimir {

/// Every reason a packet that was received does not reach a flow.
///
/// Nothing is lost without one of these: a stage that gives up returns a Drop,
/// and its caller adds one to that reason's counter.
enum class Drop : std::uint8_t {
  kNone,
  // wire/: the frame as captured ends before the header does
  kTruncatedLink,
  kTruncatedVlan,
  kTruncatedIpv4,
  kTruncatedIpv6,
  kTruncatedIpv6Extension,
  kTruncatedTcp,
  kTruncatedUdp,
  kTruncatedIcmp,
  kTruncatedTunnel,
  // wire/: the header contradicts itself or the frame
  kBadIpVersion,
  kBadIpv4HeaderLength,
  kBadIpv4TotalLength,
  kBadIpv6PayloadLength,
  kBadTcpDataOffset,
  kBadUdpLength,
  // wire/: sound, but not something that makes a flow here
  kNotIp,
  kTooManyVlanTags,
  kTooManyIpv6Extensions,
  kIpFragment,
  kUnsupportedProtocol,
  kTunnelTooDeep,
  kUnsupportedTunnel,
  // worker: sound, but there is no place for it, or it had one already
  kTooLate,
  kFlowTableFull,
  kDuplicate,
  // worker: it could not keep up, and leaves out whole flows
  kShed,
};

inline constexpr std::size_t kDropCount = static_cast<std::size_t>(Drop::kShed) + 1;

struct DropText {
  std::string_view name;  ///< metric label, part of the public interface: never rename one
  std::string_view help;
};

/// Indexed by Drop, in its order.
inline constexpr std::array<DropText, kDropCount> kDropTexts{{
    {"none", "counted in a flow"},
    {"truncated_link", "captured bytes end inside the link-layer header"},
    {"truncated_vlan", "captured bytes end inside a VLAN tag"},
    {"truncated_ipv4", "captured bytes end inside the IPv4 header"},
    {"truncated_ipv6", "captured bytes end inside the IPv6 header"},
    {"truncated_ipv6_extension", "captured bytes end inside an IPv6 extension header"},
    {"truncated_tcp", "captured bytes or the datagram end inside the TCP header"},
    {"truncated_udp", "captured bytes or the datagram end inside the UDP header"},
    {"truncated_icmp", "captured bytes or the datagram end inside the ICMP header"},
    {"truncated_tunnel", "captured bytes end inside a GRE, VXLAN, MPLS or other tunnel header"},
    {"bad_ip_version", "version field contradicts the link layer"},
    {"bad_ipv4_header_length", "IPv4 header length below 20 bytes or above the datagram"},
    {"bad_ipv4_total_length", "IPv4 total length below the header or above the frame"},
    {"bad_ipv6_payload_length", "IPv6 payload length above the frame"},
    {"bad_tcp_data_offset", "TCP data offset below 20 bytes or above the segment"},
    {"bad_udp_length", "UDP length below 8 bytes or above the datagram"},
    {"not_ip", "EtherType or link protocol other than IPv4 and IPv6, such as ARP"},
    {"too_many_vlan_tags", "more VLAN tags than the dissector follows"},
    {"too_many_ipv6_extensions", "more IPv6 extension headers than the dissector follows"},
    {"ip_fragment", "fragment of a datagram whose first one, which tells the flow, was not seen"},
    {"unsupported_protocol", "IP protocol other than TCP, UDP, ICMP, ICMPv6, IP and GRE"},
    {"tunnel_too_deep", "more tunnels or MPLS labels than the dissector follows"},
    {"unsupported_tunnel", "tunnel of a kind not followed, such as PPTP or a pseudowire"},
    {"too_late", "older than the lateness bound allows: its window is closed"},
    {"flow_table_full", "a new flow, and its place in the flow table is taken"},
    {"duplicate", "the same packet as one just before, mirrored a second time"},
    {"shed", "of a flow left out while the worker could not keep up"},
}};

[[nodiscard]] constexpr std::string_view name(Drop drop) noexcept {
  return kDropTexts[static_cast<std::size_t>(drop)].name;
}

static_assert(name(Drop::kNone) == "none" && name(Drop::kNotIp) == "not_ip");
static_assert(name(Drop::kShed) == "shed", "a row of kDropTexts is missing");

}  // namespace mimir
