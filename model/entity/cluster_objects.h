// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/diagnostic.h"
#include "config/json.h"
#include "dataplane/record/time.h"
#include "model/entity/entity_map.h"

namespace mimir::entity {

/// The kinds of Kubernetes objects that say who holds which address. Endpoints are the
/// older form of EndpointSlices.
enum class ObjectKind : std::uint8_t { kNode, kService, kEndpointSlice, kEndpoints, kPod };
inline constexpr std::size_t kObjectKindCount = 5;

/// "Pod"; what an object says in its member `kind`.
[[nodiscard]] std::string_view name_of(ObjectKind kind);
/// Of an object; nothing if it is of no kind above.
[[nodiscard]] std::optional<ObjectKind> kind_of(const config::Json& object);

/// The objects of a cluster as they are now, cut down to what names an address: no
/// annotation, no environment, no image is kept.
///
///   pod            its owner is the Deployment where pod-template-hash says which part of
///                  the ReplicaSet's name to leave out, the CronJob where the Job's name
///                  ends with the minute it was due; its service the one whose
///                  EndpointSlice names it, else the one whose selector matches it. Of
///                  several, one with an address goes before a headless one, then the
///                  shorter name, then the alphabet
///   on the host's  it holds no address: what it sends is its node's. A node that is not
///   network        among the objects is known by its pods' hostIP
///   terminating    holds its addresses until it is gone
///   ended          Succeeded or Failed: holds none
///
/// Threads: one owner. Memory: about 1 kB an object.
class ClusterObjects {
 public:
  /// Takes an object in, or its newer form. `where` names it in messages and in
  /// Event::place, with `file` before it. False, and an error, if it cannot be
  /// understood; what was known of it stays.
  bool put(const config::Json& object, std::string_view file, std::string_view where,
           config::Diagnostics& diagnostics);
  /// Takes it out; one that is not there is no fault.
  void erase(const config::Json& object);
  /// All of a kind, of one namespace; empty: of every namespace.
  void erase_all(ObjectKind kind, std::string_view namespace_name = {});

  [[nodiscard]] std::size_t count(ObjectKind kind) const;

  /// Everything as additions at `at_ns`, in the order in which it was first put.
  [[nodiscard]] std::vector<Event> events(TimeNs at_ns) const;

 private:
  using Name = std::pair<std::string, std::string>;  // namespace, name
  using Labels = std::map<std::string, std::string>;
  struct Object {
    std::uint64_t sequence = 0;
    Event event;
    Labels selector{};                      // of a service
    std::vector<Address> host_addresses{};  // of a pod: its node's
  };
  struct Slice {
    std::string service;
    std::set<std::string> pods;
  };
  using Listed = std::map<Name, std::set<std::string_view>>;  // pod -> services

  bool put_entity(const config::Json& object, ObjectKind kind, std::string_view where,
                  std::string place, config::Diagnostics& diagnostics);
  void put_slice(const config::Json& object, ObjectKind kind);
  [[nodiscard]] std::string service_of(const Entity& pod, const Listed& listed) const;
  void add_nodes_of_pods(TimeNs at_ns, std::vector<Event>& events) const;
  std::map<Name, Object>& entities(ObjectKind kind);
  [[nodiscard]] const std::map<Name, Object>& entities(ObjectKind kind) const;

  std::map<Name, Object> nodes_;
  std::map<Name, Object> services_;
  std::map<Name, Object> pods_;
  std::map<Name, Slice> slices_;
  std::map<Name, Slice> endpoints_;
  std::uint64_t sequence_ = 0;
};

}  // namespace mimir::entity
