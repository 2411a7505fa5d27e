// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/topology.h"

#include <algorithm>
#include <numeric>

namespace mimir::simulator {
namespace {

template <typename Items, typename Matches>
std::optional<std::uint32_t> index_of(const Items& items, Matches matches) {
  const auto found = std::find_if(items.begin(), items.end(), matches);
  if (found == items.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - items.begin());
}

void check_calls(const Topology& topology, std::string_view client, const std::vector<Step>& steps,
                 config::Diagnostics& diagnostics) {
  for (const Step& step : steps) {
    const auto operation = topology.find_operation(step.operation);
    if (!operation) {
      diagnostics.error({.file = topology.name}, "no operation is called '" + step.operation + "'");
      continue;
    }
    const std::string& server = topology.operations[*operation].service;
    if (!client.empty() && !topology.find_link(client, server)) {
      diagnostics.error({.file = topology.name}, "operation '" + step.operation +
                                                     "' is called without a link from " +
                                                     std::string(client) + " to " + server);
    }
  }
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

bool check(const Topology& topology, config::Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.error_count();
  const auto need_service = [&](const std::string& name) {
    if (topology.find_service(name)) return;
    diagnostics.error({.file = topology.name}, "no service is called '" + name + "'");
  };
  need_service(topology.front);
  need_service(topology.dns);
  for (const Link& link : topology.links) {
    need_service(link.client);
    need_service(link.server);
    const auto server = topology.find_service(link.server);
    if (link.heartbeat_s <= 0 || !server) continue;
    const Protocol protocol = topology.services[*server].protocol;
    if (protocol != Protocol::kMongo && protocol != Protocol::kAmqp) {
      diagnostics.error({.file = topology.name}, "the protocol of '" + link.server +
                                                     "' has no heartbeat, but the link from " +
                                                     link.client + " asks for one");
    }
  }
  for (const Operation& operation : topology.operations) {
    need_service(operation.service);
    check_calls(topology, operation.service, operation.steps, diagnostics);
    if (operation.deliver_to.empty()) continue;
    need_service(operation.deliver_to);
    if (!topology.find_link(operation.deliver_to, operation.service)) {
      diagnostics.error({.file = topology.name}, operation.deliver_to + " consumes from " +
                                                     operation.service + " without a link to it");
    }
  }
  for (const Action& action : topology.actions) {
    for (const Page& page : action.once) check_calls(topology, {}, page.requests, diagnostics);
    for (const Page& page : action.repeated) check_calls(topology, {}, page.requests, diagnostics);
  }
  return diagnostics.error_count() == before;
}

std::optional<Topology> topology_named(std::string_view name, config::Diagnostics& diagnostics) {
  if (name == "sockshop") return sock_shop();
  diagnostics.error({.file = "--app"}, "no application is called '" + std::string(name) + "'",
                    "give sockshop");
  return std::nullopt;
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_edits = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    std::vector<std::size_t> row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i + 1;
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        const std::size_t replaced = diagonal + (word[i] == candidate[j] ? 0U : 1U);
        diagonal = row[j + 1];
        row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
      }
    }
    if (row.back() < best_edits) {
      best_edits = row.back();
      best = candidate;
    }
  }
  return best;
}

}  // namespace mimir::simulator
