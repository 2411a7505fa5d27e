// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/topology.h"

#include <algorithm>

namespace mimir::simulator {
namespace {

template <typename Items, typename Matches>
std::optional<std::uint32_t> index_of(const Items& items, Matches matches) {
  const auto found = std::find_if(items.begin(), items.end(), matches);
  if (found == items.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - items.begin());
}

}  // namespace

std::optional<std::uint32_t> Topology::find_service(std::string_view service) const {
  return index_of(services, [&](const Service& each) { return each.name == service; });
}

std::optional<std::uint32_t> Topology::find_link(std::string_view client,
                                                 std::string_view server) const {
  return index_of(links,
                  [&](const Link& each) { return each.client == client && each.server == server; });
}

std::optional<std::uint32_t> Topology::find_operation(std::string_view operation) const {
  return index_of(operations, [&](const Operation& each) { return each.name == operation; });
}

std::optional<std::uint32_t> Topology::find_action(std::string_view action) const {
  return index_of(actions, [&](const Action& each) { return each.name == action; });
}

}  // namespace mimir::simulator
