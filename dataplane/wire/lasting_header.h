// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>

#include "dataplane/wire/dissect.h"

namespace mimir::wire {

/// A datagram without what routers rewrite: the traffic class, the hop limit, and
/// IPv4's checksum over them. Two captures of it on its way are equal in `front` and
/// in `rest`, whatever frame, tag or tunnel it was in.
///
/// IPv4 tells one sent again from one seen again by its identification (RFC 6864),
/// unless the sender leaves it 0; IPv6 has none.
struct LastingHeader {
  static constexpr std::size_t kFrontBytes = 40;

  std::array<std::byte, kFrontBytes> front{};  ///< the first bytes, with zeros for those
  std::span<const std::byte> rest;             ///< what was captured behind them
};

/// Threads: pure. Cost: a copy of 40 bytes.
[[nodiscard]] inline LastingHeader lasting_header(const PacketFacts& facts) noexcept {
  LastingHeader header;
  const std::size_t front_bytes = std::min(header.front.size(), facts.datagram.size());
  std::memcpy(header.front.data(), facts.datagram.data(), front_bytes);
  header.rest = facts.datagram.subspan(front_bytes);
  if (facts.family == Family::kIpv4) {  // RFC 791 §3.1
    header.front[1] = {};
    header.front[8] = {};
    header.front[10] = {};
    header.front[11] = {};
  } else {  // RFC 8200 §3
    header.front[0] &= std::byte{0xf0};
    header.front[1] &= std::byte{0x0f};
    header.front[7] = {};
  }
  return header;
}

}  // namespace mimir::wire
