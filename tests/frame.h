// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "dataplane/record/address.h"
#include "dataplane/record/link_type.h"

namespace mimir::test {

inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kReset = 0x04;
inline constexpr std::uint8_t kPush = 0x08;
inline constexpr std::uint8_t kAck = 0x10;

/// 2001:db8::`host` (RFC 3849).
[[nodiscard]] inline Address ipv6_address(std::uint32_t host) {
  Address address;
  address.bytes = {0x20, 0x01, 0x0d, 0xb8};
  for (std::size_t i = 0; i < 4; ++i) {
    address.bytes[12 + i] = static_cast<std::uint8_t>(host >> (24 - 8 * i));
  }
  return address;
}

struct Ipv4Shape {
  std::size_t option_bytes = 0;  ///< a multiple of 4, at most 40
  bool more_fragments = false;
  std::uint16_t fragment_offset = 0;  ///< in units of 8 bytes
};

/// A frame, built good layer by layer: after every layer each length and
/// next-protocol field says what is really there. Then it may be broken in one
/// place with set_*(), cut() or padding(), which repair nothing.
class Frame {
 public:
  /// The first layer decides the link type.
  [[nodiscard]] static Frame ethernet() {
    Frame frame(LinkType::kEthernet, 14);
    frame.put({0x02, 0, 0, 0, 0, 0x02, 0x02, 0, 0, 0, 0, 0x01, 0, 0});
    frame.ether_type_at_ = 12;
    return frame;
  }
  [[nodiscard]] static Frame cooked_v1() {
    Frame frame(LinkType::kLinuxCookedV1, 16);
    frame.put({0, 0, 0, 1, 0, 6, 0x02, 0, 0, 0, 0, 0x01, 0, 0, 0, 0});
    frame.ether_type_at_ = 14;
    return frame;
  }
  [[nodiscard]] static Frame cooked_v2() {
    Frame frame(LinkType::kLinuxCookedV2, 20);
    frame.put({0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 0x02, 0, 0, 0, 0, 0x01, 0, 0});
    frame.ether_type_at_ = 0;
    return frame;
  }
  [[nodiscard]] static Frame raw() {
    Frame frame(LinkType::kRawIp, 0);
    frame.has_ether_type_ = false;
    return frame;
  }

  Frame& ether_type(std::uint16_t value) {
    set16(ether_type_at_, value);
    return *this;
  }

  Frame& vlan(std::uint16_t tag, std::uint16_t tag_type = 0x8100) {
    ether_type(tag_type);
    const std::size_t at = bytes_.size();
    put({0, 0, 0, 0});
    set16(at, tag);
    ether_type_at_ = at + 2;
    return *this;
  }

  /// Addresses are numbers in host order.
  Frame& ipv4(std::uint32_t source, std::uint32_t destination, const Ipv4Shape& shape = {}) {
    if (has_ether_type_) ether_type(0x0800);
    has_udp_ = false;
    ip_at_ = bytes_.size();
    ip_version_ = 4;
    put({0, 0, 0, 0, 0x12, 0x34, 0, 0, 64, 0, 0, 0});
    bytes_[ip_at_] = static_cast<std::byte>(0x40 | (5 + shape.option_bytes / 4));
    set16(ip_at_ + 6,
          static_cast<std::uint16_t>((shape.more_fragments ? 0x2000 : 0) | shape.fragment_offset));
    put32(source);
    put32(destination);
    // No-operation options (type 1), so that reading one as a port would show.
    bytes_.insert(bytes_.end(), shape.option_bytes, std::byte{1});
    next_protocol_at_ = ip_at_ + 9;
    return settle();
  }

  Frame& ipv6(const Address& source, const Address& destination) {
    if (has_ether_type_) ether_type(0x86dd);
    has_udp_ = false;
    ip_at_ = bytes_.size();
    ip_version_ = 6;
    put({0x60, 0, 0, 0, 0, 0, 59, 64});
    for (const Address& address : {source, destination}) {
      for (const std::uint8_t byte : address.bytes) bytes_.push_back(std::byte{byte});
    }
    next_protocol_at_ = ip_at_ + 6;
    return settle();
  }

  /// Hop-by-hop (0), routing (43) or destination options (60), 8 * units bytes.
  Frame& extension(std::uint8_t kind, std::size_t units = 1) {
    begin_header(kind, 0);
    const std::size_t at = bytes_.size();
    bytes_.resize(at + 8 * units, std::byte{1});
    bytes_[at] = std::byte{59};
    bytes_[at + 1] = static_cast<std::byte>(units - 1);
    return settle();
  }

  /// RFC 4302: 4 * (words + 2) bytes, unlike the other extensions.
  Frame& authentication(std::size_t words) {
    begin_header(51, 0);
    const std::size_t at = bytes_.size();
    bytes_.resize(at + 4 * (words + 2), std::byte{1});
    bytes_[at] = std::byte{59};
    bytes_[at + 1] = static_cast<std::byte>(words);
    return settle();
  }

  /// An atomic fragment (RFC 6946) unless told otherwise. The reserved byte is
  /// not zero, so that reading it as a length would show.
  Frame& fragment(std::uint16_t offset_units = 0, bool more = false) {
    begin_header(44, 0);
    const std::size_t at = bytes_.size();
    put({59, 7, 0, 0, 0, 0, 0x12, 0x34});
    set16(at + 2, static_cast<std::uint16_t>(offset_units << 3 | (more ? 1 : 0)));
    return settle();
  }

  Frame& tcp(std::uint16_t source, std::uint16_t destination, std::uint8_t flags,
             std::size_t option_bytes = 0) {
    transport_at_ = bytes_.size();
    begin_header(6, transport_at_);
    put16(source);
    put16(destination);
    put({0, 0, 0, 1, 0, 0, 0, 2});
    bytes_.push_back(static_cast<std::byte>((5 + option_bytes / 4) << 4));
    bytes_.push_back(std::byte{flags});
    put({0xff, 0xff, 0, 0, 0, 0});
    bytes_.insert(bytes_.end(), option_bytes, std::byte{1});
    return settle();
  }

  Frame& udp(std::uint16_t source, std::uint16_t destination) {
    transport_at_ = bytes_.size();
    begin_header(17, transport_at_);
    put16(source);
    put16(destination);
    put({0, 8, 0, 0});
    has_udp_ = true;
    return settle();
  }

  Frame& icmp(std::uint8_t type = 8, std::uint8_t code = 0) {
    transport_at_ = bytes_.size();
    begin_header(1, transport_at_);
    put({type, code, 0, 0, 0, 7, 0, 1});
    return settle();
  }

  Frame& icmpv6(std::uint8_t type = 128, std::uint8_t code = 0) {
    transport_at_ = bytes_.size();
    begin_header(58, transport_at_);
    put({type, code, 0, 0});
    return settle();
  }

  /// Any other protocol: its header is whatever payload() adds.
  Frame& protocol(std::uint8_t number) {
    transport_at_ = bytes_.size();
    begin_header(number, transport_at_);
    return *this;
  }

  Frame& payload(std::size_t count, std::uint8_t byte = 'x') {
    bytes_.insert(bytes_.end(), count, std::byte{byte});
    return settle();
  }

  Frame& text(std::string_view payload) {
    for (const char c : payload) bytes_.push_back(static_cast<std::byte>(c));
    return settle();
  }

  /// Bytes between the link header and IP that name what follows themselves.
  Frame& shim(std::initializer_list<std::uint8_t> header) {
    put(header);
    has_ether_type_ = false;
    return *this;
  }

  /// The datagram so far carries another: its lengths will say so. The header of the
  /// tunnel names what follows itself.
  Frame& tunnel(std::initializer_list<std::uint8_t> header) {
    carriers_.push_back({ip_at_, ip_version_, transport_at_, has_udp_});
    shim(header);
    return settle();
  }

  Frame& ethernet_inside() {
    put({0x02, 0, 0, 0, 0, 0x04, 0x02, 0, 0, 0, 0, 0x03, 0, 0});
    ether_type_at_ = bytes_.size() - 2;
    has_ether_type_ = true;
    return settle();
  }

  /// Bytes behind the datagram that its lengths do not speak of.
  Frame& padding(std::size_t count, std::uint8_t byte = 0) {
    bytes_.insert(bytes_.end(), count, std::byte{byte});
    wire_bytes_ = bytes_.size();
    return *this;
  }

  /// A snap length: the capture holds `count` bytes, the wire carried them all.
  Frame& cut(std::size_t count) {
    if (count < bytes_.size()) bytes_.resize(count);
    return *this;
  }

  /// The wire itself ended there: nothing says that there was more.
  Frame& shorten(std::size_t count) {
    cut(count);
    wire_bytes_ = bytes_.size();
    return *this;
  }

  Frame& wire(std::size_t count) {
    wire_bytes_ = count;
    return *this;
  }

  Frame& set_link(std::size_t offset, std::uint8_t value) { return set8(offset, value); }
  Frame& set_ip(std::size_t offset, std::uint8_t value) { return set8(ip_at_ + offset, value); }
  Frame& set_transport(std::size_t offset, std::uint8_t value) {
    return set8(transport_at_ + offset, value);
  }
  Frame& set_ip_length(std::uint16_t value) {
    set16(ip_at_ + (ip_version_ == 4 ? 2 : 4), value);
    return *this;
  }

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }
  [[nodiscard]] std::uint32_t wire_bytes() const { return static_cast<std::uint32_t>(wire_bytes_); }
  [[nodiscard]] LinkType link() const { return link_; }
  [[nodiscard]] std::size_t link_bytes() const { return link_bytes_; }
  [[nodiscard]] std::size_t ip_at() const { return ip_at_; }
  [[nodiscard]] std::size_t transport_at() const { return transport_at_; }

 private:
  Frame(LinkType link, std::size_t link_bytes) : link_(link), link_bytes_(link_bytes) {}

  void put(std::initializer_list<std::uint8_t> values) {
    for (const std::uint8_t value : values) bytes_.push_back(std::byte{value});
    wire_bytes_ = bytes_.size();
  }
  void put16(std::uint16_t value) {
    put({static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)});
  }
  void put32(std::uint32_t value) {
    put16(static_cast<std::uint16_t>(value >> 16));
    put16(static_cast<std::uint16_t>(value));
  }
  Frame& set8(std::size_t at, std::uint8_t value) {
    bytes_.at(at) = std::byte{value};
    return *this;
  }
  void set16(std::size_t at, std::uint16_t value) {
    set8(at, static_cast<std::uint8_t>(value >> 8));
    set8(at + 1, static_cast<std::uint8_t>(value));
  }

  /// The header before this one names it; the next one will be named where the
  /// extension (a header that is no transport) begins.
  void begin_header(std::uint8_t number, std::size_t transport_at) {
    set8(next_protocol_at_, number);
    if (transport_at == 0) next_protocol_at_ = bytes_.size();
  }

  struct Layer {
    std::size_t ip_at = 0;
    int ip_version = 0;
    std::size_t transport_at = 0;
    bool has_udp = false;
  };

  /// Lets every length say what is there now.
  Frame& settle() {
    wire_bytes_ = bytes_.size();
    for (const Layer& carrier : carriers_) settle(carrier);
    if (ip_version_ != 0) settle({ip_at_, ip_version_, transport_at_, has_udp_});
    return *this;
  }
  void settle(const Layer& layer) {
    const std::size_t datagram = bytes_.size() - layer.ip_at;
    // Above 64 KiB a length of 0 stands for "see the frame" (RFC 2675, BIG TCP).
    const std::size_t length = layer.ip_version == 4 ? datagram : datagram - 40;
    set16(layer.ip_at + (layer.ip_version == 4 ? 2 : 4),
          static_cast<std::uint16_t>(length > 0xffff ? 0 : length));
    if (layer.has_udp) {
      const std::size_t udp = bytes_.size() - layer.transport_at;
      set16(layer.transport_at + 4, static_cast<std::uint16_t>(udp > 0xffff ? 0 : udp));
    }
    if (layer.ip_version == 4) checksum(layer.ip_at);
  }

  // RFC 791 §3.1: the ones' complement of the ones' complement sum.
  void checksum(std::size_t ip_at) {
    const std::size_t header_bytes = 4 * (std::to_integer<std::size_t>(bytes_[ip_at]) & 15);
    set16(ip_at + 10, 0);
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < header_bytes; i += 2) {
      sum += std::to_integer<std::uint32_t>(bytes_[ip_at + i]) << 8 |
             std::to_integer<std::uint32_t>(bytes_[ip_at + i + 1]);
    }
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    set16(ip_at + 10, static_cast<std::uint16_t>(~sum));
  }

  LinkType link_;
  std::size_t link_bytes_;
  std::size_t ether_type_at_ = 0;
  std::size_t ip_at_ = 0;
  int ip_version_ = 0;
  std::size_t next_protocol_at_ = 0;
  std::size_t transport_at_ = 0;
  bool has_udp_ = false;
  bool has_ether_type_ = true;
  std::vector<Layer> carriers_;
  std::size_t wire_bytes_ = 0;
  std::vector<std::byte> bytes_;
};

}  // namespace mimir::test
