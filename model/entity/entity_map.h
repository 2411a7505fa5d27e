// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "dataplane/record/address.h"
#include "dataplane/record/time.h"

namespace mimir::entity {

enum class Kind : std::uint8_t { kPod, kService, kNode };

/// Something of the cluster that has a name.
struct Entity {
  Kind kind = Kind::kPod;
  std::string name{};
  std::string namespace_name{};
  std::map<std::string, std::string> labels{};
  std::string owner{};    ///< "Deployment/user", empty when unknown
  std::string node{};     ///< name of the node a pod runs on, empty when unknown
  std::string service{};  ///< of a pod: the service whose endpoints list it, empty when unknown
};

/// An entity appeared, changed or left. What every reader of a cluster's history
/// produces; `place` says where it was read ("entities.jsonl:12"), for messages.
/// An addition states all the addresses the entity has from then on; fields it
/// leaves empty keep what an earlier one said. A deletion needs only the identity.
struct Event {
  enum class Op : std::uint8_t { kAdd, kDelete };
  TimeNs time_ns = 0;
  Op op = Op::kAdd;
  Entity entity;
  std::vector<Address> addresses;
  std::string place;
};

/// Dense, stable within one map: 0 .. size() - 1 in order of first appearance.
using EntityId = std::uint32_t;

/// Two entities held one address at the same time. The later claim holds from
/// its time on; the map is usable, the reader is told.
struct Conflict {
  Address address;
  EntityId first;
  EntityId second;
  TimeNs from_ns;
  std::string place;  ///< of the second claim
};

/// Who held an address when: address -> intervals of time -> entity.
///
/// Threads: immutable after build(); any number of readers.
/// Cost: resolve() is a hash lookup and a binary search in that address's history.
/// Invariant: an entity is identified by (kind, namespace, name); one that leaves
/// and returns keeps its id, and its fields are the last that were known.
///
/// Pods on the host's network share the node's address, which is no conflict. Such
/// an address means the node; if no node is known for it, the first of its pods.
/// Without a node's own claim it shows by two pods, not known to run on different
/// nodes, that claim it at one time, or by a claim of the older one that is
/// repeated after the newer one's.
class EntityMap {
 public:
  EntityMap() = default;

  /// Events need not be sorted; those of equal time keep their order.
  [[nodiscard]] static EntityMap build(std::span<const Event> events);

  /// The entity that held `address` at `time_ns`. An address first seen later
  /// than `time_ns` is not known yet: nothing is guessed from the future, except
  /// that entities of the very first event time count as present from the start.
  [[nodiscard]] std::optional<EntityId> resolve(const Address& address, TimeNs time_ns) const;

  [[nodiscard]] const Entity& entity(EntityId id) const { return entities_[id]; }
  [[nodiscard]] std::size_t size() const { return entities_.size(); }
  [[nodiscard]] std::optional<EntityId> find(Kind kind, std::string_view namespace_name,
                                             std::string_view name) const;
  [[nodiscard]] std::span<const Conflict> conflicts() const { return conflicts_; }

  /// Whether the entity ever claimed an address: false for a headless service.
  [[nodiscard]] bool had_address(EntityId id) const { return had_address_[id]; }

  /// One entity's hold of one address.
  struct Interval {
    TimeNs from_ns;
    TimeNs to_ns;  ///< exclusive
    EntityId entity;

    friend bool operator==(const Interval&, const Interval&) = default;
  };
  /// Everything known of one address. Invariant: intervals ascend, disjoint.
  struct History {
    Address address;
    std::vector<Interval> intervals;
  };
  /// All histories, ascending by address; what a CIDR proposal or a page lists.
  [[nodiscard]] std::span<const History> histories() const { return histories_; }

 private:
  friend class EntityMapBuilder;
  struct AddressHash {
    std::size_t operator()(const Address& address) const noexcept;
  };
  using Identity = std::tuple<Kind, std::string, std::string>;

  std::vector<Entity> entities_;
  std::vector<bool> had_address_;
  std::map<Identity, EntityId> identities_;
  std::vector<History> histories_;
  std::unordered_map<Address, std::uint32_t, AddressHash> history_of_;  ///< only looked up
  std::vector<Conflict> conflicts_;
};

}  // namespace mimir::entity
