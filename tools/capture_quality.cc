// SPDX-License-Identifier: Apache-2.0
#include "tools/capture_quality.h"

#include <algorithm>

#include "dataplane/wire/cursor.h"
#include "dataplane/wire/ether_type.h"
#include "dataplane/wire/udp_port.h"

namespace mimir::tools {

namespace {

/// A step of more sequence numbers is another connection of the same ends.
constexpr std::int32_t kStepMax = 1 << 24;
constexpr std::uint8_t kTcpFin = 0x01;
constexpr std::uint8_t kTcpSyn = 0x02;
constexpr std::uint8_t kTcpReset = 0x04;
constexpr std::uint8_t kTcpAck = 0x10;
constexpr std::size_t kIpv6HeaderBytes = 40;

/// How far `a` is ahead of `b`, modulo 2^32; negative: behind.
std::int32_t ahead(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b); }

/// Where the transport header begins; 0 where it is not told without reading on.
std::size_t transport_at(std::span<const std::byte> datagram, std::uint8_t protocol) {
  if (datagram.empty()) return 0;
  const auto first = std::to_integer<unsigned>(datagram.front());
  if (first >> 4U == 4) return static_cast<std::size_t>(first & 0xfU) * 4;
  constexpr std::size_t kNextHeaderAt = 6;
  const bool is_plain = datagram.size() > kIpv6HeaderBytes &&
                        std::to_integer<std::uint8_t>(datagram[kNextHeaderAt]) == protocol;
  return is_plain ? kIpv6HeaderBytes : 0;
}

std::string name_of_udp(std::uint16_t source, std::uint16_t destination) {
  if (destination == wire::kGenevePort) return "Geneve";
  if (destination == wire::kGtpUserPort) return "GTP-U";
  if (destination == wire::kVxlanGpePort) return "VXLAN-GPE";
  if (destination == wire::kTeredoPort || source == wire::kTeredoPort) return "Teredo";
  return "VXLAN";
}

/// What a datagram that carries another one is, by its protocol (IANA "Protocol Numbers").
std::string name_of_carrier(std::span<const std::byte> datagram) {
  constexpr std::size_t kIpv4ProtocolAt = 9;
  constexpr std::size_t kIpv4HeaderBytes = 20;
  if (datagram.size() < kIpv4HeaderBytes) return "IP";
  const bool is_ipv4 = std::to_integer<unsigned>(datagram[0]) >> 4U == 4;
  const auto protocol = std::to_integer<std::uint8_t>(datagram[is_ipv4 ? kIpv4ProtocolAt : 6]);
  if (protocol == 47) return "GRE or ERSPAN";
  if (protocol == 4 || protocol == 41) return "IP in IP";
  if (protocol != kProtocolUdp) return "IP";
  const std::size_t at = transport_at(datagram, protocol);
  wire::Cursor in(datagram.subspan(std::min(at, datagram.size())));
  const auto source = in.big_endian<std::uint16_t>();
  return name_of_udp(source, in.big_endian<std::uint16_t>());
}

}  // namespace

std::string wrapping_of(LinkType link, std::span<const std::byte> frame, std::size_t inside) {
  if (link == LinkType::kRawIp) return inside == 0 ? std::string() : name_of_carrier(frame);
  if (link != LinkType::kEthernet) return {};
  std::size_t at = 12;
  std::size_t tags = 0;
  for (; at + 2 <= frame.size(); at += 4, ++tags) {
    const auto type = wire::load_big_endian<std::uint16_t>(frame.data() + at);
    const bool is_tag = type == wire::kEtherTypeVlan || type == wire::kEtherTypeServiceVlan ||
                        type == wire::kEtherTypeOldQinQ;
    if (is_tag) continue;
    at += 2;
    if (type == wire::kEtherTypeMpls || type == wire::kEtherTypeMplsOther) return "MPLS";
    if (type == wire::kEtherTypePppoe) return "PPPoE";
    if (inside > at) return name_of_carrier(frame.subspan(at));
    return tags > 0 ? "VLAN tag" : std::string();
  }
  return {};
}

std::size_t CaptureQuality::KeyHash::operator()(const FlowKey& key) const noexcept {
  // Who chose the capture chose its collisions: it costs nobody else.
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < 5; ++i) {
    hash = (hash ^ key.word(i)) * 0x9e3779b97f4a7c15U;
    hash ^= hash >> 32;
  }
  return hash;
}

void CaptureQuality::add(const source::PacketBatch& batch) {
  for (std::size_t i = 0; i < batch.count; ++i) {
    const source::PacketView& packet = batch.packets[i];
    ++counts_.packets;
    counts_.cut += static_cast<std::uint64_t>(packet.captured_bytes < packet.wire_bytes);
    wire::PacketFacts facts;
    if (wire::dissect(batch.link, packet.frame(), packet.wire_bytes, options_, facts) !=
        Drop::kNone) {
      continue;
    }
    const auto inside = static_cast<std::size_t>(facts.datagram.data() - packet.data);
    const std::string wrapping = wrapping_of(batch.link, packet.frame(), inside);
    if (!wrapping.empty()) ++counts_.wrappings[wrapping];
    if (facts.tcp_flags != 0 && facts.fragment == wire::Fragment::kNone) add_tcp(facts);
  }
}

void CaptureQuality::add_tcp(const wire::PacketFacts& facts) {
  if ((facts.tcp_flags & kTcpReset) != 0) return;
  const std::size_t at = transport_at(facts.datagram, kProtocolTcp);
  constexpr std::size_t kHeaderBytes = 20;
  if (at == 0 || facts.datagram.size() < at + kHeaderBytes) return;
  const std::byte* const header = facts.datagram.data() + at;
  const auto sequence = wire::load_big_endian<std::uint32_t>(header + 4);
  const auto acknowledged = wire::load_big_endian<std::uint32_t>(header + 8);
  const std::size_t header_bytes = (std::to_integer<std::size_t>(header[12]) >> 4U) * 4;
  if (facts.ip_bytes < at + header_bytes) return;
  auto bytes = static_cast<std::uint32_t>(facts.ip_bytes - at - header_bytes);
  if ((facts.tcp_flags & kTcpSyn) != 0) ++bytes;
  if ((facts.tcp_flags & kTcpFin) != 0) ++bytes;

  const bool is_ipv4 = facts.family == wire::Family::kIpv4;
  const FlowKey key = is_ipv4 ? widen(facts.key_v4) : facts.key_v6;
  const auto found = flows_.find(key);
  if (found == flows_.end() && flows_.size() >= kFlowMax) {
    ++counts_.packets_left_out;
    return;
  }
  std::array<Side, 2>& sides = found == flows_.end() ? flows_[key] : found->second;
  Side& sender = sides[index(facts.direction)];
  if ((facts.tcp_flags & kTcpSyn) != 0) sender = Side{};
  send(sender, sequence, sequence + bytes);
  if ((facts.tcp_flags & kTcpAck) != 0) skip_to(sides[1 - index(facts.direction)], acknowledged);
}

void CaptureQuality::send(Side& side, std::uint32_t begin, std::uint32_t end) {
  skip_to(side, begin);
  for (Gap& gap : side.gaps) {
    // What fills the middle of a gap is taken for its front: its length counts.
    const std::uint32_t from = ahead(begin, gap.begin) > 0 ? begin : gap.begin;
    const std::uint32_t to = ahead(end, gap.end) < 0 ? end : gap.end;
    if (gap.begin == gap.end || ahead(to, from) <= 0) continue;
    counts_.missing_bytes -= to - from;
    gap.begin += to - from;
  }
  if (ahead(end, side.next) <= 0) return;
  counts_.tcp_bytes += end - side.next;
  side.next = end;
}

// All up to `end` was sent, whether it was seen or not.
void CaptureQuality::skip_to(Side& side, std::uint32_t end) {
  const std::int32_t step = ahead(end, side.next);
  if (!side.is_seen || step > kStepMax || step < -kStepMax) {
    side = {.is_seen = true, .next = end, .oldest = 0, .gaps = {}};
    return;
  }
  if (step <= 0) return;
  const auto bytes = static_cast<std::uint32_t>(step);
  counts_.tcp_bytes += bytes;
  counts_.missing_bytes += bytes;
  side.gaps[side.oldest] = {.begin = side.next, .end = end};
  side.oldest = (side.oldest + 1) % kGapMax;
  side.next = end;
}

}  // namespace mimir::tools
