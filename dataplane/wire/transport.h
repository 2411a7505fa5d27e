// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/record/drop.h"
#include "dataplane/wire/cursor.h"
#include "dataplane/wire/dissect.h"

namespace mimir::wire {

/// The part of a transport header that a flow needs.
struct Transport {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
};

/// Reads the header of `protocol` behind the IP header.
///
/// `datagram_bytes` is how long the IP header says its payload is, on the wire.
/// A first fragment carries only the front of what UDP's length and TCP's data
/// offset speak of, so `is_fragment` exempts it from those checks. Fills tcp_flags and payload of
/// `facts`.
[[nodiscard]] Drop read_transport(Cursor in, std::uint8_t protocol, std::size_t datagram_bytes,
                                  bool is_fragment, Transport& transport,
                                  PacketFacts& facts) noexcept;

}  // namespace mimir::wire
