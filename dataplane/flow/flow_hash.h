// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "dataplane/record/flow_key.h"

namespace mimir::flow {

/// Secrets that make the table's order unknown to whoever chooses the addresses.
/// With a known hash a sender could put all its flows into one place (CRC32C and
/// Toeplitz are linear: a seed does not help them).
struct HashSecret {
  std::uint64_t first = 0x9e3779b97f4a7c15;
  std::uint64_t second = 0xd1b54a32d192ed03;
};

__extension__ using Wide = unsigned __int128;

/// The two halves of a 64 x 64 bit product folded together: every input bit
/// reaches every output bit through one multiplication.
[[nodiscard]] constexpr std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

/// Keyed, 64 bits, two multiplications. No result depends on its value: it only
/// says where in a table a flow lies, and which of several readers counts it.
[[nodiscard]] inline std::uint64_t hash(const FlowKeyV4& key, const HashSecret& secret) noexcept {
  return fold(fold(key.addresses() ^ secret.first, key.ports() ^ secret.second), secret.first);
}

[[nodiscard]] inline std::uint64_t hash(const FlowKey& key, const HashSecret& secret) noexcept {
  const std::uint64_t low = fold(key.word(0) ^ secret.first, key.word(1) ^ secret.second);
  const std::uint64_t high = fold(key.word(2) ^ secret.second, key.word(3) ^ secret.first);
  return fold(low ^ key.word(4), high ^ secret.second);
}

/// Of any bytes, one after the other from the `state` that what came before left. Two
/// sequences that differ get the same hash once in 2^64, and nobody without the secret
/// can make two that do. No word wipes out what came before it: where its factor of the
/// product is zero, the turned state and the other word are left.
[[nodiscard]] inline std::uint64_t hash(std::span<const std::byte> bytes, std::uint64_t state,
                                        const HashSecret& secret) noexcept {
  const std::size_t byte_count = bytes.size();
  state = fold(state ^ secret.first, secret.second);
  while (!bytes.empty()) {
    std::uint64_t words[2] = {};
    const std::size_t taken = std::min(bytes.size(), sizeof words);
    std::memcpy(words, bytes.data(), taken);
    state = fold(words[0] ^ secret.first ^ state, words[1] ^ secret.second) ^
            (std::rotl(state, 29) + words[0]);
    bytes = bytes.subspan(taken);
  }
  return fold(state ^ secret.first, byte_count ^ secret.second);
}

}  // namespace mimir::flow
