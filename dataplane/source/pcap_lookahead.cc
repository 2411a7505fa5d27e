// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/pcap_lookahead.h"

#include <algorithm>
#include <cstring>
#include <emmintrin.h>

#include "dataplane/source/header_field.h"

namespace mimir::source {

namespace {

constexpr std::uint32_t kFractionMax = 1'000'000'000;
/// What is asked for of a guess before it is looked at.
constexpr std::size_t kAskedBytes = 512;

__m128i load_sixteen(const std::byte* from) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(static_cast<const void*>(from)));
}

/// Which of sixteen places begin with these three bytes, the first the lowest bit.
std::uint32_t places_of(const std::byte* at, const __m128i* wanted) noexcept {
  const __m128i first = _mm_cmpeq_epi8(load_sixteen(at), wanted[0]);
  const __m128i second = _mm_cmpeq_epi8(load_sixteen(at + 1), wanted[1]);
  const __m128i third = _mm_cmpeq_epi8(load_sixteen(at + 2), wanted[2]);
  return static_cast<std::uint32_t>(
      _mm_movemask_epi8(_mm_and_si128(_mm_and_si128(first, second), third)));
}

}  // namespace

std::uint32_t PcapLookahead::field(std::size_t at) const noexcept {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes_.data() + at, sizeof value);
  return is_swapped_ ? __builtin_bswap32(value) : value;
}

bool PcapLookahead::look(std::size_t offset, std::size_t record_bytes) noexcept {
  count_ = 0;
  const std::size_t stretch_bytes =
      std::clamp(kRecordAim * record_bytes, 2 * kSoughtBytes, kStretchBytesMax);
  // The last chain's last record, and whatever is read to seek a guess, lie within.
  const std::size_t room_bytes = kChainCount * stretch_bytes + kSoughtBytes + 2 * kCacheLineBytes;
  if (bytes_.size() - offset < room_bytes) return false;
  base_ = offset;
  guess_chains(offset, stretch_bytes);
  if (chain_count_ < kChainMin) return false;
  walk_chains();
  join_chains();
  return count_ > kRecordMax;
}

void PcapLookahead::guess_chains(std::size_t offset, std::size_t stretch_bytes) noexcept {
  for (std::size_t i = 1; i < kChainCount; ++i) {
    const std::byte* const place = bytes_.data() + offset + i * stretch_bytes;
    for (std::size_t at = 0; at < kAskedBytes; at += kCacheLineBytes)
      __builtin_prefetch(place + at);
  }
  chains_[0] = {.begin = offset, .at = offset};
  chain_count_ = 1;
  for (; chain_count_ < kChainCount; ++chain_count_) {
    const std::size_t begin = guess(offset + chain_count_ * stretch_bytes);
    if (begin == 0) break;
    chains_[chain_count_ - 1].end = begin;
    chains_[chain_count_] = {.begin = begin, .at = begin};
  }
  chains_[chain_count_ - 1].end = offset + chain_count_ * stretch_bytes;
}

// All but the lowest byte of its seconds are those of the record at base_, but for one
// time in 256 s; three bytes that packets are full of nowhere.
std::size_t PcapLookahead::guess(std::size_t from) const noexcept {
  const std::size_t first = is_swapped_ ? 0 : 1;
  __m128i wanted[3];
  for (std::size_t i = 0; i < 3; ++i) {
    wanted[i] = _mm_set1_epi8(static_cast<char>(bytes_[base_ + first + i]));
  }
  for (std::size_t at = from; at < from + kSoughtBytes; at += 16) {
    std::uint32_t places = places_of(bytes_.data() + at + first, wanted);
    for (; places != 0; places &= places - 1) {
      const std::size_t place = at + static_cast<std::size_t>(__builtin_ctz(places));
      if (is_plausible(place)) return place;
    }
  }
  return 0;
}

bool PcapLookahead::is_plausible(std::size_t at) const noexcept {
  const std::uint32_t captured_bytes = field(at + 8);
  const std::uint32_t wire_bytes = field(at + 12);
  return field(at + 4) < kFractionMax && captured_bytes > 0 && captured_bytes <= wire_bytes &&
         wire_bytes <= kPcapCapturedBytesMax;
}

void PcapLookahead::walk_chains() noexcept {
  for (bool goes_on = true; goes_on;) {
    goes_on = false;
    std::uint32_t* offsets = offsets_.data();
    for (std::size_t i = 0; i < chain_count_; ++i, offsets += kRecordMax) {
      if (chains_[i].at >= chains_[i].end) continue;
      goes_on = true;
      step(chains_[i], offsets);
    }
  }
}

// What cannot be a record ends a chain, which then meets no other: who walks on from
// there says what is wrong with it.
inline void PcapLookahead::step(Chain& chain, std::uint32_t* offsets) noexcept {
  const std::size_t left = bytes_.size() - chain.at - kPcapRecordHeaderBytes;
  const std::uint32_t captured_bytes = field(chain.at + 8);
  if (captured_bytes > std::min<std::size_t>(left, kPcapCapturedBytesMax)) [[unlikely]] {
    chain.end = 0;
    return;
  }
  offsets[chain.count++] = static_cast<std::uint32_t>(chain.at - base_);
  chain.at += kPcapRecordHeaderBytes + captured_bytes;
  if (chain.count == kRecordMax) chain.end = 0;
  // A packet's headers lie in the line of its record's, and the next.
  __builtin_prefetch(bytes_.data() + chain.at);
  __builtin_prefetch(bytes_.data() + chain.at + kCacheLineBytes);
}

void PcapLookahead::join_chains() noexcept {
  std::size_t end = 0;
  for (std::size_t i = 0; i < chain_count_; ++i) {
    const Chain& chain = chains_[i];
    if (i > 0 && chain.begin != end) break;
    const std::uint32_t* const from = offsets_.data() + i * kRecordMax;
    std::memmove(offsets_.data() + count_, from, chain.count * sizeof *from);  // may stay there
    count_ += chain.count;
    end = chain.at;
  }
  offsets_[count_] = static_cast<std::uint32_t>(end - base_);
}

}  // namespace mimir::source
