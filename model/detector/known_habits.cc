// SPDX-License-Identifier: Apache-2.0
#include "model/detector/known_habits.h"

#include <algorithm>
#include <map>
#include <utility>

#include "model/detector/catalogue.h"
#include "model/entity/address_text.h"

namespace mimir::detector {

namespace {

constexpr double kOpenedShareMin = 0.5;
constexpr double kOpenedShareMax = 0.9;
/// So many imaginary contacts, of which the usual share opened, are added to those seen.
constexpr double kPriorContacts = 10;
/// A monitor talks to at least so many services, and to half of all.
constexpr std::uint64_t kMonitorServersMin = 4;

Key pair_key(graph::ClassId client, graph::ClassId server, std::uint16_t port,
             std::uint8_t protocol) {
  return join(join(mix(client), server), std::uint64_t{port} << 8 | protocol);
}

}  // namespace

KnownHabits::KnownHabits(const learn::ContactHabits& habits, const graph::Cluster& cluster)
    : services_(cluster.class_count()), habits_(habits.habits.begin(), habits.habits.end()) {
  std::map<graph::ClassId, std::set<std::string>> clients;
  std::set<std::string> servers;
  for (const learn::AllowedPair& pair : habits.pairs) {
    const auto client = cluster.find_class(pair.client);
    const auto server = cluster.find_class(pair.server);
    if (!client || !server) continue;
    pairs_.insert(pair_key(*client, *server, pair.port, pair.protocol));
    pairs_.insert(pair_key(*client, *server, 0, 0xff));
    clients[*server].insert(pair.client);
    services_[*client].is_seen = true;
    services_[*server].is_seen = true;
    if (*server != cluster.outside_class()) servers.insert(pair.server);
  }
  for (const auto& [server, names] : clients) services_[server].client_count = names.size();
  for (const learn::ContactPrior& prior : habits.priors) {
    const auto service = cluster.find_class(prior.service);
    if (!service) continue;
    Service& known = services_[*service];
    const double opened =
        static_cast<double>(prior.opened_count) + kPriorContacts * kUsualOpenedShare;
    const double all =
        static_cast<double>(prior.opened_count + prior.failed_count) + kPriorContacts;
    known.opened_share = std::clamp(opened / all, kOpenedShareMin, kOpenedShareMax);
    known.server_count = prior.server_count;
  }
  monitor_server_count_ = std::max<std::uint64_t>(kMonitorServersMin, servers.size() / 2);
}

bool KnownHabits::allows(const Contact& contact) const {
  const graph::ClassId client = contact.client.service;
  const graph::ClassId server = contact.server.service;
  return pairs_.contains(pair_key(client, server, contact.port, contact.protocol)) ||
         pairs_.contains(pair_key(client, server, 0, 0));
}

bool KnownHabits::allows_at_some_port(const Contact& contact) const {
  return pairs_.contains(pair_key(contact.client.service, contact.server.service, 0, 0xff));
}

std::uint64_t KnownHabits::server_count(graph::ClassId client) const {
  return client < services_.size() ? services_[client].server_count : 0;
}

std::uint64_t KnownHabits::client_count(graph::ClassId server) const {
  return server < services_.size() ? services_[server].client_count : 0;
}

bool KnownHabits::knows(graph::ClassId service) const {
  return service < services_.size() && services_[service].is_seen;
}

bool KnownHabits::is_monitor(graph::ClassId service) const {
  return has_pairs() && server_count(service) >= monitor_server_count_;
}

double KnownHabits::opened_share(const Party& source) const {
  return source.is_known() && source.service < services_.size()
             ? services_[source.service].opened_share
             : kUsualOpenedShare;
}

bool KnownHabits::is_habit(const Finding& finding, const Resolver& resolver) const {
  if (habits_.empty()) return false;
  const std::vector<learn::Habit> all = habits_of(finding, resolver);
  return !all.empty() && std::all_of(all.begin(), all.end(), [&](const learn::Habit& habit) {
    return habits_.contains(habit);
  });
}

learn::Habit KnownHabits::fingerprints_learned() {
  return {
      .detector = std::string(text_of(Kind::kHttpFingerprint).name), .source = {}, .target = {}};
}

std::vector<learn::Habit> habits_of(const Finding& finding, const Resolver& resolver) {
  std::vector<learn::Habit> habits;
  if (!finding.source.is_known()) return habits;
  learn::Habit habit{.detector = std::string(text_of(finding.kind).name),
                     .source = resolver.service_name(finding.source),
                     .target = {}};
  // Whoever scans tries others each time: the habit is the scanner's.
  if (finding.kind == Kind::kPortScan || finding.kind == Kind::kHostSweep) {
    habits.push_back(std::move(habit));
    return habits;
  }
  // These are about what was said, wherever to.
  if (finding.kind == Kind::kHttpFingerprint ||
      (finding.kind == Kind::kDnsTunnel && finding.variant != "rotation")) {
    habit.target = finding.variant + ' ' + std::get<std::string>(finding.facts.front().value);
    habits.push_back(std::move(habit));
    return habits;
  }
  for (const Endpoint& target : finding.targets) {
    habit.target = target.party.is_known() ? resolver.service_name(target.party)
                                           : entity::to_text(target.party.address);
    habit.port = target.ports.empty() ? std::uint16_t{0} : target.ports.front();
    habits.push_back(habit);
  }
  return habits;
}

}  // namespace mimir::detector
