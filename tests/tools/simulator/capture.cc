// SPDX-License-Identifier: Apache-2.0
#include "tests/tools/simulator/capture.h"

#include <algorithm>
#include <cstdint>
#include <fstream>

namespace mimir::simulator {
namespace {

std::uint32_t little_at(const std::string& bytes, std::size_t at) {
  std::string four = bytes.substr(at, 4);
  std::reverse(four.begin(), four.end());
  return number_at(four, 0, 4);
}

SeenPacket dissect(std::int64_t time_ns, std::string frame) {
  SeenPacket packet;
  packet.time_ns = time_ns;
  packet.ip_bytes = number_at(frame, 16, 2);
  packet.protocol = static_cast<std::uint8_t>(frame.at(23));
  packet.source = number_at(frame, 26, 4);
  packet.destination = number_at(frame, 30, 4);
  packet.source_port = static_cast<std::uint16_t>(number_at(frame, 34, 2));
  packet.destination_port = static_cast<std::uint16_t>(number_at(frame, 36, 2));
  std::uint32_t header_bytes = 8;
  if (packet.protocol == 1) {
    packet.flags = static_cast<std::uint8_t>(frame.at(34));  // ICMP has types, not ports
    packet.source_port = 0;
    packet.destination_port = 0;
  }
  if (packet.protocol == 6) {
    header_bytes = number_at(frame, 46, 1) / 16 * 4;
    packet.flags = static_cast<std::uint8_t>(frame.at(47));
  }
  packet.payload_bytes = packet.ip_bytes - 20 - header_bytes;
  const std::uint32_t transport_bytes = packet.ip_bytes - 20;
  std::string checked;
  if (packet.protocol != 1) {
    checked = frame.substr(26, 8);
    checked += '\0';
    checked += static_cast<char>(packet.protocol);
    checked += static_cast<char>(transport_bytes / 256);
    checked += static_cast<char>(transport_bytes % 256);
  }
  checked += frame.substr(34, transport_bytes);
  packet.checksums_hold = frame.size() == packet.ip_bytes + 14 && ones_sum(checked) == 0xffff &&
                          ones_sum(frame.substr(14, 20)) == 0xffff;
  packet.frame = std::move(frame);
  return packet;
}

}  // namespace

std::string file_bytes(const std::filesystem::path& path) {
  // In one call: a byte at a time takes a sanitized build a minute.
  std::error_code is_missing;
  const std::uintmax_t size = std::filesystem::file_size(path, is_missing);
  std::string bytes(is_missing ? 0 : size, '\0');
  std::ifstream(path, std::ios::binary).read(bytes.data(), std::ssize(bytes));
  return bytes;
}

std::vector<SeenPacket> read_capture(const std::filesystem::path& path) {
  const std::string bytes = file_bytes(path);
  std::vector<SeenPacket> packets;
  if (bytes.size() < 24 || little_at(bytes, 0) != 0xa1b23c4d || little_at(bytes, 20) != 1) {
    return packets;
  }
  for (std::size_t at = 24; at + 16 <= bytes.size();) {
    const std::uint32_t size = little_at(bytes, at + 8);
    const std::int64_t time_ns =
        std::int64_t{little_at(bytes, at)} * 1'000'000'000 + little_at(bytes, at + 4);
    packets.push_back(dissect(time_ns, bytes.substr(at + 16, size)));
    at += 16 + size;
  }
  return packets;
}

}  // namespace mimir::simulator
