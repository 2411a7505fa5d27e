// SPDX-License-Identifier: Apache-2.0
#include "model/graph/destination.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "model/graph/server_ports.h"

namespace mimir::graph {
namespace {

constexpr std::uint8_t kIpv4Bits = 24;
constexpr std::uint8_t kIpv6Bits = 48;

std::vector<Destination> summed(std::vector<Destination> destinations) {
  std::sort(destinations.begin(), destinations.end());
  std::size_t kept = 0;
  for (const Destination& next : destinations) {
    if (kept > 0 && destinations[kept - 1].source == next.source &&
        destinations[kept - 1].network == next.network) {
      destinations[kept - 1].bytes += next.bytes;
    } else {
      destinations[kept++] = next;
    }
  }
  destinations.resize(kept);
  return destinations;
}

// The application that held the address then; none of any other.
std::optional<ClassId> application(const Address& address, TimeNs time_ns, const Cluster& cluster) {
  const auto entity = cluster.entities().resolve(address, time_ns);
  if (!entity) return std::nullopt;
  const NodeId node = node_of(*entity);
  const ClassId service = cluster.class_of(node);
  const bool is_pod = cluster.kind(node) == NodeKind::kPod && cluster.is_application(service);
  return is_pod ? std::optional(service) : std::nullopt;
}

}  // namespace

entity::Cidr network_of(const Address& address) {
  const std::uint8_t bits = address.is_ipv4() ? kIpv4Bits : kIpv6Bits;
  entity::Cidr network{.base = address, .prefix_bits = bits};
  const std::size_t kept = address.is_ipv4() ? 15 : kIpv6Bits / 8;
  std::fill(network.base.bytes.begin() + kept, network.base.bytes.end(), std::uint8_t{0});
  return network;
}

std::vector<Destination> destinations_of(const Window& window, const Cluster& cluster,
                                         const ObservationConfig& observation) {
  struct Candidate {
    const FlowRecord* flow;
    Direction outward;
    ClassId source;
  };
  std::vector<Candidate> candidates;
  ServerPorts ports;
  for (const FlowRecord& flow : window.records) {
    const FlowKey& key = flow.key;
    const bool is_low_outside = classify(key.low_address, observation) == AddressClass::kOutside;
    const bool is_high_outside = classify(key.high_address, observation) == AddressClass::kOutside;
    if (is_low_outside == is_high_outside) continue;
    const Address& outside = is_low_outside ? key.low_address : key.high_address;
    const Address& inside = is_low_outside ? key.high_address : key.low_address;
    const auto source = application(inside, flow.first_ns, cluster);
    // What a load balancer answers to is not of the cluster's ranges, but its own.
    if (!source || cluster.entities().resolve(outside, flow.first_ns)) continue;
    ports.learn(flow);
    const Direction outward = is_low_outside ? Direction::kHighToLow : Direction::kLowToHigh;
    candidates.push_back({.flow = &flow, .outward = outward, .source = *source});
  }
  std::vector<Destination> destinations;
  for (const Candidate& candidate : candidates) {
    const FlowRecord& flow = *candidate.flow;
    if (ports.role_of(flow).client != candidate.outward) continue;
    const bool is_low_outside = candidate.outward == Direction::kHighToLow;
    destinations.push_back(
        {.source = candidate.source,
         .network = network_of(is_low_outside ? flow.key.low_address : flow.key.high_address),
         .bytes = flow.bytes[index(candidate.outward)]});
  }
  return summed(std::move(destinations));
}

void merge(std::vector<Destination>& into, const std::vector<Destination>& from) {
  if (from.empty()) return;
  into.insert(into.end(), from.begin(), from.end());
  into = summed(std::move(into));
}

}  // namespace mimir::graph
