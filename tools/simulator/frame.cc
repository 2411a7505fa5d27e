// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/frame.h"

#include <algorithm>
#include <cstring>

namespace mimir::simulator {
namespace {

constexpr std::size_t kIpBytes = 20;
constexpr std::size_t kTcpBytes = 20;
constexpr std::size_t kUdpBytes = 8;
constexpr std::size_t kIcmpBytes = 8;
constexpr std::size_t kVxlanBytes = 8;
constexpr std::uint32_t kVxlanPort = 4789;
constexpr std::size_t kTimestampOptionBytes = 12;
constexpr std::size_t kSynOptionBytes = 20;

void put16(std::uint8_t* out, std::uint32_t value) {
  out[0] = static_cast<std::uint8_t>(value >> 8);
  out[1] = static_cast<std::uint8_t>(value);
}

void put32(std::uint8_t* out, std::uint32_t value) {
  put16(out, value >> 16);
  put16(out + 2, value);
}

/// RFC 1071, summed in 32-bit pieces of this machine's order: the sum of the
/// 16-bit halves is the same after folding (§2 B), but for the order of its bytes.
std::uint64_t sum(const std::uint8_t* bytes, std::size_t size) {
  std::uint64_t total = 0;
  while (size >= 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes, 4);
    total += word;
    bytes += 4;
    size -= 4;
  }
  std::uint32_t rest = 0;
  std::memcpy(&rest, bytes, size);
  return total + rest;
}

void put_checksum(std::uint8_t* out, std::uint64_t total) {
  total = (total & 0xffffffffU) + (total >> 32);
  total = (total & 0xffffffffU) + (total >> 32);
  total = (total & 0xffffU) + (total >> 16);
  total = (total & 0xffffU) + (total >> 16);
  total = (total & 0xffffU) + (total >> 16);
  const auto checksum = static_cast<std::uint16_t>(~total);
  std::memcpy(out, &checksum, 2);
}

void write_mac(std::uint32_t address, std::uint8_t* out) {
  out[0] = 0x02;  // locally administered
  out[1] = 0x42;
  put32(out + 2, address);
}

std::size_t write_options(const Header& header, std::uint8_t* out) {
  if (header.options == TcpOptions::kNone) return 0;
  if (header.options == TcpOptions::kSegmentSize) {
    constexpr std::uint8_t kMaximumSegment[] = {2, 4, 0x05, 0xb4};
    std::memcpy(out, kMaximumSegment, sizeof kMaximumSegment);
    return sizeof kMaximumSegment;
  }
  std::uint8_t* timestamps = out;
  if ((header.flags & kSyn) != 0) {
    constexpr std::uint8_t kMaximumSegmentAndSack[] = {2, 4, 0x05, 0xb4, 4, 2};
    constexpr std::uint8_t kScale[] = {1, 3, 3, 7};
    std::memcpy(out, kMaximumSegmentAndSack, 6);
    timestamps = out + 6;
    std::memcpy(out + 16, kScale, 4);
  } else {
    out[0] = 1;
    out[1] = 1;
    timestamps = out + 2;
  }
  timestamps[0] = 8;
  timestamps[1] = 10;
  put32(timestamps + 2, header.timestamp);
  put32(timestamps + 6, header.timestamp_echo);
  return (header.flags & kSyn) != 0 ? kSynOptionBytes : kTimestampOptionBytes;
}

std::size_t write_ip(std::uint32_t source, std::uint32_t destination, std::uint8_t protocol,
                     std::uint8_t time_to_live, std::uint16_t identification,
                     std::size_t transport_bytes, std::uint8_t* ip) {
  ip[0] = 0x45;
  ip[1] = 0;
  put16(ip + 2, static_cast<std::uint32_t>(kIpBytes + transport_bytes));
  put16(ip + 4, identification);
  put16(ip + 6, 0x4000);  // do not fragment
  ip[8] = time_to_live;
  ip[9] = protocol;
  put16(ip + 10, 0);
  put32(ip + 12, source);
  put32(ip + 16, destination);
  put_checksum(ip + 10, sum(ip, kIpBytes));
  return kIpBytes + transport_bytes;
}

/// Returns the bytes of the header; `checksum` becomes where its checksum is.
std::size_t write_transport(const Header& header, std::size_t length, std::uint8_t* transport,
                            std::uint8_t*& checksum) {
  if (header.protocol == kProtocolIcmp) {
    transport[0] = header.flags;
    transport[1] = 0;
    checksum = transport + 2;
    put32(transport + 4, header.sequence);
    return kIcmpBytes;
  }
  put16(transport, header.source.port);
  put16(transport + 2, header.destination.port);
  if (header.protocol == kProtocolUdp) {
    put16(transport + 4, static_cast<std::uint32_t>(kUdpBytes + length));
    checksum = transport + 6;
    return kUdpBytes;
  }
  const std::size_t bytes = kTcpBytes + write_options(header, transport + kTcpBytes);
  put32(transport + 4, header.sequence);
  put32(transport + 8, header.acknowledgement);
  transport[12] = static_cast<std::uint8_t>(bytes / 4 << 4);
  transport[13] = header.flags;
  put16(transport + 14, header.window);
  put16(transport + 18, 0);
  checksum = transport + 16;
  return bytes;
}

}  // namespace

std::size_t write_frame(const Header& header, const Message& payload, std::size_t offset,
                        std::size_t length, std::uint8_t* out) {
  write_mac(header.destination.address, out);
  write_mac(header.source.address, out + 6);
  put16(out + 12, 0x0800);

  std::uint8_t* const ip = out + kEthernetHeaderBytes;
  std::uint8_t* const transport = ip + kIpBytes;
  std::uint8_t* checksum = nullptr;
  const std::size_t header_bytes = write_transport(header, length, transport, checksum);
  put16(checksum, 0);
  payload.copy(offset, length, transport + header_bytes);
  const std::size_t transport_bytes = header_bytes + length;
  const std::size_t ip_bytes =
      write_ip(header.source.address, header.destination.address, header.protocol,
               header.time_to_live, header.identification, transport_bytes, ip);

  std::uint64_t total = sum(transport, transport_bytes);
  if (header.protocol != kProtocolIcmp) {
    std::uint8_t pseudo_header_end[4] = {0, header.protocol, 0, 0};
    put16(pseudo_header_end + 2, static_cast<std::uint32_t>(transport_bytes));
    total += sum(ip + 12, 8) + sum(pseudo_header_end, 4);
  }
  put_checksum(checksum, total);
  return kEthernetHeaderBytes + ip_bytes;
}

std::size_t write_tunnel(std::uint32_t source, std::uint32_t destination, std::size_t frame_bytes,
                         std::uint8_t* out) {
  const std::uint8_t* const inner = out + kTunnelBytes;
  write_mac(destination, out);
  write_mac(source, out + 6);
  put16(out + 12, 0x0800);
  std::uint8_t* const ip = out + kEthernetHeaderBytes;
  std::uint8_t* const udp = ip + kIpBytes;
  // The source port tells flows apart, the checksum is 0 (RFC 7348 §5).
  const std::uint32_t entropy = (inner[29] ^ inner[33]) * 257U + inner[37];
  put16(udp, 49152 + (entropy & 0x3fffU));
  put16(udp + 2, kVxlanPort);
  put16(udp + 4, static_cast<std::uint32_t>(kUdpBytes + kVxlanBytes + frame_bytes));
  put16(udp + 6, 0);
  put32(udp + 8, 0x08000000);  // there is a network identifier
  put32(udp + 12, 1U << 8);
  std::uint32_t identification = 0;
  std::memcpy(&identification, inner + kEthernetHeaderBytes + 4, 2);
  const std::size_t ip_bytes =
      write_ip(source, destination, kProtocolUdp, 64, static_cast<std::uint16_t>(identification),
               kUdpBytes + kVxlanBytes + frame_bytes, ip);
  return kEthernetHeaderBytes + ip_bytes;
}

}  // namespace mimir::simulator
