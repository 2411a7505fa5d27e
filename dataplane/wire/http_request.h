// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

#include "dataplane/record/payload_fact.h"

namespace mimir::wire {

/// Reads the HTTP/1 request that a TCP segment begins with (RFC 9112 §3, RFC 9110 §5):
/// Host, User-Agent, and a hash of which header fields there are, whatever their order.
/// False if it begins with none; a header that goes on in the next segment is read as far
/// as it is here, with kTextCut. Neither the target nor any other value is kept.
///
/// Threads: pure. Cost: linear in the header, at most 64 fields. REQUIRES: a fact without
/// texts.
[[nodiscard]] bool read_http_request(std::span<const std::byte> segment,
                                     PayloadFact& fact) noexcept;

}  // namespace mimir::wire
