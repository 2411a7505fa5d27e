// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

#include "dataplane/record/address.h"
#include "dataplane/wire/dissect.h"

namespace mimir::wire {

/// What the fragments of one datagram have in common (RFC 791 §3.2, RFC 8200 §4.5).
struct FragmentId {
  Address source;
  Address destination;
  std::uint32_t identification = 0;
  std::uint32_t network = 0;   ///< as in the key
  std::uint32_t protocol = 0;  ///< of IPv4; IPv6 does not count it in

  friend bool operator==(const FragmentId&, const FragmentId&) = default;
};

static_assert(std::has_unique_object_representations_v<FragmentId>, "FragmentId has padding");

/// What the first fragment knows and those after it do not.
struct FragmentEnds {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t protocol = 0;
};

/// REQUIRES: facts.fragment != Fragment::kNone. Threads: pure.
[[nodiscard]] FragmentId fragment_id(const PacketFacts& facts) noexcept;

/// REQUIRES: facts.fragment == Fragment::kFirst. Threads: pure.
[[nodiscard]] FragmentEnds fragment_ends(const PacketFacts& facts) noexcept;

/// Writes the key and the direction of a later fragment from what the first one of its
/// datagram told. REQUIRES: facts.fragment == Fragment::kLater. Threads: pure.
void set_fragment_flow(const FragmentEnds& ends, PacketFacts& facts) noexcept;

}  // namespace mimir::wire
