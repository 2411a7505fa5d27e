// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/fragment.h"

#include <span>

#include "dataplane/wire/flow_ends.h"

namespace mimir::wire {

namespace {

FlowKey key_of(const PacketFacts& facts) noexcept {
  return facts.family == Family::kIpv4 ? widen(facts.key_v4) : facts.key_v6;
}

}  // namespace

FragmentId fragment_id(const PacketFacts& facts) noexcept {
  const FlowKey key = key_of(facts);
  const bool is_low = facts.direction == Direction::kLowToHigh;
  return {.source = is_low ? key.low_address : key.high_address,
          .destination = is_low ? key.high_address : key.low_address,
          .identification = facts.identification,
          .network = key.network(),
          .protocol = facts.family == Family::kIpv4 ? std::uint32_t{key.protocol} : 0};
}

FragmentEnds fragment_ends(const PacketFacts& facts) noexcept {
  const FlowKey key = key_of(facts);
  const bool is_low = facts.direction == Direction::kLowToHigh;
  return {.source_port = is_low ? key.low_port : key.high_port,
          .destination_port = is_low ? key.high_port : key.low_port,
          .protocol = key.protocol};
}

void set_fragment_flow(const FragmentEnds& ends, PacketFacts& facts) noexcept {
  const FragmentId id = fragment_id(facts);
  if (facts.family == Family::kIpv4) {
    set_flow_v4(id.source.ipv4(), id.destination.ipv4(), ends.source_port, ends.destination_port,
                ends.protocol, id.network, facts);
  } else {
    set_flow_v6(std::as_bytes(std::span(id.source.bytes)).data(),
                std::as_bytes(std::span(id.destination.bytes)).data(), ends.source_port,
                ends.destination_port, ends.protocol, id.network, facts);
  }
}

}  // namespace mimir::wire
