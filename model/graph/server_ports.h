// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <set>
#include <string_view>

#include "dataplane/record/flow_record.h"

namespace mimir::graph {

/// What told who the client of a flow is, the best first.
enum class RoleEvidence : std::uint8_t {
  kHandshake,    ///< it sent the SYN, or was sent the SYN-ACK
  kServerPort,   ///< the other end's port answered a handshake in another flow
  kPortRank,     ///< the other end's port is of a lower range, RFC 6335 §6
  kFirstPacket,  ///< it sent the first packet that was seen
};

[[nodiscard]] std::string_view name(RoleEvidence evidence);

struct Role {
  Direction client = Direction::kLowToHigh;  ///< the direction in which it sends
  RoleEvidence evidence = RoleEvidence::kFirstPacket;
};

/// Which addresses serve at which ports, learned from handshakes, so that flows whose
/// own was not seen (the mirror began later, shows one way, or the protocol has none)
/// still have a client and a server.
///
/// Cost: a tree of the server ports seen. The same for any order of learning.
class ServerPorts {
 public:
  void learn(const FlowRecord& flow);
  [[nodiscard]] Role role_of(const FlowRecord& flow) const;

 private:
  struct End {
    Address address;
    std::uint16_t port = 0;
    std::uint8_t protocol = 0;
    friend auto operator<=>(const End&, const End&) = default;
  };

  std::set<End> serving_;
};

}  // namespace mimir::graph
