// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "dataplane/wire/dissect.h"

namespace mimir::wire {

/// The front of a datagram without what routers rewrite: the traffic class, the hop
/// limit, and IPv4's checksum over them. Two captures of it on its way have the same
/// bytes here, whatever frame, tag or tunnel it was in, and however much more of it
/// either holds. Where less than kBytes of it was captured, as behind a tunnel with a
/// short snap length, zeros stand for the rest.
///
/// kBytes hold the headers, with options, and their checksum over all that follows.
/// IPv4 tells one sent again from one seen again by its identification (RFC 6864),
/// unless the sender leaves it 0; IPv6 has none.
struct LastingHeader {
  static constexpr std::size_t kBytes = 96;

  std::array<std::byte, kBytes> bytes{};
};

/// Threads: pure. Cost: a copy of kBytes.
[[nodiscard]] inline LastingHeader lasting_header(const PacketFacts& facts) noexcept {
  LastingHeader header;
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  const std::size_t size = facts.datagram.size();
  // Word by word to a fixed end: the compiler would call memcpy for a varying one.
  for (std::size_t at = 0; at < LastingHeader::kBytes; at += kWord) {
    if (at + kWord <= size) {
      std::memcpy(header.bytes.data() + at, facts.datagram.data() + at, kWord);
      continue;
    }
    for (std::size_t i = at; i < at + kWord; ++i) {
      if (i < size) header.bytes[i] = facts.datagram[i];
    }
  }
  if (facts.family == Family::kIpv4) {  // RFC 791 §3.1
    header.bytes[1] = {};
    header.bytes[8] = {};
    header.bytes[10] = {};
    header.bytes[11] = {};
  } else {  // RFC 8200 §3
    header.bytes[0] &= std::byte{0xf0};
    header.bytes[1] &= std::byte{0x0f};
    header.bytes[7] = {};
  }
  return header;
}

}  // namespace mimir::wire
