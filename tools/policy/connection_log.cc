// SPDX-License-Identifier: Apache-2.0
#include "tools/policy/connection_log.h"

#include <utility>

#include "dataplane/record/connection.h"

namespace mimir::policy {

void ConnectionLog::add(const Window& window) {
  for (const FlowRecord& flow : window.records) {
    servers_.learn(flow);
    const Outcome outcome = outcome_of(flow.key.protocol, flow.signs, flow.packets);
    const bool is_tcp = flow.key.protocol == kProtocolTcp;
    if (is_tcp && (outcome == Outcome::kRefused || outcome == Outcome::kUnanswered)) {
      ++learned_.failed;
      continue;
    }
    const Caller caller = caller_of(flow.signs);
    if (caller.is_known) {
      count(flow, caller.client);
      continue;
    }
    const auto [at, is_new] = undecided_.emplace(flow.key, flow);
    // An address may have changed hands since: each holder counts.
    if (!is_new) {
      const FlowRecord& first = at->second;
      const bool is_same = end_of(first.key.low_address, first.first_ns).name ==
                               end_of(flow.key.low_address, flow.first_ns).name &&
                           end_of(first.key.high_address, first.first_ns).name ==
                               end_of(flow.key.high_address, flow.first_ns).name;
      if (!is_same) count(flow, servers_.role_of(flow).client);
    }
  }
}

LearnedConnections ConnectionLog::take() {
  for (const auto& [key, flow] : undecided_) count(flow, servers_.role_of(flow).client);
  undecided_.clear();
  return std::move(learned_);
}

ConnectionLog::End ConnectionLog::end_of(const Address& address, TimeNs time_ns) const {
  if (const auto entity = cluster_.entities().resolve(address, time_ns)) {
    const graph::NodeId node = graph::node_of(*entity);
    const graph::ClassId service = cluster_.class_of(node);
    return {.name = cluster_.class_name(service),
            .takes_part = cluster_.is_application(service) && !cluster_.is_infrastructure(node)};
  }
  const bool is_gateway = observation_.gateway && address == *observation_.gateway;
  if (is_gateway) return {.name = "(gateway)"};
  switch (graph::classify(address, observation_)) {
    case graph::AddressClass::kOutside:
      return {.name = std::string(injector::kInternetName), .takes_part = true};
    case graph::AddressClass::kNode:
      return {.name = "(nodes)"};
    case graph::AddressClass::kUnknown:
      return {.name = "(unknown)"};
    case graph::AddressClass::kIgnored:
      break;
  }
  return {.is_foreign = true};
}

void ConnectionLog::count(const FlowRecord& flow, Direction client) {
  End from = end_of(flow.key.low_address, flow.first_ns);
  End to = end_of(flow.key.high_address, flow.first_ns);
  if (client == Direction::kHighToLow) std::swap(from, to);
  if (from.is_foreign || to.is_foreign) return;
  Connection connection{.client = std::move(from.name), .server = std::move(to.name)};
  if (from.takes_part && to.takes_part) {
    const bool is_inside = connection.client != injector::kInternetName ||
                           connection.server != injector::kInternetName;
    if (is_inside) learned_.allowed.insert(std::move(connection));
  } else {
    learned_.left_out.insert(std::move(connection));
  }
}

}  // namespace mimir::policy
