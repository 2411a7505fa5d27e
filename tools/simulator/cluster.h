// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/json.h"
#include "dataplane/record/time.h"
#include "tools/simulator/random.h"
#include "tools/simulator/topology.h"

namespace mimir::simulator {

/// 10.244.0.0: the pods of the first node; the others follow.
inline constexpr std::uint32_t kPodNetwork = 0x0af40000;

struct Node {
  std::string name;
  std::uint32_t address;    ///< the kubelet asks from here
  std::uint32_t bridge;     ///< the pods' gateway
  std::uint16_t next_port;  ///< of the connections it opens
  std::uint32_t pods = 0;
  std::set<std::uint32_t> free;    ///< addresses that a pod has given back
  std::uint32_t next_address = 0;  ///< that no pod has had yet
};

/// Moves a counter on to the next port that Linux gives to a connection: 32768 to 60999.
[[nodiscard]] std::uint16_t take_port(std::uint16_t& next_port);

/// What a pod that no service selects has for one.
inline constexpr std::uint32_t kNoService = std::numeric_limits<std::uint32_t>::max();

struct Pod {
  enum class State : std::uint8_t {
    kStarting,  ///< has an address; nobody is sent to it yet
    kReady,     ///< stands behind its service
    kLeaving,   ///< finishes what it has begun
    kGone,      ///< its address may be another's by now
  };

  std::string name;
  std::uint32_t service;  ///< index of Topology::services, or kNoService
  std::uint32_t node;
  std::uint32_t address;
  std::uint16_t next_port;  ///< of the connections it opens
  State state = State::kStarting;
  std::string namespace_name;
  std::string owner;
};

/// Where everything of a topology runs, and under which address.
///
///   nodes 10.0.1.0/24    pods 10.244.<node>.0/24    services 10.96.0.0/16
///
/// Pods come and go; one that is gone keeps its index, its address goes to a later
/// one of its node. Everything that happens is a line of the entities file.
class Cluster {
 public:
  /// `replicas` pods of each service are ready from `start_ns` on, on the nodes in turn,
  /// as a scheduler spreads them. REQUIRES: fewer than 250 pods a node.
  Cluster(const Topology& topology, const std::vector<std::uint32_t>& replicas, Random& random,
          TimeNs start_ns);

  std::vector<Node> nodes;
  std::vector<Pod> pods;
  std::vector<std::uint32_t> virtual_addresses;     ///< by service; 0: it has none
  std::vector<std::vector<std::uint32_t>> pods_of;  ///< by service: those that are ready

  /// A new pod on the emptiest node. `name` is that of the pod it replaces where pods
  /// are numbered; else empty.
  std::uint32_t start_pod(std::uint32_t service, TimeNs time_ns, const std::string& name = {});
  std::uint32_t start_job_pod(const Job& job, TimeNs time_ns);
  void make_ready(std::uint32_t pod);
  /// No new connections come to it.
  void begin_leaving(std::uint32_t pod);
  void remove(std::uint32_t pod, TimeNs time_ns);
  /// The next pods of the service are of another version: their names differ.
  void new_version(std::uint32_t service);

  /// All that was there or came and went so far, in the order of time.
  [[nodiscard]] const std::string& entity_lines() const { return entity_lines_; }

 private:
  std::uint32_t add_pod(Pod pod, TimeNs time_ns);
  void write_service(std::size_t index, TimeNs time_ns);
  void write_pod(const Pod& pod, std::string_view operation, TimeNs time_ns);

  const Topology& topology_;
  Random random_;                  ///< of names: the rest of the run does not depend on who comes
  std::vector<std::string> sets_;  ///< by service: what the names of pods begin with
  std::vector<std::uint32_t> next_ordinal_;  ///< by service
  std::string entity_lines_;
};

/// "10.244.0.7"
[[nodiscard]] std::string address_text(std::uint32_t address);

/// Seconds since 1970, as the files of a run have them.
[[nodiscard]] config::Json seconds(TimeNs time_ns);

}  // namespace mimir::simulator
