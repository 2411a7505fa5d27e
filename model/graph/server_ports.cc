// SPDX-License-Identifier: Apache-2.0
#include "model/graph/server_ports.h"

#include <array>

#include "dataplane/record/connection.h"

namespace mimir::graph {

namespace {

/// System ports, then user ports (RFC 6335 §6), then what systems give to clients: Linux
/// from 32768 on, IANA from 49152.
int rank_of(std::uint16_t port) {
  if (port < 1024) return 0;
  return port < 32768 ? 1 : 2;
}

}  // namespace

std::string_view name(RoleEvidence evidence) {
  constexpr std::array<std::string_view, 4> kNames{"handshake", "server_port", "port_rank",
                                                   "first_packet"};
  return kNames[static_cast<std::size_t>(evidence)];
}

void ServerPorts::learn(const FlowRecord& flow) {
  const Caller caller = caller_of(flow.signs);
  if (!caller.is_known) return;
  const bool low_serves = caller.client == Direction::kHighToLow;
  // A SYN alone is a wish: whoever scans would teach every port there is.
  if ((flow.signs[low_serves ? 0 : 1] & (kSentSynAck | kSentAck)) == 0) return;
  serving_.insert({.address = low_serves ? flow.key.low_address : flow.key.high_address,
                   .port = low_serves ? flow.key.low_port : flow.key.high_port,
                   .protocol = flow.key.protocol});
}

Role ServerPorts::role_of(const FlowRecord& flow) const {
  const Caller caller = caller_of(flow.signs);
  if (caller.is_known) return {.client = caller.client, .evidence = RoleEvidence::kHandshake};
  const FlowKey& key = flow.key;
  const bool low_serves = serving_.contains({key.low_address, key.low_port, key.protocol});
  const bool high_serves = serving_.contains({key.high_address, key.high_port, key.protocol});
  const auto towards = [](bool low_is_server) {
    return low_is_server ? Direction::kHighToLow : Direction::kLowToHigh;
  };
  if (low_serves != high_serves) {
    return {.client = towards(low_serves), .evidence = RoleEvidence::kServerPort};
  }
  const int low_rank = rank_of(key.low_port);
  const int high_rank = rank_of(key.high_port);
  if (low_rank != high_rank) {
    return {.client = towards(low_rank < high_rank), .evidence = RoleEvidence::kPortRank};
  }
  return {.client = flow.first_direction, .evidence = RoleEvidence::kFirstPacket};
}

}  // namespace mimir::graph
