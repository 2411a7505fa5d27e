// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/wire/dissect.h"

namespace mimir::wire {

/// How much of a datagram its fingerprint looks at: the headers, and of the payload
/// enough to tell apart what checksums, if a card fills them in later, do not.
inline constexpr std::size_t kFingerprintBytes = 96;

/// A number that a datagram has wherever on its way it is seen, and, as good as, no
/// other one has: the hash of its first bytes without those that routers rewrite
/// (traffic class, hop limit, and IPv4's checksum over them).
///
/// IPv4 tells one sent again from one seen again by its identification (RFC 6864),
/// unless the sender leaves it 0; IPv6 has none. There only TCP's timestamps do, so a
/// datagram sent twice alike, faster than duplicates are looked for, is taken for one.
///
/// Threads: pure. Cost: about a hundred instructions, two lines of the frame.
[[nodiscard]] std::uint64_t fingerprint(const PacketFacts& facts) noexcept;

}  // namespace mimir::wire
