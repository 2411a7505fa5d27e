// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/generated_traffic.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace mimir::source {

namespace {

constexpr std::size_t kEthernetBytes = 14;
constexpr std::size_t kIpv4Bytes = 20;
constexpr std::size_t kIpv6Bytes = 40;
constexpr std::size_t kUdpBytes = 8;
constexpr std::size_t kTcpBytes = 20;
constexpr std::size_t kVxlanBytes = 8;
constexpr std::size_t kTunnelBytes = kEthernetBytes + kIpv4Bytes + kUdpBytes + kVxlanBytes;

constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;

constexpr std::size_t kSmallestBytes = 60;
constexpr std::array<std::size_t, 12> kImixBytes{60, 590, 60, 60,  590, 60,
                                                 60, 590, 60, 590, 60,  1514};

constexpr std::string_view kRequest =
    "POST /orders HTTP/1.1\r\nHost: orders.shop.svc\r\nUser-Agent: cart/2.1\r\n"
    "Accept: application/json\r\nContent-Type: application/json\r\n"
    "Content-Length: 1200\r\n\r\n";
constexpr std::string_view kBody =
    R"({"id":"5a934e000102030405000000","item":"sock 42","count":3,"price":17.32,)"
    R"("paid":"2026-01-05T00:06:10Z","note":"leave it at the door, please"})";

/// A frame, written front to back.
class FrameWriter {
 public:
  explicit FrameWriter(std::size_t bytes) : frame_(bytes) {}

  void put(std::initializer_list<unsigned> bytes) {
    for (const unsigned byte : bytes) frame_[at_++] = static_cast<std::byte>(byte);
  }
  void put16(std::size_t value) {
    put({static_cast<unsigned>(value >> 8 & 0xff), static_cast<unsigned>(value & 0xff)});
  }
  void put_zeros(std::size_t count) { at_ += count; }

  void ethernet(std::size_t ether_type) {
    put({0x02, 0, 0, 0, 0, 2, 0x02, 0, 0, 0, 0, 1});
    put16(ether_type);
  }
  void ipv4(unsigned protocol, std::initializer_list<unsigned> destination) {
    const std::size_t total_bytes = left();
    put({0x45, 0});
    put16(total_bytes);
    put({0, 0, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1});
    put(destination);
  }
  void ipv6(unsigned protocol) {
    const std::size_t payload_bytes = left() - kIpv6Bytes;
    put({0x60, 0, 0, 0});
    put16(payload_bytes);
    put({protocol, 64});
    put({0xfd, 0});  // RFC 4193
    put_zeros(14);
    put({0x20, 0x01, 0x0d, 0xb8});  // RFC 3849
    put_zeros(11);
    put({1});
  }
  void udp(std::size_t source, std::size_t destination) {
    const std::size_t udp_bytes = left();
    put16(source);
    put16(destination);
    put16(udp_bytes);
    put_zeros(2);
  }
  void vxlan() { put({0x08, 0, 0, 0, 0, 0, 42, 0}); }
  /// To the end of the frame.
  void text(std::string_view head, std::string_view repeated) {
    for (std::size_t i = 0; at_ < frame_.size(); ++i, ++at_) {
      const bool is_head = i < head.size();
      const char c = is_head ? head[i] : repeated[(i - head.size()) % repeated.size()];
      frame_[at_] = static_cast<std::byte>(c);
    }
  }
  void tcp(std::size_t source, std::size_t destination) {
    put16(source);
    put16(destination);
    put_zeros(8);
    put({0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0});
  }

  [[nodiscard]] std::vector<std::byte> take() { return std::move(frame_); }

 private:
  [[nodiscard]] std::size_t left() const { return frame_.size() - at_; }

  std::vector<std::byte> frame_;
  std::size_t at_ = 0;
};

}  // namespace

FrameShape::FrameShape(const TrafficOptions& options)
    : family_(options.family),
      sizes_(options.sizes),
      payload_(options.payload),
      is_tcp_(options.law == TrafficLaw::kFlood || options.payload == TrafficPayload::kHttp),
      ip_at_((options.family == TrafficFamily::kVxlan ? kTunnelBytes : 0) + kEthernetBytes) {
  const bool is_ipv6 = family_ == TrafficFamily::kIpv6;
  address_at_ = ip_at_ + (is_ipv6 ? 20 : 12);
  port_at_ = ip_at_ + (is_ipv6 ? kIpv6Bytes : kIpv4Bytes);
  header_bytes_ = port_at_ + (is_tcp_ ? kTcpBytes : kUdpBytes);
}

std::size_t FrameShape::frame_bytes(std::size_t index) const {
  const std::size_t tunnel_bytes = ip_at_ - kEthernetBytes;
  const std::size_t inside =
      sizes_ == TrafficSizes::kImix ? kImixBytes[index % kImixBytes.size()] : kSmallestBytes;
  return std::max(tunnel_bytes + inside, header_bytes_);
}

std::vector<std::byte> FrameShape::build(std::size_t frame_bytes) const {
  FrameWriter writer(frame_bytes);
  const unsigned protocol = is_tcp_ ? kTcp : kUdp;
  if (family_ == TrafficFamily::kVxlan) {
    writer.ethernet(0x0800);
    writer.ipv4(kUdp, {10, 0, 0, 2});
    writer.udp(50000, 4789);
    writer.vxlan();
  }
  if (family_ == TrafficFamily::kIpv6) {
    writer.ethernet(0x86dd);
    writer.ipv6(protocol);
  } else {
    writer.ethernet(0x0800);
    writer.ipv4(protocol, {192, 0, 2, 1});
  }
  if (is_tcp_) {
    writer.tcp(FlowDraw::kEstablishedPort, 80);
  } else {
    writer.udp(FlowDraw::kEstablishedPort, 53);
  }
  if (payload_ == TrafficPayload::kHttp) writer.text(kRequest, kBody);
  return writer.take();
}

}  // namespace mimir::source
