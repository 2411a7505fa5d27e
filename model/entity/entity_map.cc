// SPDX-License-Identifier: Apache-2.0
#include "model/entity/entity_map.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace mimir::entity {

/// Plays events in order of time and writes down who could be seen behind each
/// address when. Lives for one EntityMap::build().
class EntityMapBuilder {
 public:
  EntityMapBuilder(EntityMap& map, TimeNs first_ns) : map_(map), first_ns_(first_ns) {}

  void play(const Event& event) {
    if (event.op == Event::Op::kAdd) {
      add(event);
    } else {
      remove(event);
    }
  }

  void finish() {
    for (auto& [address, holding] : holdings_) {
      show(holding, std::nullopt, kForever);
      if (holding.past.empty()) continue;
      map_.history_of_.emplace(address, static_cast<std::uint32_t>(map_.histories_.size()));
      map_.histories_.push_back({address, std::move(holding.past)});
    }
  }

 private:
  static constexpr TimeNs kForever = std::numeric_limits<TimeNs>::max();

  struct Holder {
    EntityId entity;
    TimeNs claimed_ns;  // last time it said so
  };
  struct Holding {
    std::vector<Holder> holders;   // more than one only on a host's network
    std::vector<EntityId> ousted;  // lost it to a later claim, and are not known to be gone
    std::optional<EntityId> shown;
    TimeNs shown_from_ns = 0;
    std::vector<EntityMap::Interval> past;
  };

  // What is there at the first event was there before anybody looked.
  [[nodiscard]] TimeNs begin_of(TimeNs time_ns) const {
    return time_ns == first_ns_ ? std::numeric_limits<TimeNs>::min() : time_ns;
  }

  EntityId id_of(const Entity& entity) {
    const EntityMap::Identity identity{entity.kind, entity.namespace_name, entity.name};
    const auto next = static_cast<EntityId>(map_.entities_.size());
    const auto [at, is_new] = map_.identities_.try_emplace(identity, next);
    if (is_new) {
      map_.entities_.push_back(entity);
      map_.had_address_.push_back(false);
      addresses_.emplace_back();
      return next;
    }
    Entity& known = map_.entities_[at->second];
    if (!entity.labels.empty()) known.labels = entity.labels;
    if (!entity.owner.empty()) known.owner = entity.owner;
    if (!entity.node.empty()) known.node = entity.node;
    if (!entity.service.empty()) known.service = entity.service;
    return at->second;
  }

  void add(const Event& event) {
    const EntityId id = id_of(event.entity);
    const std::vector<Address> before = std::exchange(addresses_[id], event.addresses);
    for (const Address& address : before) {
      const auto& now = event.addresses;
      if (std::find(now.begin(), now.end(), address) == now.end()) {
        release(address, id, event.time_ns);
      }
    }
    for (const Address& address : event.addresses) claim(address, id, event);
  }

  void remove(const Event& event) {
    const std::optional<EntityId> id =
        map_.find(event.entity.kind, event.entity.namespace_name, event.entity.name);
    if (!id) return;
    const std::vector<Address> before = std::exchange(addresses_[*id], {});
    for (const Address& address : before) release(address, *id, event.time_ns);
  }

  void claim(const Address& address, EntityId id, const Event& event) {
    map_.had_address_[id] = true;
    Holding& holding = holdings_[address];
    const auto own = std::find_if(holding.holders.begin(), holding.holders.end(),
                                  [id](const Holder& holder) { return holder.entity == id; });
    if (own != holding.holders.end()) {
      own->claimed_ns = event.time_ns;
    } else {
      if (!holding.holders.empty() && !shares(holding, id, event.time_ns)) {
        oust(address, holding, id, event);
      }
      std::erase(holding.ousted, id);
      holding.holders.push_back({id, event.time_ns});
    }
    show(holding, face_of(holding), event.time_ns);
  }

  void release(const Address& address, EntityId id, TimeNs time_ns) {
    Holding& holding = holdings_[address];
    std::erase(holding.ousted, id);
    std::erase_if(holding.holders, [id](const Holder& holder) { return holder.entity == id; });
    show(holding, face_of(holding), time_ns);
  }

  // Whether `id` and those who hold the address already can all have it.
  [[nodiscard]] bool shares(const Holding& holding, EntityId id, TimeNs time_ns) const {
    const bool is_back =
        std::find(holding.ousted.begin(), holding.ousted.end(), id) != holding.ousted.end();
    bool alive_together = holding.holders.size() > 1 || is_back;
    for (const Holder& holder : holding.holders) {
      if (!on_one_host(holder.entity, id)) return false;
      const bool has_node = map_.entities_[holder.entity].kind == Kind::kNode ||
                            map_.entities_[id].kind == Kind::kNode;
      alive_together = alive_together || has_node || holder.claimed_ns == time_ns;
    }
    return alive_together;
  }

  [[nodiscard]] bool on_one_host(EntityId one, EntityId other) const {
    const Entity& a = map_.entities_[one];
    const Entity& b = map_.entities_[other];
    if (a.kind == Kind::kService || b.kind == Kind::kService) return false;
    if (a.kind == Kind::kNode && b.kind == Kind::kNode) return false;
    const std::string& node_a = a.kind == Kind::kNode ? a.name : a.node;
    const std::string& node_b = b.kind == Kind::kNode ? b.name : b.node;
    return node_a.empty() || node_b.empty() || node_a == node_b;
  }

  void oust(const Address& address, Holding& holding, EntityId id, const Event& event) {
    map_.conflicts_.push_back({address, *holding.shown, id, event.time_ns, event.place});
    for (const Holder& holder : holding.holders) holding.ousted.push_back(holder.entity);
    holding.holders.clear();
  }

  // Whom an address means: the node if its pods share it, else its one holder.
  std::optional<EntityId> face_of(const Holding& holding) {
    if (holding.holders.empty()) return std::nullopt;
    for (const Holder& holder : holding.holders) {
      if (map_.entities_[holder.entity].kind == Kind::kNode) return holder.entity;
    }
    // Once shared, an address stays the host's when all but one pod have gone.
    const bool is_hosts = holding.holders.size() > 1 ||
                          (holding.shown && map_.entities_[*holding.shown].kind == Kind::kNode);
    if (!is_hosts) return holding.holders.front().entity;
    for (const Holder& holder : holding.holders) {
      const std::string node = map_.entities_[holder.entity].node;
      if (!node.empty()) return id_of({.kind = Kind::kNode, .name = node});
    }
    return holding.holders.front().entity;
  }

  void show(Holding& holding, std::optional<EntityId> entity, TimeNs time_ns) {
    if (holding.shown == entity) return;
    const TimeNs now_ns = begin_of(time_ns);
    if (holding.shown && holding.shown_from_ns < now_ns) {
      holding.past.push_back({holding.shown_from_ns, now_ns, *holding.shown});
    }
    holding.shown = entity;
    holding.shown_from_ns = now_ns;
  }

  EntityMap& map_;
  TimeNs first_ns_;
  std::map<Address, Holding> holdings_;
  std::vector<std::vector<Address>> addresses_;  // by EntityId: what it last claimed
};

EntityMap EntityMap::build(std::span<const Event> events) {
  std::vector<const Event*> in_order;
  in_order.reserve(events.size());
  for (const Event& event : events) in_order.push_back(&event);
  std::stable_sort(in_order.begin(), in_order.end(),
                   [](const Event* a, const Event* b) { return a->time_ns < b->time_ns; });
  EntityMap map;
  if (in_order.empty()) return map;
  EntityMapBuilder builder(map, in_order.front()->time_ns);
  for (const Event* event : in_order) builder.play(*event);
  builder.finish();
  return map;
}

std::size_t EntityMap::AddressHash::operator()(const Address& address) const noexcept {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  std::memcpy(&high, address.bytes.data(), sizeof high);
  std::memcpy(&low, address.bytes.data() + sizeof high, sizeof low);
  // The finalizer of SplitMix64: neighbouring addresses land far apart.
  std::uint64_t mixed = high * 0x9e3779b97f4a7c15U ^ low;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebU;
  return mixed ^ mixed >> 31;
}

std::optional<EntityId> EntityMap::resolve(const Address& address, TimeNs time_ns) const {
  const auto at = history_of_.find(address);
  if (at == history_of_.end()) return std::nullopt;
  const std::vector<Interval>& intervals = histories_[at->second].intervals;
  const auto after = std::upper_bound(
      intervals.begin(), intervals.end(), time_ns,
      [](TimeNs time, const Interval& interval) { return time < interval.from_ns; });
  if (after == intervals.begin()) return std::nullopt;
  const Interval& interval = *std::prev(after);
  if (time_ns >= interval.to_ns) return std::nullopt;
  return interval.entity;
}

std::optional<EntityId> EntityMap::find(Kind kind, std::string_view namespace_name,
                                        std::string_view name) const {
  const auto at = identities_.find({kind, std::string(namespace_name), std::string(name)});
  if (at == identities_.end()) return std::nullopt;
  return at->second;
}

}  // namespace mimir::entity
