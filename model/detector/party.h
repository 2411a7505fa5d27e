// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "dataplane/record/address.h"
#include "dataplane/record/time.h"
#include "model/detector/key.h"
#include "model/graph/cluster.h"
#include "model/graph/node_table.h"
#include "model/graph/observation.h"

namespace mimir::detector {

/// Where somebody stands, seen from the cluster.
enum class Place : std::uint8_t {
  kPod,      ///< a pod or a service's own address
  kMachine,  ///< a machine of the cluster: kubelets, pods on the host's network
  kUnknown,  ///< private or of the cluster's ranges, and nobody is known to hold it
  kOutside,
  kNobody,  ///< multicast, broadcast, loopback: many or none
};

/// One end of a contact, as of its time.
struct Party {
  Address address;
  Key key = 0;             ///< of the pod, service or machine; else of the address
  graph::NodeId node = 0;  ///< below graph::kFirstEntityNode: only the address is known
  graph::ClassId service = 0;
  Place place = Place::kUnknown;

  [[nodiscard]] bool is_known() const { return node >= graph::kFirstEntityNode; }
  [[nodiscard]] bool is_of_cluster() const {
    return place == Place::kPod || place == Place::kMachine;
  }
};

/// Says who is who. Without a cluster everybody is an address: private ones are unknown,
/// the others outside, and there are no services.
///
/// Threads: immutable; any number of readers. REQUIRES: what it refers to outlives it.
class Resolver {
 public:
  explicit Resolver(Key secret = 0) : secret_(secret) {}
  Resolver(const graph::Cluster& cluster, const graph::ObservationConfig& observation,
           Key secret = 0)
      : cluster_(&cluster), observation_(observation), secret_(secret) {}

  [[nodiscard]] Party resolve(const Address& address, TimeNs time_ns) const;

  [[nodiscard]] bool has_cluster() const { return cluster_ != nullptr; }
  /// Null without one.
  [[nodiscard]] const graph::Cluster* cluster() const { return cluster_; }
  [[nodiscard]] Key secret() const { return secret_; }

  /// "shop/user-0", "shop/user (VIP)", else the address.
  [[nodiscard]] std::string name(const Party& party) const;
  /// "user", "outside"; empty without a cluster.
  [[nodiscard]] std::string service_name(const Party& party) const;

 private:
  const graph::Cluster* cluster_ = nullptr;
  graph::ObservationConfig observation_;
  Key secret_ = 0;
};

}  // namespace mimir::detector
