// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/record/address.h"
#include "model/entity/address_text.h"
#include "model/entity/entity_map.h"

namespace mimir::graph {

/// Where the packets were seen, which decides what an address on them can mean.
enum class Observation : std::uint8_t {
  kMirror,   ///< behind address translation: pod to pod, no VIP, each packet once
  kNodeAny,  ///< all interfaces of a node: both sides of every translation
};

/// The observation point, and which addresses are of the cluster.
///
/// Empty lists are filled by propose_cidrs(); an entity's address needs no list.
struct ObservationConfig {
  Observation point = Observation::kMirror;
  std::vector<entity::Cidr> pod_cidrs{};
  std::vector<entity::Cidr> service_cidrs{};
  std::vector<entity::Cidr> node_cidrs{};
  /// Said to be outside although they are private: a company's own clients.
  std::vector<entity::Cidr> outside_cidrs{};
  /// Of node-any: what the cluster's bridge answers to, from which kubelets and
  /// the outside both seem to come. None: no compensation.
  std::optional<Address> gateway{};
};

/// What an address that no entity held stands for.
enum class AddressClass : std::uint8_t {
  kOutside,
  kUnknown,  ///< of the cluster's ranges or private, and nobody's
  kNode,     ///< a machine of the cluster
  kIgnored,  ///< loopback, multicast, broadcast, unspecified: nobody's to steal with
};

/// Classifies for the mirror: outside_cidrs, then node_cidrs, then pod and service
/// CIDRs, then the registries of special addresses (RFC 6890, RFC 1918, RFC 6598,
/// RFC 4193, RFC 3927, RFC 4291); what is left is outside. Documentation prefixes
/// (RFC 5737, RFC 3849) count as outside.
[[nodiscard]] AddressClass classify(const Address& address, const ObservationConfig& config);

/// Whether any address of `range` that is in none of `except` is outside by classify().
/// Cost: about the bits of a prefix for each of all the prefixes there are.
[[nodiscard]] bool reaches_outside(const entity::Cidr& range, std::span<const entity::Cidr> except,
                                   const ObservationConfig& config);

/// Fills the CIDR lists of `config` that are empty from the addresses that entities
/// have held: pods and services by the common prefix of those that share 16 bits
/// (IPv6: 48), no longer than 24 (64); nodes one address each, for the machines
/// beside them need not be of the cluster.
[[nodiscard]] ObservationConfig propose_cidrs(ObservationConfig config,
                                              const entity::EntityMap& entities);

}  // namespace mimir::graph
