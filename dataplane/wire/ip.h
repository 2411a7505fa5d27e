// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include "dataplane/record/drop.h"
#include "dataplane/wire/cursor.h"
#include "dataplane/wire/dissect.h"

namespace mimir::wire {

/// `in` stands at the IP header; `wire_room` is how many bytes the wire carried
/// from there on, padding included. Fill `facts` completely.
/// REQUIRES: wire_room >= in.left().
[[nodiscard]] Drop read_ipv4(Cursor in, std::size_t wire_room, PacketFacts& facts) noexcept;
[[nodiscard]] Drop read_ipv6(Cursor in, std::size_t wire_room, PacketFacts& facts) noexcept;

}  // namespace mimir::wire
