// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/entity/address_text.h"
#include "tools/policy/label_selector.h"
#include "tools/policy/port_set.h"

namespace mimir::policy {

/// Pods by their namespace, its labels and their own.
struct PodSelector {
  std::string namespace_name{};  ///< empty: any that `namespaces` selects
  LabelSelector namespaces{};
  LabelSelector pods{};
};

/// A range of addresses with holes.
struct AddressBlock {
  entity::Cidr cidr;
  std::vector<entity::Cidr> except{};
  /// Whether a pod counts by its address. Of Kubernetes it does; Cilium knows its pods by
  /// their labels alone.
  bool holds_pods = true;
};

/// The other end of a connection that a rule is about.
struct Peer {
  enum class Kind : std::uint8_t {
    kPods,
    kBlock,
    kOutside,  ///< whatever is not of the cluster
    kService,  ///< the pods behind a service of that name
  };
  Kind kind = Kind::kPods;
  PodSelector pods{};
  AddressBlock block{};
  std::string service_namespace{};
  std::string service_name{};
};

/// Connections with one of the peers to one of the ports.
struct Rule {
  bool is_denial = false;
  bool is_for_anyone = false;  ///< whoever the peer is
  std::vector<Peer> peers{};
  PortSet ports;
};

/// What a policy says of one direction.
struct Side {
  /// What no rule of any policy allows is forbidden to the pods it selects.
  bool isolates = false;
  std::vector<Rule> rules{};
};

/// A policy of Kubernetes or of Cilium, in words common to both. Policies add up: a pod
/// may what any policy that selects it allows, unless one of them denies it.
struct NetworkPolicy {
  std::string name;  ///< "NetworkPolicy shop/user-db"
  PodSelector subject;
  Side ingress;
  Side egress;
};

/// All policies of a cluster.
struct PolicySet {
  std::vector<NetworkPolicy> policies;
  /// Labels of namespaces, as far as they are known. Every namespace has the label
  /// kubernetes.io/metadata.name, which need not be here.
  std::map<std::string, Labels> namespaces;
};

}  // namespace mimir::policy
