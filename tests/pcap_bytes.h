// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tests/frame.h"

namespace mimir::test {

struct PcapShape {
  std::uint32_t link_number = 1;
  bool big_endian = false;
  bool nanoseconds = false;
};

/// The bytes of a classic pcap file (draft-ietf-opsawg-pcap), in either byte order.
class PcapBytes {
 public:
  explicit PcapBytes(const PcapShape& shape = {}) : shape_(shape) {
    put32(shape.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
    put16(2);
    put16(4);
    put32(0);
    put32(0);
    put32(262144);
    put32(shape.link_number);
  }

  PcapBytes& packet(std::uint32_t seconds, std::uint32_t fraction, std::span<const std::byte> frame,
                    std::uint32_t wire_bytes) {
    put32(seconds);
    put32(fraction);
    put32(static_cast<std::uint32_t>(frame.size()));
    put32(wire_bytes);
    bytes_.insert(bytes_.end(), frame.begin(), frame.end());
    return *this;
  }
  PcapBytes& packet(std::uint32_t seconds, std::uint32_t fraction, const Frame& frame) {
    return packet(seconds, fraction, frame.bytes(), frame.wire_bytes());
  }

  /// Overwrites a field of 32 bits, to break one thing.
  PcapBytes& set32(std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) {
      const std::size_t shift = shape_.big_endian ? 24 - 8 * i : 8 * i;
      bytes_.at(at + i) = static_cast<std::byte>(value >> shift);
    }
    return *this;
  }

  [[nodiscard]] const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  void put32(std::uint32_t value) {
    bytes_.resize(bytes_.size() + 4);
    set32(bytes_.size() - 4, value);
  }
  void put16(std::uint16_t value) {
    const auto low = static_cast<std::byte>(value);
    const auto high = static_cast<std::byte>(value >> 8);
    bytes_.push_back(shape_.big_endian ? high : low);
    bytes_.push_back(shape_.big_endian ? low : high);
  }

  PcapShape shape_;
  std::vector<std::byte> bytes_;
};

}  // namespace mimir::test
