// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <tuple>
#include <vector>

namespace mimir::simulator {

/// A packet as a plain reading of the RFCs gives it: shares no code with what wrote it.
struct SeenPacket {
  std::int64_t time_ns = 0;
  std::uint32_t source = 0;
  std::uint32_t destination = 0;
  std::uint8_t protocol = 0;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t ip_bytes = 0;
  std::uint32_t payload_bytes = 0;
  std::uint8_t flags = 0;
  bool checksums_hold = false;
  std::string frame;

  using Tuple = std::tuple<std::uint32_t, std::uint16_t, std::uint32_t, std::uint16_t>;
  [[nodiscard]] Tuple tuple() const { return {source, source_port, destination, destination_port}; }
  [[nodiscard]] Tuple reverse_tuple() const {
    return {destination, destination_port, source, source_port};
  }
};

inline std::uint32_t number_at(const std::string& bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value = value * 256 + static_cast<std::uint8_t>(bytes.at(at + i));
  }
  return value;
}

/// The sum of RFC 1071, two bytes at a time; 0xffff when the checksum in it holds.
inline std::uint32_t ones_sum(const std::string& bytes) {
  std::uint32_t total = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    total += number_at(bytes, i, 1) * 256;
    if (i + 1 < bytes.size()) total += number_at(bytes, i + 1, 1);
    total = (total & 0xffffU) + (total >> 16);
  }
  return total;
}

[[nodiscard]] std::string file_bytes(const std::filesystem::path& path);

/// Reads a little-endian capture with nanoseconds.
[[nodiscard]] std::vector<SeenPacket> read_capture(const std::filesystem::path& path);

}  // namespace mimir::simulator
