// SPDX-License-Identifier: Apache-2.0
#include "model/graph/reduction.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace mimir::graph {
namespace {

// What becomes of a node.
enum class Fate : std::uint8_t {
  kKeep,
  kClusterNode,
  kInfrastructure,
  kUnmapped,  // node-any only: a literal address
  kIgnored,
};

struct Mapped {
  NodeId node = 0;
  Fate fate = Fate::kKeep;
};

Mapped fate_of_entity(NodeId node, const Cluster& cluster) {
  if (cluster.kind(node) == NodeKind::kClusterNode) {
    return {.node = node, .fate = Fate::kClusterNode};
  }
  if (cluster.is_infrastructure(node)) return {.node = node, .fate = Fate::kInfrastructure};
  return {.node = node, .fate = Fate::kKeep};
}

Mapped map_on_mirror(NodeId node, const NodeTable& nodes, const Cluster& cluster,
                     const ObservationConfig& config) {
  if (!nodes.is_address(node)) {
    return node < kFirstEntityNode ? Mapped{.node = node} : fate_of_entity(node, cluster);
  }
  switch (classify(nodes.address(node), config)) {
    case AddressClass::kOutside:
      return {.node = kOutsideNode};
    case AddressClass::kUnknown:
      return {.node = kUnknownNode};
    case AddressClass::kNode:
      return {.node = node, .fate = Fate::kClusterNode};
    case AddressClass::kIgnored:
      break;
  }
  return {.node = node, .fate = Fate::kIgnored};
}

// Credits an edge that is left out; of both ends' reasons, the weightier.
void credit(ByteLedger& ledger, Fate source, Fate target, std::uint64_t bytes) {
  const auto either = [&](Fate fate) { return source == fate || target == fate; };
  if (either(Fate::kClusterNode)) {
    ledger.cluster_nodes += bytes;
  } else if (either(Fate::kInfrastructure)) {
    ledger.infrastructure += bytes;
  } else if (either(Fate::kUnmapped)) {
    ledger.unmapped += bytes;
  } else {
    ledger.foreign += bytes;
  }
}

Reduction reduce_mirror(const EdgeTable& named, const NodeTable& nodes, const Cluster& cluster,
                        const ObservationConfig& config) {
  Reduction result;
  std::vector<Edge> kept;
  kept.reserve(named.edges().size());
  for (const Edge& edge : named.edges()) {
    const Mapped source = map_on_mirror(edge.source, nodes, cluster, config);
    const Mapped target = map_on_mirror(edge.target, nodes, cluster, config);
    const std::uint64_t bytes = edge.counts.bytes;
    if (source.fate != Fate::kKeep || target.fate != Fate::kKeep) {
      credit(result.bytes, source.fate, target.fate, bytes);
    } else if (source.node == kOutsideNode && target.node == kOutsideNode) {
      result.bytes.foreign += bytes;
    } else {
      const bool unknown = source.node == kUnknownNode || target.node == kUnknownNode;
      (unknown ? result.bytes.kept_unknown : result.bytes.kept) += bytes;
      kept.push_back({.source = source.node, .target = target.node, .counts = edge.counts});
    }
  }
  result.edges = EdgeTable::from(std::move(kept));
  return result;
}

bool is_loopback(const Address& address) {
  if (address.is_ipv4()) return address.bytes[12] == 127;
  Address loopback;
  loopback.bytes[15] = 1;
  return address == loopback;
}

bool is_beside_gateway(const Address& address, const std::optional<Address>& gateway) {
  return gateway && gateway->is_ipv4() && address.is_ipv4() &&
         std::equal(address.bytes.begin(), address.bytes.begin() + 15, gateway->bytes.begin());
}

bool is_outside_of_node(NodeId node, const NodeTable& nodes, const ObservationConfig& config) {
  if (node == kOutsideNode) return true;
  if (!nodes.is_address(node)) return false;
  const Address& address = nodes.address(node);
  return !is_loopback(address) && address != config.gateway &&
         !is_beside_gateway(address, config.gateway);
}

// The edges between `gateway` and every node that speaks with outside become that
// node's edges with outside, each byte once; those of other nodes are probes.
EdgeTable compensate(const EdgeTable& merged, NodeId gateway, ByteLedger& ledger) {
  std::vector<Edge> edges;
  edges.reserve(merged.edges().size());
  for (Edge edge : merged.edges()) {
    if (edge.source == gateway) {
      if (edge.target == gateway || merged.find(edge.target, kOutsideNode) == nullptr) {
        ledger.cluster_nodes += edge.counts.bytes;
        continue;
      }
      edge.source = kOutsideNode;
    } else if (edge.target == gateway) {
      // A node that the gateway never wrote to is left as it is.
      if (merged.find(gateway, edge.source) != nullptr) {
        const bool speaks_outside = merged.find(edge.source, kOutsideNode) != nullptr;
        (speaks_outside ? ledger.duplicate : ledger.cluster_nodes) += edge.counts.bytes;
        continue;
      }
      edge.target = kOutsideNode;
    }
    edges.push_back(edge);
  }
  return EdgeTable::from(std::move(edges));
}

Reduction reduce_node_any(const EdgeTable& named, const NodeTable& nodes, const Cluster& cluster,
                          const ObservationConfig& config) {
  Reduction result;
  std::vector<Edge> edges(named.edges().begin(), named.edges().end());
  bool any_outside = false;
  for (Edge& edge : edges) {
    for (NodeId* end : {&edge.source, &edge.target}) {
      if (is_outside_of_node(*end, nodes, config)) {
        *end = kOutsideNode;
        any_outside = true;
      }
    }
  }
  EdgeTable merged = EdgeTable::from(std::move(edges));
  const auto gateway = config.gateway ? nodes.find(*config.gateway) : std::nullopt;
  if (any_outside && gateway) merged = compensate(merged, *gateway, result.bytes);

  const auto fate = [&](NodeId node) {
    if (nodes.is_address(node)) {
      return is_loopback(nodes.address(node)) ? Fate::kIgnored : Fate::kUnmapped;
    }
    return node < kFirstEntityNode ? Fate::kKeep : fate_of_entity(node, cluster).fate;
  };
  std::vector<Edge> kept;
  kept.reserve(merged.edges().size());
  for (const Edge& edge : merged.edges()) {
    const Fate source = fate(edge.source);
    const Fate target = fate(edge.target);
    if (source == Fate::kKeep && target == Fate::kKeep) {
      result.bytes.kept += edge.counts.bytes;
      kept.push_back(edge);
    } else {
      credit(result.bytes, source, target, edge.counts.bytes);
    }
  }
  result.edges = EdgeTable::from(std::move(kept));
  return result;
}

}  // namespace

Reduction reduce(const EdgeTable& named, const NodeTable& nodes, const Cluster& cluster,
                 const ObservationConfig& config) {
  return config.point == Observation::kMirror ? reduce_mirror(named, nodes, cluster, config)
                                              : reduce_node_any(named, nodes, cluster, config);
}

}  // namespace mimir::graph
