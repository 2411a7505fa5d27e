// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/fingerprint.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace mimir::wire {

namespace {

__extension__ using Wide = unsigned __int128;

std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

std::uint64_t fingerprint(const PacketFacts& facts) noexcept {
  constexpr std::uint64_t kFirst = 0x9e3779b97f4a7c15;
  constexpr std::uint64_t kSecond = 0xd1b54a32d192ed03;
  std::array<std::byte, kFingerprintBytes> bytes{};
  std::memcpy(bytes.data(), facts.datagram.data(), std::min(bytes.size(), facts.datagram.size()));
  if (facts.family == Family::kIpv4) {  // RFC 791 §3.1
    bytes[1] = {};
    bytes[8] = {};
    bytes[10] = {};
    bytes[11] = {};
  } else {  // RFC 8200 §3
    bytes[0] = {};
    bytes[1] &= std::byte{0x0f};
    bytes[7] = {};
  }
  std::uint64_t hash = facts.ip_bytes ^ kSecond;
  for (std::size_t at = 0; at < bytes.size(); at += 16) {
    std::uint64_t first = 0;
    std::uint64_t second = 0;
    std::memcpy(&first, bytes.data() + at, sizeof first);
    std::memcpy(&second, bytes.data() + at + 8, sizeof second);
    hash = fold(first ^ hash, second ^ kFirst) ^ fold(hash, kSecond + at);
  }
  return hash;
}

}  // namespace mimir::wire
