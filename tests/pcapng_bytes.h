// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mimir::test {

/// The bytes of a pcapng file (draft-ietf-opsawg-pcapng), block by block. A section
/// may have another byte order than the one before it.
class PcapngBytes {
 public:
  using Bytes = std::vector<std::byte>;

  explicit PcapngBytes(bool big_endian = false) { section(big_endian); }

  PcapngBytes& section(bool big_endian) {
    big_endian_ = big_endian;
    Bytes body;
    put(body, 0x1a2b3c4d, 4);
    put(body, 1, 2);
    put(body, 0, 2);
    put(body, ~std::uint64_t{0}, 8);
    return block(0x0a0d0d0a, body);
  }
  /// `options` as option() makes them.
  PcapngBytes& interface(std::uint16_t link_number, std::uint32_t snap_bytes = 0,
                         const Bytes& options = {}) {
    Bytes body;
    put(body, link_number, 2);
    put(body, 0, 2);
    put(body, snap_bytes, 4);
    body.insert(body.end(), options.begin(), options.end());
    return block(1, body);
  }
  PcapngBytes& enhanced(std::uint32_t interface, std::uint64_t ticks,
                        std::span<const std::byte> frame, std::uint32_t wire_bytes) {
    Bytes body;
    put(body, interface, 4);
    return stamped(6, body, ticks, frame, wire_bytes);
  }
  PcapngBytes& obsolete(std::uint16_t interface, std::uint64_t ticks,
                        std::span<const std::byte> frame, std::uint32_t wire_bytes) {
    Bytes body;
    put(body, interface, 2);
    put(body, 0xffff, 2);
    return stamped(2, body, ticks, frame, wire_bytes);
  }
  PcapngBytes& simple(std::span<const std::byte> frame, std::uint32_t wire_bytes) {
    Bytes body;
    put(body, wire_bytes, 4);
    body.insert(body.end(), frame.begin(), frame.end());
    return block(3, body);
  }
  PcapngBytes& block(std::uint32_t type, Bytes body) {
    body.resize((body.size() + 3) / 4 * 4);
    put(bytes_, type, 4);
    put(bytes_, body.size() + 12, 4);
    bytes_.insert(bytes_.end(), body.begin(), body.end());
    put(bytes_, body.size() + 12, 4);
    return *this;
  }

  /// One option, padded; its value is a number of `size` bytes.
  [[nodiscard]] Bytes option(std::uint16_t code, std::uint64_t value, std::size_t size) const {
    Bytes bytes;
    put(bytes, code, 2);
    put(bytes, size, 2);
    put(bytes, value, size);
    bytes.resize((bytes.size() + 3) / 4 * 4);
    return bytes;
  }
  /// Overwrites a field of 32 bits, to break one thing.
  PcapngBytes& set32(std::size_t at, std::uint32_t value) {
    Bytes field;
    put(field, value, 4);
    for (std::size_t i = 0; i < 4; ++i) bytes_.at(at + i) = field[i];
    return *this;
  }

  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  void put(Bytes& to, std::uint64_t value, std::size_t size) const {
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t shift = 8 * (big_endian_ ? size - 1 - i : i);
      to.push_back(static_cast<std::byte>(value >> shift));
    }
  }
  PcapngBytes& stamped(std::uint32_t type, Bytes body, std::uint64_t ticks,
                       std::span<const std::byte> frame, std::uint32_t wire_bytes) {
    put(body, ticks >> 32, 4);
    put(body, ticks & 0xffffffff, 4);
    put(body, frame.size(), 4);
    put(body, wire_bytes, 4);
    body.insert(body.end(), frame.begin(), frame.end());
    return block(type, body);
  }

  bool big_endian_ = false;
  Bytes bytes_;
};

}  // namespace mimir::test
