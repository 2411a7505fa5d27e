// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "tools/simulator/payload.h"

namespace mimir::simulator {

/// An IPv4 address, in host order, and a port.
struct Endpoint {
  std::uint32_t address = 0;
  std::uint16_t port = 0;
};

inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;

inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kReset = 0x04;
inline constexpr std::uint8_t kPush = 0x08;
inline constexpr std::uint8_t kAck = 0x10;

/// Which options a TCP header has.
enum class TcpOptions : std::uint8_t {
  kUsual,        ///< timestamps; with SYN also segment size, SACK and window scale, as Linux has it
  kSegmentSize,  ///< the segment size alone, as a scanner's SYN and what answers it
  kNone,         ///< as a reset
};

/// What the headers of one packet say. UDP ignores the fields of TCP. Of ICMP, `flags`
/// is the type, the high half of `sequence` the identifier and the low the number.
struct Header {
  Endpoint source;
  Endpoint destination;
  std::uint8_t protocol = kProtocolTcp;
  std::uint8_t time_to_live = 64;
  std::uint16_t identification = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 0;
  std::uint32_t timestamp = 0;  ///< RFC 7323 §3
  std::uint32_t timestamp_echo = 0;
  TcpOptions options = TcpOptions::kUsual;
};

/// The payload of a full segment: an MTU of 1500, less IP and TCP headers and timestamps.
inline constexpr std::size_t kSegmentBytesMax = 1448;
inline constexpr std::size_t kFrameHeaderBytesMax = 14 + 20 + 60;
inline constexpr std::size_t kTunnelBytes = 14 + 20 + 8 + 8;
inline constexpr std::size_t kEthernetHeaderBytes = 14;

/// Writes Ethernet, IPv4 (RFC 791), TCP with timestamps (RFC 9293, RFC 7323), UDP
/// (RFC 768) or an ICMP echo (RFC 792) with their checksums, and `length` bytes of
/// `payload` from `offset` on. Returns the bytes written. REQUIRES: length <= 65000, room
/// for kFrameHeaderBytesMax + length at `out`.
std::size_t write_frame(const Header& header, const Message& payload, std::size_t offset,
                        std::size_t length, std::uint8_t* out);

/// Writes the outer headers of VXLAN (RFC 7348 §5) before a frame of `frame_bytes` that
/// stands at out + kTunnelBytes. Returns the bytes of all. REQUIRES: a frame of IPv4.
std::size_t write_tunnel(std::uint32_t source, std::uint32_t destination, std::size_t frame_bytes,
                         std::uint8_t* out);

}  // namespace mimir::simulator
