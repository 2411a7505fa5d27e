// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

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
};

/// Reads a frame by absolute offsets, from the RFCs' drawings and with none of
/// wire/'s means: no cursor, no sticky failure, one family-neutral key.
class NaiveDissector {
 public:
  NaiveDissector(LinkType link, std::span<const std::byte> frame, std::size_t wire_bytes)
      : link_(link), frame_(frame), wire_(std::max(wire_bytes, frame.size())) {}

  Drop run(NaiveFacts& facts) {
    std::size_t at = 0;
    std::uint64_t type = 0;
    if (link_ == LinkType::kRawIp) {
      if (!has(0, 1)) return Drop::kTruncatedLink;
      const std::uint64_t version = get(0, 1) / 16;
      if (version != 4 && version != 6) return Drop::kBadIpVersion;
      return version == 4 ? ipv4(0, facts) : ipv6(0, facts);
    }
    const std::size_t header = link_ == LinkType::kEthernet        ? 14
                               : link_ == LinkType::kLinuxCookedV1 ? 16
                                                                   : 20;
    if (!has(0, header)) return Drop::kTruncatedLink;
    type = link_ == LinkType::kLinuxCookedV2 ? get(0, 2) : get(header - 2, 2);
    at = header;
    for (int tags = 0; type == 0x8100 || type == 0x88a8 || type == 0x9100; ++tags) {
      if (tags == 2) return Drop::kTooManyVlanTags;
      if (!has(at, 4)) return Drop::kTruncatedVlan;
      type = get(at + 2, 2);
      at += 4;
    }
    if (type == 0x0800) return ipv4(at, facts);
    if (type == 0x86dd) return ipv6(at, facts);
    return Drop::kNotIp;
  }

 private:
  [[nodiscard]] bool has(std::size_t at, std::size_t count) const {
    return at + count <= frame_.size();
  }
  [[nodiscard]] std::uint64_t get(std::size_t at, std::size_t count) const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      value = value * 256 + std::to_integer<std::uint64_t>(frame_[at + i]);
    }
    return value;
  }

  Drop ipv4(std::size_t at, NaiveFacts& facts) {
    if (!has(at, 20)) return Drop::kTruncatedIpv4;
    if (get(at, 1) / 16 != 4) return Drop::kBadIpVersion;
    const std::size_t header = get(at, 1) % 16 * 4;
    std::size_t total = get(at + 2, 2);
    if (total == 0) total = wire_ - at;
    if (header < 20) return Drop::kBadIpv4HeaderLength;
    if (total < header || at + total > wire_) return Drop::kBadIpv4TotalLength;
    if (get(at + 6, 2) % 8192 != 0) return Drop::kIpFragment;
    if (!has(at, header)) return Drop::kTruncatedIpv4;
    facts.ip_bytes = total;
    const bool more_follow = get(at + 6, 1) / 32 % 2 == 1;
    const Address source = Address::from_ipv4(static_cast<std::uint32_t>(get(at + 12, 4)));
    const Address destination = Address::from_ipv4(static_cast<std::uint32_t>(get(at + 16, 4)));
    return transport(get(at + 9, 1), at + header, at + total, more_follow, source, destination,
                     facts);
  }

  Drop ipv6(std::size_t at, NaiveFacts& facts) {
    if (!has(at, 40)) return Drop::kTruncatedIpv6;
    if (get(at, 1) / 16 != 6) return Drop::kBadIpVersion;
    std::size_t end = at + 40 + get(at + 4, 2);
    if (end == at + 40 && wire_ > at + 40 + 65535) end = wire_;
    if (end > wire_) return Drop::kBadIpv6PayloadLength;
    std::uint64_t next = get(at + 6, 1);
    std::size_t where = at + 40;
    bool more_follow = false;
    for (int seen = 0; next == 0 || next == 43 || next == 44 || next == 51 || next == 60; ++seen) {
      const std::size_t readable = std::min(end, frame_.size());
      if (where + 2 > readable) return Drop::kTruncatedIpv6Extension;
      std::size_t size = (get(where + 1, 1) + 1) * 8;
      if (next == 51) size = (get(where + 1, 1) + 2) * 4;
      if (next == 44) {
        size = 8;
        if (where + 4 > readable) return Drop::kTruncatedIpv6Extension;
        if (get(where + 2, 2) / 8 != 0) return Drop::kIpFragment;
        if (get(where + 3, 1) % 2 == 1) more_follow = true;
      }
      if (where + size > readable) return Drop::kTruncatedIpv6Extension;
      next = get(where, 1);
      where += size;
      if (seen == 8) return Drop::kTooManyIpv6Extensions;
    }
    facts.ip_bytes = end - at;
    return transport(next, where, end, more_follow, address(at + 8), address(at + 24), facts);
  }

  [[nodiscard]] Address address(std::size_t at) const {
    Address result;
    for (std::size_t i = 0; i < 16; ++i) {
      result.bytes[i] = static_cast<std::uint8_t>(get(at + i, 1));
    }
    return result;
  }

  // [at, end) is the transport segment on the wire; the capture may hold less.
  Drop transport(std::uint64_t protocol, std::size_t at, std::size_t end, bool more_follow,
                 const Address& source, const Address& destination, NaiveFacts& facts) {
    const std::size_t readable = std::min(end, frame_.size());
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
      const std::size_t length = get(at + 4, 2);
      if (length < 8) return Drop::kBadUdpLength;
      if (at + length > end && !more_follow) return Drop::kBadUdpLength;
      payload_end = std::min(readable, at + length);
    } else if (protocol == 1 || protocol == 58) {
      header = protocol == 1 ? 8 : 4;
      if (at + header > readable) return Drop::kTruncatedIcmp;
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
    return Drop::kNone;
  }

  LinkType link_;
  std::span<const std::byte> frame_;
  std::size_t wire_;
};

}  // namespace mimir::test
