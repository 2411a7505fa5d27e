// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "dataplane/record/address.h"

namespace mimir {

/// Which end of a flow sent a packet. Indexes every `[2]` of a record.
enum class Direction : std::uint8_t {
  kLowToHigh = 0,  ///< the end with the smaller (address, port) sent it
  kHighToLow = 1,
};

[[nodiscard]] constexpr std::size_t index(Direction direction) noexcept {
  return static_cast<std::size_t>(direction);
}

/// IP protocol numbers (IANA) that make flows here.
inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kProtocolIcmpV6 = 58;

/// Both directions of a conversation: the same key whoever speaks.
///
/// Invariant: (low_address, low_port) <= (high_address, high_port). Ports are in
/// host order and 0 for protocols without ports.
struct FlowKey {
  Address low_address;
  Address high_address;
  std::uint16_t low_port = 0;
  std::uint16_t high_port = 0;
  std::uint8_t protocol = 0;
  std::array<std::uint8_t, 3> network_bytes{};  ///< network(), least significant byte first

  /// Which of several networks with the same addresses this is, where that is asked
  /// for: 24 bits, see wire::DissectOptions. Else 0.
  [[nodiscard]] constexpr std::uint32_t network() const noexcept {
    return network_bytes[0] | std::uint32_t{network_bytes[1]} << 8 |
           std::uint32_t{network_bytes[2]} << 16;
  }

  friend constexpr auto operator<=>(const FlowKey&, const FlowKey&) = default;
  /// Five comparisons of words: the compiler would call memcmp, twice.
  friend bool operator==(const FlowKey& a, const FlowKey& b) noexcept {
    std::uint64_t difference = 0;
    for (std::size_t i = 0; i < 5; ++i) difference |= a.word(i) ^ b.word(i);
    return difference == 0;
  }

  /// The i-th eight of the forty bytes. Read one by one, as they were written: a
  /// vector of several would wait for the stores of its parts.
  [[nodiscard]] std::uint64_t word(std::size_t i) const noexcept {
    std::uint64_t value = 0;
    std::memcpy(&value, reinterpret_cast<const std::byte*>(this) + i * sizeof value, sizeof value);
    return value;
  }
};

static_assert(sizeof(FlowKey) == 40);
static_assert(std::has_unique_object_representations_v<FlowKey>, "FlowKey has padding");

/// The same for IPv4 in 16 bytes, as the packet path carries it: three of four
/// packets never need the wide form. Addresses are numbers in host order, which
/// orders them as their mapped forms are ordered.
///
/// Two words, written and read as such: what is stored field by field and then read
/// as a word, for a hash or a comparison, waits until every store has left the core.
class FlowKeyV4 {
 public:
  constexpr FlowKeyV4() = default;
  constexpr FlowKeyV4(std::uint32_t low_address, std::uint32_t high_address, std::uint16_t low_port,
                      std::uint16_t high_port, std::uint8_t protocol,
                      std::uint32_t network = 0) noexcept
      : addresses_(low_address | std::uint64_t{high_address} << 32),
        ports_(low_port | std::uint64_t{high_port} << 16 | std::uint64_t{protocol} << 32 |
               std::uint64_t{network} << 40) {}

  friend constexpr bool operator==(const FlowKeyV4&, const FlowKeyV4&) = default;

  [[nodiscard]] constexpr std::uint32_t low_address() const noexcept {
    return static_cast<std::uint32_t>(addresses_);
  }
  [[nodiscard]] constexpr std::uint32_t high_address() const noexcept {
    return static_cast<std::uint32_t>(addresses_ >> 32);
  }
  [[nodiscard]] constexpr std::uint16_t low_port() const noexcept {
    return static_cast<std::uint16_t>(ports_);
  }
  [[nodiscard]] constexpr std::uint16_t high_port() const noexcept {
    return static_cast<std::uint16_t>(ports_ >> 16);
  }
  [[nodiscard]] constexpr std::uint8_t protocol() const noexcept {
    return static_cast<std::uint8_t>(ports_ >> 32);
  }
  [[nodiscard]] constexpr std::uint32_t network() const noexcept {
    return static_cast<std::uint32_t>(ports_ >> 40);
  }

  /// The addresses; the ports, the protocol and the network.
  [[nodiscard]] constexpr std::uint64_t addresses() const noexcept { return addresses_; }
  [[nodiscard]] constexpr std::uint64_t ports() const noexcept { return ports_; }

 private:
  std::uint64_t addresses_ = 0;
  std::uint64_t ports_ = 0;
};

static_assert(sizeof(FlowKeyV4) == 16);
static_assert(std::has_unique_object_representations_v<FlowKeyV4>, "FlowKeyV4 has padding");

[[nodiscard]] constexpr FlowKey widen(const FlowKeyV4& key) noexcept {
  return FlowKey{.low_address = Address::from_ipv4(key.low_address()),
                 .high_address = Address::from_ipv4(key.high_address()),
                 .low_port = key.low_port(),
                 .high_port = key.high_port(),
                 .protocol = key.protocol(),
                 .network_bytes = {static_cast<std::uint8_t>(key.network()),
                                   static_cast<std::uint8_t>(key.network() >> 8),
                                   static_cast<std::uint8_t>(key.network() >> 16)}};
}
[[nodiscard]] constexpr const FlowKey& widen(const FlowKey& key) noexcept { return key; }

}  // namespace mimir
