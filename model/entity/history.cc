// SPDX-License-Identifier: Apache-2.0
#include "model/entity/history.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace mimir::entity {
namespace {

using Identity = std::tuple<Kind, std::string_view, std::string_view>;

Identity identity_of(const Event& event) {
  return {event.entity.kind, event.entity.namespace_name, event.entity.name};
}

bool says_the_same(const Event& a, const Event& b) {
  const Entity& one = a.entity;
  const Entity& other = b.entity;
  return a.addresses == b.addresses && one.labels == other.labels && one.owner == other.owner &&
         one.node == other.node && one.service == other.service;
}

// A field that an addition leaves empty keeps what an earlier one said, as in the map.
void keep_what_is_empty(Entity& entity, const Entity& before) {
  if (entity.labels.empty()) entity.labels = before.labels;
  if (entity.owner.empty()) entity.owner = before.owner;
  if (entity.node.empty()) entity.node = before.node;
  if (entity.service.empty()) entity.service = before.service;
}

}  // namespace

void sort_by_time(std::vector<Event>& events) {
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) { return a.time_ns < b.time_ns; });
}

std::vector<Event> fold(std::span<const Event> events) {
  std::vector<std::optional<Event>> states;
  std::map<Identity, std::size_t> place_of;
  for (const Event& event : events) {
    const auto [at, is_new] = place_of.try_emplace(identity_of(event), states.size());
    if (is_new) states.emplace_back();
    std::optional<Event>& state = states[at->second];
    if (event.op == Event::Op::kDelete) {
      state.reset();
      continue;
    }
    const std::optional<Event> before = std::exchange(state, event);
    if (before) keep_what_is_empty(state->entity, before->entity);
  }
  std::vector<Event> there;
  for (std::optional<Event>& state : states) {
    if (state) there.push_back(std::move(*state));
  }
  return there;
}

std::vector<Event> changes(std::span<const Event> before, std::span<const Event> after,
                           TimeNs at_ns) {
  std::map<Identity, const Event*> old;
  std::map<Identity, const Event*> now;
  for (const Event& event : before) old.emplace(identity_of(event), &event);
  for (const Event& event : after) now.emplace(identity_of(event), &event);
  std::vector<Event> made;
  for (const Event& event : before) {
    if (now.contains(identity_of(event))) continue;
    made.push_back(event);
    made.back().op = Event::Op::kDelete;
    made.back().addresses.clear();
    made.back().time_ns = at_ns;
  }
  for (const Event& event : after) {
    const auto known = old.find(identity_of(event));
    if (known != old.end() && says_the_same(*known->second, event)) continue;
    made.push_back(event);
    made.back().time_ns = std::min(event.time_ns, at_ns);
  }
  return made;
}

}  // namespace mimir::entity
