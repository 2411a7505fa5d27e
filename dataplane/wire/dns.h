// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "dataplane/record/payload_fact.h"

namespace mimir::wire {

/// Reads a DNS message (RFC 1035 §4, RFC 6762 for mDNS): its question and how much its
/// answers carry. True if the bytes are one; then, if there is a question, `fact` has it:
/// kind, value, text, hash and flags are written, the rest is the caller's.
///
/// It must hold for what comes on any port: every field has to make sense. A message that
/// was cut short behind its question is one.
///
/// Threads: pure. Cost: the question, and at most 64 answers. REQUIRES: a fact without texts.
[[nodiscard]] bool read_dns(std::span<const std::byte> message, PayloadFact& fact) noexcept;

/// The first message of a TCP segment, RFC 1035 §4.2.2; `rest` is what follows it. False
/// if the segment does not begin with one. A message that goes on in the next segment is
/// read as far as it is here.
[[nodiscard]] bool read_dns_over_tcp(std::span<const std::byte> segment, PayloadFact& fact,
                                     std::span<const std::byte>& rest) noexcept;

/// QTYPE of a resource record, RFC 1035 §3.2.2 and IANA's "DNS Parameters".
inline constexpr std::uint16_t kDnsTypeA = 1;
inline constexpr std::uint16_t kDnsTypeAaaa = 28;

}  // namespace mimir::wire
