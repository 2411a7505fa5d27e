// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "dataplane/record/flow_key.h"

namespace mimir {

/// What one end of a TCP connection was seen to send, one bit each. Bits only ever
/// add: the signs of a connection are the same in whatever order its packets came, and
/// those of two windows, or two mirrors, are both of theirs.
enum ConnectionSign : std::uint8_t {
  kSentSyn = 0x01,     ///< a SYN without ACK: it calls
  kSentSynAck = 0x02,  ///< it answers
  kSentAck = 0x04,     ///< neither SYN nor RST: it takes part
  kSentReset = 0x08,   ///< RST
  kSentFin = 0x10,     ///< FIN
};

/// What sign_of() says, by the lower five flags. Not within it: there each call would
/// make the table anew.
inline constexpr std::array<std::uint8_t, 32> kSignsOfFlags = [] {
  std::array<std::uint8_t, 32> signs{};
  for (std::size_t flags = 0; flags < signs.size(); ++flags) {
    const bool has_fin = (flags & 0x01) != 0;
    const bool has_syn = (flags & 0x02) != 0;
    const bool has_reset = (flags & 0x04) != 0;
    const bool has_ack = (flags & 0x10) != 0;
    unsigned sign = 0;
    if (has_fin) sign |= kSentFin;
    if (has_reset) sign |= kSentReset;
    if (has_syn && !has_reset) sign |= has_ack ? kSentSynAck : kSentSyn;
    if (has_ack && !has_syn && !has_reset) sign |= kSentAck;
    signs[flags] = static_cast<std::uint8_t>(sign);
  }
  return signs;
}();

/// The signs of a packet with these TCP flags (RFC 9293 §3.1), 0 if it is not TCP.
[[nodiscard]] constexpr std::uint8_t sign_of(std::uint8_t tcp_flags) noexcept {
  return kSignsOfFlags[tcp_flags & 0x1f];
}

/// How a connection came out, as far as it was seen.
enum class Outcome : std::uint8_t {
  kUnanswered,   ///< one end spoke, the other never did
  kAnswered,     ///< both spoke, and there is no handshake to judge: UDP, ICMP
  kEstablished,  ///< TCP: the handshake was answered, or what follows it was seen
  kRefused,      ///< TCP: a SYN was answered with RST
  kReset,        ///< TCP: broken off with RST, once established or already when first seen
};

inline constexpr std::array<std::string_view, 5> kOutcomeNames{"unanswered", "answered",
                                                               "established", "refused", "reset"};

[[nodiscard]] constexpr std::string_view name(Outcome outcome) noexcept {
  return kOutcomeNames[static_cast<std::size_t>(outcome)];
}

/// Who called whom, told by a handshake alone: the direction in which the client
/// sends, or false in `is_known` where neither SYN nor SYN-ACK was seen, or both
/// ends sent one (RFC 9293 §3.5, simultaneous open).
struct Caller {
  bool is_known = false;
  Direction client = Direction::kLowToHigh;
};

[[nodiscard]] constexpr Caller caller_of(const std::array<std::uint8_t, 2>& signs) noexcept {
  const bool low_calls = (signs[0] & kSentSyn) != 0 || (signs[1] & kSentSynAck) != 0;
  const bool high_calls = (signs[1] & kSentSyn) != 0 || (signs[0] & kSentSynAck) != 0;
  return {.is_known = low_calls != high_calls,
          .client = high_calls ? Direction::kHighToLow : Direction::kLowToHigh};
}

/// The outcome of a flow with these signs and packets by Direction. A mirror may show
/// one way only, begin in the middle or lose packets: a caller that goes on (ACK) was
/// answered, whether that was seen or not; RST is a refusal only of a SYN that nothing
/// says was ever answered.
[[nodiscard]] constexpr Outcome outcome_of(std::uint8_t protocol,
                                           const std::array<std::uint8_t, 2>& signs,
                                           const std::array<std::uint64_t, 2>& packets) noexcept {
  if (protocol != kProtocolTcp) {
    return packets[0] != 0 && packets[1] != 0 ? Outcome::kAnswered : Outcome::kUnanswered;
  }
  const unsigned both = signs[0] | unsigned{signs[1]};
  const bool stood = (both & (kSentAck | kSentSynAck)) != 0;
  if ((both & kSentReset) == 0) return stood ? Outcome::kEstablished : Outcome::kUnanswered;
  if (stood || (both & kSentSyn) == 0) return Outcome::kReset;
  const bool was_refused = ((signs[0] & kSentSyn) != 0 && (signs[1] & kSentReset) != 0) ||
                           ((signs[1] & kSentSyn) != 0 && (signs[0] & kSentReset) != 0);
  return was_refused ? Outcome::kRefused : Outcome::kUnanswered;  // or the caller gave up
}

}  // namespace mimir
