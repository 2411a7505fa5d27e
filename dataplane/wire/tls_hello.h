// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "dataplane/record/payload_fact.h"

namespace mimir::wire {

/// Reads the ClientHello that a TCP segment begins with (RFC 8446 §4.1.2): the name of the
/// server asked for (RFC 6066 §3), the protocols offered (RFC 7301), and a hash of what the
/// client can, which tells its library. False if it begins with none; a hello that goes on
/// in the next segment is read as far as it is here, with kTextCut.
///
/// Threads: pure. Cost: linear in the segment. REQUIRES: a fact without texts.
[[nodiscard]] bool read_tls_hello(std::span<const std::byte> segment, PayloadFact& fact) noexcept;

}  // namespace mimir::wire
