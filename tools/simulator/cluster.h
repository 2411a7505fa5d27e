// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/record/time.h"
#include "tools/simulator/random.h"
#include "tools/simulator/topology.h"

namespace mimir::simulator {

struct Node {
  std::string name;
  std::uint32_t address;    ///< the kubelet asks from here
  std::uint32_t bridge;     ///< the pods' gateway
  std::uint16_t next_port;  ///< of the connections it opens
};

/// Moves a counter on to the next port that Linux gives to a connection: 32768 to 60999.
[[nodiscard]] std::uint16_t take_port(std::uint16_t& next_port);

struct Pod {
  std::string name;
  std::uint32_t service;  ///< index of Topology::services
  std::uint32_t node;
  std::uint32_t address;
  std::uint16_t next_port;  ///< of the connections it opens
};

/// Where everything of a topology runs, and under which address.
///
///   nodes 10.0.1.0/24    pods 10.244.<node>.0/24    services 10.96.0.0/16
struct Cluster {
  std::vector<Node> nodes;
  std::vector<Pod> pods;
  std::vector<std::uint32_t> virtual_addresses;     ///< by service
  std::vector<std::vector<std::uint32_t>> pods_of;  ///< by service
};

/// Three nodes; the replicas of a service on them in turn, as a scheduler spreads them.
/// REQUIRES: fewer than 250 pods a node.
[[nodiscard]] Cluster place(const Topology& topology, Random& random);

/// The entities file: one line a node, service and pod, all there from `start_ns` on.
[[nodiscard]] std::string entity_lines(const Topology& topology, const Cluster& cluster,
                                       TimeNs start_ns);

/// "10.244.0.7"
[[nodiscard]] std::string address_text(std::uint32_t address);

}  // namespace mimir::simulator
