// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "model/entity/address_text.h"
#include "model/graph/cluster.h"
#include "model/graph/observation.h"
#include "model/window.h"

namespace mimir::graph {

/// What an application sent to a network outside over connections that it opened itself.
/// Answers to those who came from outside are not among it: clients come from anywhere.
struct Destination {
  ClassId source = 0;
  entity::Cidr network;     ///< 24 bits of an IPv4 address, 48 of an IPv6 one
  std::uint64_t bytes = 0;  ///< IP total length

  friend constexpr auto operator<=>(const Destination&, const Destination&) = default;
};

/// The network that an address outside is counted under.
[[nodiscard]] entity::Cidr network_of(const Address& address);

/// Ascending by (source, network), each once. Who opened a flow is what ServerPorts makes
/// of the window's flows. Cost: O(n log n), n flows; classify() twice a flow.
[[nodiscard]] std::vector<Destination> destinations_of(const Window& window, const Cluster& cluster,
                                                       const ObservationConfig& observation);

/// Adds `from` to `into`; in any order the same.
void merge(std::vector<Destination>& into, const std::vector<Destination>& from);

}  // namespace mimir::graph
