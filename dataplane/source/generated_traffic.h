// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/record/time.h"

namespace mimir::source {

enum class TrafficFamily : std::uint8_t {
  kIpv4,
  kIpv6,
  kVxlan,  ///< IPv4 in Ethernet in VXLAN (RFC 7348) in IPv4
};

enum class TrafficSizes : std::uint8_t {
  kSmallest,  ///< 64 bytes on the wire, or as few as the headers take
  kImix,      ///< 64, 594 and 1518 bytes at 7 : 4 : 1; in VXLAN that much inside
};

enum class TrafficLaw : std::uint8_t {
  kSteady,  ///< every packet is of one of flow_count flows, drawn uniformly
  kChurn,   ///< the same, of flows that are replaced one after the other
  kFlood,   ///< TCP SYNs, each of a flow never seen, between packets of a few that stay
};

enum class TrafficPayload : std::uint8_t {
  kZeros,  ///< in UDP
  kHttp,   ///< a request with a body of text, in TCP: every packet begins one
};

struct TrafficOptions {
  TrafficFamily family = TrafficFamily::kIpv4;
  TrafficSizes sizes = TrafficSizes::kSmallest;
  TrafficLaw law = TrafficLaw::kSteady;
  TrafficPayload payload = TrafficPayload::kZeros;
  std::uint32_t flow_count = 1000;  ///< that live at once; of no account in a flood
  double churn_share = 0.1;         ///< of flow_count, replaced each second of packet time
  TimeNs packet_interval_ns = 67;   ///< 14.88 Mpps, 10 GbE at 64 bytes
};

/// What tells one generated flow from another; the other end is the same for all.
struct GeneratedFlow {
  std::uint32_t address = 0;  ///< of IPv4; of IPv6 the last four bytes
  std::uint16_t port = 0;
  bool is_new = false;  ///< a SYN of the flood
};

/// The flow of each packet, one after the other.
///
/// First each flow that lives at the start sends one packet, so that a table is
/// filled before anything is timed: fill_count() packets. Then the law holds.
/// In a flood one packet in kEstablishedOneIn is of one of kEstablishedCount flows.
///
/// Threads: one. Cost: a few cycles a packet. The same options give the same flows.
class FlowDraw {
 public:
  static constexpr std::uint32_t kEstablishedCount = 1000;
  static constexpr std::uint64_t kEstablishedOneIn = 1000;
  /// Source port of all flows but those a flood opens.
  static constexpr std::uint16_t kEstablishedPort = 40000;

  explicit FlowDraw(const TrafficOptions& options)
      : law_(options.law),
        live_count_(options.law == TrafficLaw::kFlood ? kEstablishedCount : options.flow_count),
        births_per_packet_(to_births_per_packet(options)) {}

  [[nodiscard]] std::uint64_t fill_count() const noexcept { return live_count_; }

  [[nodiscard]] GeneratedFlow next() noexcept {
    if (serial_ < live_count_) return established(static_cast<std::uint32_t>(serial_++));
    const std::uint64_t serial = serial_++ - live_count_;
    if (law_ == TrafficLaw::kFlood) {
      if (serial % kEstablishedOneIn != 0) return flood(serial);
      return established(static_cast<std::uint32_t>(serial / kEstablishedOneIn % live_count_));
    }
    births_ += births_per_packet_;
    return established(static_cast<std::uint32_t>(births_ >> 32) + draw());
  }

  /// A flood's flow of that serial number: addresses that follow no order and ports below
  /// kEstablishedPort. One to one up to 2^47: an odd factor permutes the addresses, and
  /// each turn through them gives an address another port.
  [[nodiscard]] static GeneratedFlow flood(std::uint64_t serial) noexcept {
    const auto address = static_cast<std::uint32_t>(serial) * 0x9e3779b1U;
    const std::uint64_t port = 1024 + ((serial >> 32) + (address >> 17)) % 32768;
    return {.address = address, .port = static_cast<std::uint16_t>(port), .is_new = true};
  }

 private:
  // In units of 2^-32 flows.
  [[nodiscard]] static std::uint64_t to_births_per_packet(const TrafficOptions& options) {
    if (options.law != TrafficLaw::kChurn) return 0;
    const double births = options.churn_share * options.flow_count *
                          static_cast<double>(options.packet_interval_ns) /
                          static_cast<double>(kNsPerSecond);
    return static_cast<std::uint64_t>(births * 4294967296.0);
  }

  [[nodiscard]] std::uint32_t draw() noexcept {  // xorshift64*, its upper half scaled down
    random_ ^= random_ >> 12;
    random_ ^= random_ << 25;
    random_ ^= random_ >> 27;
    const std::uint64_t drawn = random_ * 0x2545f4914f6cdd1d;
    return static_cast<std::uint32_t>((drawn >> 32) * live_count_ >> 32);
  }

  [[nodiscard]] static GeneratedFlow established(std::uint32_t flow) noexcept {
    return {.address = 0x0a000000U + flow, .port = kEstablishedPort};
  }

  TrafficLaw law_;
  std::uint32_t live_count_;
  std::uint64_t births_per_packet_;
  std::uint64_t births_ = 0;
  std::uint64_t serial_ = 0;
  std::uint64_t random_ = 0x9e3779b97f4a7c15;
};

/// The frames of such traffic: what all packets share is built beforehand, and a
/// packet's flow is written in with two stores, three in a flood.
///
/// Threads: none. The checksums are zero.
class FrameShape {
 public:
  static constexpr std::size_t kFrameBytesMax = 1564;

  explicit FrameShape(const TrafficOptions& options);

  /// Without the frame check sequence. The `index`-th of a sequence of sizes without end.
  [[nodiscard]] std::size_t frame_bytes(std::size_t index) const;
  /// A frame of that many bytes; every length in it says so.
  [[nodiscard]] std::vector<std::byte> build(std::size_t frame_bytes) const;

  void write(std::byte* frame, const GeneratedFlow& flow) const noexcept {
    const std::uint32_t address = __builtin_bswap32(flow.address);
    __builtin_memcpy(frame + address_at_, &address, sizeof address);
    const std::uint16_t port = __builtin_bswap16(flow.port);
    __builtin_memcpy(frame + port_at_, &port, sizeof port);
    // RFC 9293 §3.1: SYN, or ACK.
    if (is_tcp_) frame[port_at_ + 13] = flow.is_new ? std::byte{0x02} : std::byte{0x10};
  }

 private:
  TrafficFamily family_;
  TrafficSizes sizes_;
  TrafficPayload payload_;
  bool is_tcp_;
  std::size_t ip_at_;  ///< of the header that makes the flow
  std::size_t address_at_;
  std::size_t port_at_;
  std::size_t header_bytes_;  ///< to the end of the transport header
};

}  // namespace mimir::source
