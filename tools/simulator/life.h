// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "tools/simulator/cluster.h"
#include "tools/simulator/event.h"
#include "tools/simulator/random.h"
#include "tools/simulator/topology.h"
#include "tools/simulator/traffic.h"
#include "tools/simulator/users.h"

namespace mimir::simulator {

/// How many pods the autoscaler wants for so many users: enough that none has more
/// than users_per_replica, between the service's bounds.
[[nodiscard]] std::uint32_t replicas_wanted(const Service& service, std::uint32_t users);

/// When something that is due at `at_ns` of every day, or every `every_ns` from then on
/// if that is not 0, is next due at or after `time_ns`.
[[nodiscard]] TimeNs next_due_ns(TimeNs time_ns, TimeNs at_ns, TimeNs every_ns);

/// Pods that come and go: the autoscaler's, and those that an update replaces.
///
/// A pod has an address for some seconds before it is ready. One that leaves is taken
/// from its service at once, finishes what it has begun, closes its connections, and is
/// gone 30 s later, as Kubernetes' grace period has it.
///
/// It draws from a stream of its own.
class Life {
 public:
  Life(const Topology& topology, Cluster& cluster, Traffic& traffic, Users& users, Agenda& agenda,
       std::uint64_t seed);

  /// Puts the first events on the agenda.
  void begin(TimeNs time_ns);

  void autoscale(TimeNs time_ns, std::uint32_t users);
  void update(std::uint32_t update, TimeNs time_ns);
  void roll(std::uint32_t service, TimeNs time_ns);
  void pod_ready(std::uint32_t pod, TimeNs time_ns);
  void pod_gone(std::uint32_t pod, TimeNs time_ns);

 private:
  /// An update under way.
  struct Rollout {
    std::vector<std::uint32_t> old;      ///< still to be replaced, the next last
    std::uint32_t awaited = kNoService;  ///< the pod that has to be ready, or gone
  };

  [[nodiscard]] std::uint32_t start(std::uint32_t service, TimeNs time_ns,
                                    const std::string& name = {});
  void leave(std::uint32_t pod, TimeNs time_ns);

  const Topology& topology_;
  Cluster& cluster_;
  Traffic& traffic_;
  Users& users_;
  Agenda& agenda_;
  Random random_;
  std::map<std::uint32_t, Rollout> rollouts_;  ///< by service
  /// By service: how many were wanted when, within the time that scaling down waits.
  std::map<std::uint32_t, std::deque<std::pair<TimeNs, std::uint32_t>>> wanted_;
  std::vector<std::uint32_t> starting_;  ///< by service
};

}  // namespace mimir::simulator
