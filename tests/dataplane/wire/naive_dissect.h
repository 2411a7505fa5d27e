// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "dataplane/record/drop.h"
#include "dataplane/record/flow_record.h"
#include "dataplane/record/link_type.h"

namespace mimir::test {

struct NaiveFacts {
  FlowKey key;
  Direction direction = Direction::kLowToHigh;
  std::uint8_t tcp_flags = 0;
  std::uint64_t ip_bytes = 0;
  std::size_t payload_at = 0;
  std::size_t payload_bytes = 0;
  char fragment = '-';  ///< 'f' the first of several, 'l' a later one
  std::uint64_t identification = 0;
  std::uint64_t ip_protocol = 0;  ///< of IPv4
  Address source;
  Address destination;
  std::uint64_t fragment_network = 0;
};

struct NaiveOptions {
  std::vector<std::uint64_t> vxlan_ports{4789, 8472};
  int depth_max = 4;
  bool has_network = false;
};

/// Reads a frame by absolute offsets, from the RFCs' drawings and with none of
/// wire/'s means: no cursor, no sticky failure, one family-neutral key.
class NaiveDissector {
 public:
  NaiveDissector(LinkType link, std::span<const std::byte> frame, std::size_t wire_bytes,
                 NaiveOptions options = {})
      : link_(link),
        frame_(frame),
        wire_(std::max(wire_bytes, frame.size())),
        options_(std::move(options)) {}

  Drop run(NaiveFacts& facts) {
    const Room room{frame_.size(), wire_};
    if (link_ == LinkType::kRawIp) {
      if (frame_.empty()) return Drop::kTruncatedLink;
      const std::uint64_t version = get(0, 1) / 16;
      if (version != 4 && version != 6) return Drop::kBadIpVersion;
      return version == 4 ? ipv4(0, room, 0, facts) : ipv6(0, room, 0, facts);
    }
    if (link_ == LinkType::kLoopback) return loopback(room, facts);
    if (link_ == LinkType::kNetfilterLog) return netfilter_log(room, facts);
    const std::size_t header = link_ == LinkType::kEthernet        ? 14
                               : link_ == LinkType::kLinuxCookedV1 ? 16
                                                                   : 20;
    if (frame_.size() < header) return Drop::kTruncatedLink;
    type_ = link_ == LinkType::kLinuxCookedV2 ? get(0, 2) : get(header - 2, 2);
    return network(header, room, 0, facts);
  }

 private:
  /// Where a layer ends: in the capture, and on the wire.
  struct Room {
    std::size_t captured;
    std::size_t wire;
  };

  [[nodiscard]] std::uint64_t get(std::size_t at, std::size_t count) const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      value = value * 256 + std::to_integer<std::uint64_t>(frame_[at + i]);
    }
    return value;
  }

  // What an address family names: AF_INET, or AF_INET6 of Linux, Windows, two BSDs, Darwin.
  Drop family(std::uint64_t number, std::size_t at, Room room, NaiveFacts& facts) {
    if (number == 2) return ipv4(at, room, 0, facts);
    constexpr std::array<std::uint64_t, 5> kFamiliesV6{10, 23, 24, 28, 30};
    return std::ranges::count(kFamiliesV6, number) == 1 ? ipv6(at, room, 0, facts) : Drop::kNotIp;
  }

  Drop loopback(Room room, NaiveFacts& facts) {
    if (frame_.size() < 4) return Drop::kTruncatedLink;
    std::uint64_t number = get(0, 4);
    if (number > 0xffff) number = get(3, 1) << 24 | get(2, 1) << 16 | get(1, 1) << 8 | get(0, 1);
    return family(number, 4, room, facts);
  }

  Drop netfilter_log(Room room, NaiveFacts& facts) {
    if (frame_.size() < 4) return Drop::kTruncatedLink;
    for (std::size_t at = 4;;) {
      if (at + 4 > frame_.size()) return Drop::kTruncatedLink;
      const bool is_little = get(at + 3, 1) == 0;
      const std::size_t length = is_little ? get(at + 1, 1) << 8 | get(at, 1) : get(at, 2);
      const std::uint64_t type = is_little ? get(at + 2, 1) : get(at + 2, 2);
      if (length < 4) return Drop::kNotIp;
      if (type == 9) return family(get(0, 1), at + 4, room, facts);
      at += (length + 3) / 4 * 4;
      if (at > frame_.size()) return Drop::kTruncatedLink;
    }
  }

  // What type_ names stands at `at`.
  Drop network(std::size_t at, Room room, int depth, NaiveFacts& facts) {
    std::uint64_t tagged = 0;
    for (int tags = 0; type_ == 0x8100 || type_ == 0x88a8 || type_ == 0x9100; ++tags) {
      if (tags == 3) return Drop::kTooManyVlanTags;
      if (at + 4 > room.captured) return Drop::kTruncatedVlan;
      tagged = tagged * 4096 + get(at, 2) % 4096;
      type_ = get(at + 2, 2);
      at += 4;
    }
    // What this layer names goes before what those around it do.
    if (vni_ != 0) {
      network_ = vni_;
    } else if (tagged % (1 << 24) != 0) {
      network_ = tagged % (1 << 24);
    }
    vni_ = 0;
    if (type_ == 0x8864) {
      if (at + 8 > room.captured) return Drop::kTruncatedTunnel;
      if (get(at, 2) != 0x1100) return Drop::kUnsupportedTunnel;
      const std::uint64_t ppp = get(at + 6, 2);
      if (ppp == 0x21) return ipv4(at + 8, room, depth, facts);
      return ppp == 0x57 ? ipv6(at + 8, room, depth, facts) : Drop::kNotIp;
    }
    if (type_ == 0x8847 || type_ == 0x8848) {
      for (int labels = 1;; ++labels) {
        if (labels == 9) return Drop::kTunnelTooDeep;
        if (at + 4 > room.captured) return Drop::kTruncatedTunnel;
        at += 4;
        if (get(at - 2, 1) % 2 == 1) break;
      }
      if (at == room.captured) return Drop::kTruncatedTunnel;
      if (get(at, 1) / 16 == 4) return ipv4(at, room, depth, facts);
      return get(at, 1) / 16 == 6 ? ipv6(at, room, depth, facts) : Drop::kUnsupportedTunnel;
    }
    if (type_ == 0x0800) return ipv4(at, room, depth, facts);
    if (type_ == 0x86dd) return ipv6(at, room, depth, facts);
    return Drop::kNotIp;
  }

  Drop ethernet(std::size_t at, Room room, int depth, NaiveFacts& facts) {
    if (at + 14 > room.captured) return Drop::kTruncatedLink;
    type_ = get(at + 12, 2);
    return network(at + 14, room, depth, facts);
  }

  // Behind a tunnel header: 'e' is Ethernet, '4' and '6' are IP, 'v' is IP of either
  // version, 'm' is MPLS.
  Drop inside(char what, std::size_t at, Room room, int depth, NaiveFacts& facts) {
    if (what == 'v') {
      if (at >= room.captured) return Drop::kTruncatedTunnel;
      const std::uint64_t version = get(at, 1) / 16;
      if (version != 4 && version != 6) return Drop::kBadIpVersion;
      what = version == 4 ? '4' : '6';
    }
    if (depth == options_.depth_max) return Drop::kTunnelTooDeep;
    type_ = what == '4' ? 0x0800 : what == '6' ? 0x86dd : 0x8847;
    if (what == 'e') return ethernet(at, room, depth + 1, facts);
    return network(at, room, depth + 1, facts);
  }

  Drop gre(std::size_t at, Room room, int depth, NaiveFacts& facts) {
    if (at + 4 > room.captured) return Drop::kTruncatedTunnel;
    const std::uint64_t flags = get(at, 1);
    const std::uint64_t protocol = get(at + 2, 2);
    if (get(at + 1, 1) % 8 != 0 || flags / 64 % 2 == 1) return Drop::kUnsupportedTunnel;
    const std::size_t fields = flags / 128 + flags / 32 % 2 + flags / 16 % 2;
    at += 4 + 4 * fields;
    if (at > room.captured) return Drop::kTruncatedTunnel;
    if (protocol == 0x0800) return inside('4', at, room, depth, facts);
    if (protocol == 0x86dd) return inside('6', at, room, depth, facts);
    if (protocol == 0x8847 || protocol == 0x8848) return inside('m', at, room, depth, facts);
    if (protocol == 0x6558) return inside('e', at, room, depth, facts);
    if (protocol == 0x88be) {
      if (flags / 16 % 2 == 1) at += 8;
      if (at > room.captured) return Drop::kTruncatedTunnel;
      return inside('e', at, room, depth, facts);
    }
    if (protocol != 0x22eb) return Drop::kUnsupportedTunnel;
    if (at + 12 > room.captured) return Drop::kTruncatedTunnel;
    const std::uint64_t frame_type = get(at + 10, 1) / 4 % 32;
    at += get(at + 11, 1) % 2 == 1 ? 20U : 12U;
    if (at > room.captured) return Drop::kTruncatedTunnel;
    if (frame_type != 0 && frame_type != 2) return Drop::kUnsupportedTunnel;
    return inside(frame_type == 0 ? 'e' : 'v', at, room, depth, facts);
  }

  // `is_none` says that it is no such tunnel.
  Drop udp_tunnel(std::uint64_t port, std::size_t at, Room room, int depth, bool& is_none,
                  NaiveFacts& facts) {
    if (port == 3544) return teredo(at, room, depth, is_none, facts);
    if (at + 8 > room.captured) return Drop::kTruncatedTunnel;
    const std::uint64_t flags = get(at, 1);
    is_none = get(at + 7, 1) != 0;
    vni_ = port == 2152 ? 0 : get(at + 4, 3);
    if (is_vxlan(port)) {
      is_none = flags / 8 % 2 == 0;
      return is_none ? Drop::kNotIp : inside('e', at + 8, room, depth, facts);
    }
    if (port == 4790) {
      const std::uint64_t next = flags / 4 % 2 == 1 ? get(at + 3, 1) : 3;
      is_none = is_none || flags / 8 != 1 || next < 1 || next > 5;
      if (is_none) return Drop::kNotIp;
      if (next == 4) return Drop::kUnsupportedTunnel;
      return inside("?46e?m"[next], at + 8, room, depth, facts);
    }
    if (port == 6081) {
      is_none = is_none || flags > 63 || get(at + 1, 1) % 64 != 0;
      if (is_none) return Drop::kNotIp;
      const std::size_t after = at + 8 + 4 * flags;
      if (after > room.captured) return Drop::kTruncatedTunnel;
      const std::uint64_t type = get(at + 2, 2);
      if (type == 0x6558) return inside('e', after, room, depth, facts);
      is_none = type == 0;
      if (is_none) return Drop::kNotIp;
      if (depth == options_.depth_max) return Drop::kTunnelTooDeep;
      type_ = type;
      return network(after, room, depth + 1, facts);
    }
    is_none = flags / 16 != 3 || get(at + 1, 1) != 255 || at + 8 + get(at + 2, 2) > room.wire;
    if (is_none) return Drop::kNotIp;
    std::size_t after = at + 8 + (flags % 8 != 0 ? 4 : 0);
    if (after > room.captured) return Drop::kTruncatedTunnel;
    bool more = flags / 4 % 2 == 1 && get(after - 1, 1) != 0;
    for (int seen = 0; more; ++seen) {
      if (seen == 8) return Drop::kTunnelTooDeep;
      if (after + 1 > room.captured) return Drop::kTruncatedTunnel;
      is_none = get(after, 1) == 0;
      if (is_none) return Drop::kNotIp;
      after += 4 * get(after, 1);
      if (after > room.captured) return Drop::kTruncatedTunnel;
      more = get(after - 1, 1) != 0;
    }
    return inside('v', after, room, depth, facts);
  }

  Drop teredo(std::size_t at, Room room, int depth, bool& is_none, NaiveFacts& facts) {
    if (at + 2 > room.captured) return Drop::kTruncatedTunnel;
    if (get(at, 2) == 1) {
      if (at + 4 > room.captured) return Drop::kTruncatedTunnel;
      at += 4 + get(at + 2, 1) + get(at + 3, 1) + 9;
      if (at + 2 > room.captured) return Drop::kTruncatedTunnel;
    }
    if (get(at, 2) == 0) {
      at += 8;
      if (at + 1 > room.captured) return Drop::kTruncatedTunnel;
    }
    is_none = get(at, 1) / 16 != 6;
    return is_none ? Drop::kNotIp : inside('6', at, room, depth, facts);
  }

  // A datagram to a tunnel's port is `carrier` unless there is a tunnel in it.
  Drop follow(std::uint64_t port, std::size_t at, Room room, int depth, NaiveFacts& facts) {
    const NaiveFacts carrier = facts;
    bool is_none = false;
    vni_ = 0;
    type_ = 0;
    const int mine = ++carriers_;
    const Drop drop = udp_tunnel(port, at, room, depth, is_none, facts);
    const bool is_arp = drop == Drop::kNotIp && type_ == 0x0806;
    const bool is_short = drop == Drop::kTruncatedTunnel || drop == Drop::kTruncatedLink ||
                          drop == Drop::kTruncatedVlan || drop == Drop::kTruncatedIpv4 ||
                          drop == Drop::kTruncatedIpv6;
    const bool is_wrong =
        drop == Drop::kBadIpVersion || drop == Drop::kBadIpv4HeaderLength ||
        drop == Drop::kBadIpv4TotalLength || drop == Drop::kBadIpv6PayloadLength ||
        (drop == Drop::kNotIp && !is_arp) || (is_short && room.captured == room.wire);
    // What is wrong inside a further tunnel says nothing of this one.
    if (!is_none && !(is_wrong && carriers_ == mine)) return drop;
    facts = carrier;
    return Drop::kNone;
  }

  Drop ipv4(std::size_t at, Room room, int depth, NaiveFacts& facts) {
    if (at + 20 > room.captured) return Drop::kTruncatedIpv4;
    if (get(at, 1) / 16 != 4) return Drop::kBadIpVersion;
    const std::size_t header = get(at, 1) % 16 * 4;
    std::size_t total = get(at + 2, 2);
    if (total == 0) total = room.wire - at;
    if (header < 20) return Drop::kBadIpv4HeaderLength;
    if (total < header || at + total > room.wire) return Drop::kBadIpv4TotalLength;
    facts.ip_bytes = total;
    const bool more_follow = get(at + 6, 1) / 32 % 2 == 1;
    const Address source = Address::from_ipv4(static_cast<std::uint32_t>(get(at + 12, 4)));
    const Address destination = Address::from_ipv4(static_cast<std::uint32_t>(get(at + 16, 4)));
    const bool is_later = get(at + 6, 2) % 8192 != 0;
    fragment(is_later, more_follow, get(at + 4, 2), source, destination, facts);
    facts.ip_protocol = get(at + 9, 1);
    if (is_later) return Drop::kIpFragment;
    if (at + header > room.captured) return Drop::kTruncatedIpv4;
    const Room rest{std::min(room.captured, at + total), at + total};
    return transport(get(at + 9, 1), at + header, rest, more_follow, source, destination, depth,
                     facts);
  }

  Drop ipv6(std::size_t at, Room room, int depth, NaiveFacts& facts) {
    if (at + 40 > room.captured) return Drop::kTruncatedIpv6;
    if (get(at, 1) / 16 != 6) return Drop::kBadIpVersion;
    std::size_t end = at + 40 + get(at + 4, 2);
    if (end == at + 40 && room.wire > at + 40 + 65535) end = room.wire;
    if (end > room.wire) return Drop::kBadIpv6PayloadLength;
    std::uint64_t next = get(at + 6, 1);
    std::size_t where = at + 40;
    bool more_follow = false;
    facts.ip_bytes = end - at;
    fragment(false, false, 0, address(at + 8), address(at + 24), facts);
    for (int seen = 0; next == 0 || next == 43 || next == 44 || next == 51 || next == 60; ++seen) {
      const std::size_t readable = std::min(end, room.captured);
      if (where + 2 > readable) return Drop::kTruncatedIpv6Extension;
      std::size_t size = (get(where + 1, 1) + 1) * 8;
      if (next == 51) size = (get(where + 1, 1) + 2) * 4;
      if (next == 44) {
        size = 8;
        if (where + 8 > readable) return Drop::kTruncatedIpv6Extension;
        const bool is_later = get(where + 2, 2) / 8 != 0;
        const bool has_more = get(where + 3, 1) % 2 == 1;
        more_follow = more_follow || has_more;
        if (is_later || has_more) {
          fragment(is_later, has_more, get(where + 4, 4), address(at + 8), address(at + 24), facts);
        }
        if (is_later) return Drop::kIpFragment;
      }
      if (where + size > readable) return Drop::kTruncatedIpv6Extension;
      next = get(where, 1);
      where += size;
      if (seen == 8) return Drop::kTooManyIpv6Extensions;
    }
    return transport(next, where, {std::min(end, room.captured), end}, more_follow, address(at + 8),
                     address(at + 24), depth, facts);
  }

  void fragment(bool is_later, bool has_more, std::uint64_t identification, const Address& source,
                const Address& destination, NaiveFacts& facts) const {
    facts.fragment = is_later ? 'l' : has_more ? 'f' : '-';
    facts.identification = identification;
    facts.source = source;
    facts.destination = destination;
    facts.fragment_network = options_.has_network ? network_ : 0;
  }

  [[nodiscard]] bool is_vxlan(std::uint64_t port) const {
    return std::ranges::count(options_.vxlan_ports, port) > 0;
  }

  [[nodiscard]] Address address(std::size_t at) const {
    Address result;
    for (std::size_t i = 0; i < 16; ++i) {
      result.bytes[i] = static_cast<std::uint8_t>(get(at + i, 1));
    }
    return result;
  }

  // [at, end) is the transport segment on the wire; the capture may hold less.
  Drop transport(std::uint64_t protocol, std::size_t at, Room room, bool more_follow,
                 const Address& source, const Address& destination, int depth, NaiveFacts& facts) {
    const std::size_t end = room.wire;
    const std::size_t readable = room.captured;
    std::size_t wire_end = end;
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    std::size_t payload_end = readable;
    std::size_t header = 0;
    facts.tcp_flags = 0;
    if (protocol == 6) {
      if (at + 20 > readable) return Drop::kTruncatedTcp;
      header = get(at + 12, 1) / 16 * 4;
      if (header < 20 || (at + header > end && !more_follow)) return Drop::kBadTcpDataOffset;
      facts.tcp_flags = static_cast<std::uint8_t>(get(at + 13, 1));
    } else if (protocol == 17) {
      header = 8;
      if (at + 8 > readable) return Drop::kTruncatedUdp;
      std::size_t length = get(at + 4, 2);
      if (length == 0 && end > at + 65535) length = end - at;
      if (length < 8) return Drop::kBadUdpLength;
      if (at + length > end && !more_follow) return Drop::kBadUdpLength;
      payload_end = std::min(readable, at + length);
      wire_end = at + length;
    } else if (protocol == 1 || protocol == 58) {
      header = protocol == 1 ? 8 : 4;
      if (at + header > readable) return Drop::kTruncatedIcmp;
    } else if (protocol == 4 || protocol == 41 || protocol == 47) {
      if (more_follow) wire_end = std::max(wire_end, at + 65535);
      ++carriers_;
      const Room rest{readable, wire_end};
      if (protocol == 47) return gre(at, rest, depth, facts);
      return inside(protocol == 4 ? '4' : '6', at, rest, depth, facts);
    } else {
      return Drop::kUnsupportedProtocol;
    }
    if (protocol == 6 || protocol == 17) {
      source_port = static_cast<std::uint16_t>(get(at, 2));
      destination_port = static_cast<std::uint16_t>(get(at + 2, 2));
    }
    facts.payload_at = at + header;
    facts.payload_bytes = payload_end > at + header ? payload_end - at - header : 0;
    auto low = std::pair(source, source_port);
    auto high = std::pair(destination, destination_port);
    facts.direction = low <= high ? Direction::kLowToHigh : Direction::kHighToLow;
    if (high < low) std::swap(low, high);
    facts.key = FlowKey{.low_address = low.first,
                        .high_address = high.first,
                        .low_port = low.second,
                        .high_port = high.second,
                        .protocol = static_cast<std::uint8_t>(protocol)};
    if (options_.has_network) {
      for (std::size_t i = 0; i < 3; ++i) {
        facts.key.network_bytes[i] = static_cast<std::uint8_t>(network_ >> 8 * i);
      }
    }
    constexpr std::array<std::uint64_t, 4> kTunnelPorts{2152, 3544, 4790, 6081};
    std::uint64_t port = destination_port;
    const auto is_tunnel = [&](std::uint64_t number) {
      return is_vxlan(number) || std::ranges::count(kTunnelPorts, number) == 1;
    };
    if (!is_tunnel(port) && source_port == 3544) port = 3544;
    if (protocol == 17 && is_tunnel(port)) {
      if (more_follow) wire_end = std::max(wire_end, at + 8 + 65535);
      return follow(port, at + 8, {payload_end, wire_end}, depth, facts);
    }
    return Drop::kNone;
  }

  LinkType link_;
  std::span<const std::byte> frame_;
  std::size_t wire_;
  NaiveOptions options_;
  std::uint64_t type_ = 0;     // the EtherType last read
  std::uint64_t vni_ = 0;      // of the tunnel header just read
  std::uint64_t network_ = 0;  // the innermost one named so far
  int carriers_ = 0;           // tunnels met so far
};

}  // namespace mimir::test
