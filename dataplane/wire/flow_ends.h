// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dataplane/wire/cursor.h"
#include "dataplane/wire/dissect.h"

namespace mimir::wire {

/// Write the key and the direction of a packet from its two ends. Without branches:
/// which end is lower is a coin's toss that no predictor learns.
inline void set_flow_v4(std::uint32_t source, std::uint32_t destination, std::uint16_t source_port,
                        std::uint16_t destination_port, std::uint8_t protocol,
                        std::uint32_t network, PacketFacts& facts) noexcept {
  const std::uint64_t source_end = std::uint64_t{source} << 16 | source_port;
  const std::uint64_t destination_end = std::uint64_t{destination} << 16 | destination_port;
  const bool source_is_low = source_end <= destination_end;
  const std::uint64_t low = source_is_low ? source_end : destination_end;
  const std::uint64_t high = source_is_low ? destination_end : source_end;
  facts.key_v4 = FlowKeyV4(static_cast<std::uint32_t>(low >> 16),
                           static_cast<std::uint32_t>(high >> 16), static_cast<std::uint16_t>(low),
                           static_cast<std::uint16_t>(high), protocol, network);
  facts.direction = source_is_low ? Direction::kLowToHigh : Direction::kHighToLow;
}

/// REQUIRES: 16 bytes at `source` and at `destination`.
inline void set_flow_v6(const std::byte* source, const std::byte* destination,
                        std::uint16_t source_port, std::uint16_t destination_port,
                        std::uint8_t protocol, std::uint32_t network, PacketFacts& facts) noexcept {
  const auto source_front = load_big_endian<std::uint64_t>(source);
  const auto destination_front = load_big_endian<std::uint64_t>(destination);
  const auto source_back = load_big_endian<std::uint64_t>(source + 8);
  const auto destination_back = load_big_endian<std::uint64_t>(destination + 8);
  bool source_is_low = source_front < destination_front;
  if (source_front == destination_front) {
    source_is_low = source_back < destination_back ||
                    (source_back == destination_back && source_port <= destination_port);
  }
  FlowKey& key = facts.key_v6;
  std::memcpy(key.low_address.bytes.data(), source_is_low ? source : destination, 16);
  std::memcpy(key.high_address.bytes.data(), source_is_low ? destination : source, 16);
  // Ports, protocol and network in one store: see FlowKeyV4().
  const std::uint64_t ports =
      FlowKeyV4(0, 0, source_is_low ? source_port : destination_port,
                source_is_low ? destination_port : source_port, protocol, network)
          .ports();
  std::memcpy(reinterpret_cast<std::byte*>(&key) + offsetof(FlowKey, low_port), &ports,
              sizeof ports);
  facts.direction = source_is_low ? Direction::kLowToHigh : Direction::kHighToLow;
}

}  // namespace mimir::wire
