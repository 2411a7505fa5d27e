// SPDX-License-Identifier: Apache-2.0
#include "model/detector/lateral_movement.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "model/detector/ports.h"

namespace mimir::detector {

namespace {

constexpr double kNewPair = 2;
constexpr double kNewPort = 1;
constexpr double kControlPort = 2;
constexpr double kDatabasePort = 1;
constexpr double kFewPartners = 0.5;
constexpr double kFailedFactor = 0.5;
constexpr double kUnseenFactor = 0.5;
constexpr double kMonitorFactor = 0.25;

void add_reason(std::string& why, const char* reason) {
  if (!why.empty()) why += ", ";
  why += reason;
}

}  // namespace

double LateralMovement::weigh(const Contact& contact, std::string& why) const {
  const bool is_known_pair = habits_.allows_at_some_port(contact);
  double weight = is_known_pair ? kNewPort : kNewPair;
  add_reason(why, is_known_pair ? "these services at another port" : "services that never talked");
  const PortUse use = use_of(contact.port);
  if (use == PortUse::kControl || use == PortUse::kLogin) {
    weight += kControlPort;
    add_reason(why, "a port that gives control");
  } else if (use == PortUse::kDatabase) {
    weight += kDatabasePort;
    add_reason(why, "a database's port");
  }
  if (habits_.client_count(contact.server.service) <= kFewMax) {
    weight += kFewPartners;
    add_reason(why, "a server with few clients");
  }
  if (contact.client.is_known() && habits_.server_count(contact.client.service) <= kFewMax) {
    weight += kFewPartners;
    add_reason(why, "a client with few servers");
  }
  if (contact.answer != Answer::kOpened) {
    weight *= kFailedFactor;
    add_reason(why, "which came to nothing");
  }
  if (!habits_.knows(contact.client.service) || !habits_.knows(contact.server.service)) {
    weight *= kUnseenFactor;
    add_reason(why, "a service that training never saw");
  }
  if (contact.client.place == Place::kMachine || habits_.is_monitor(contact.client.service)) {
    weight *= kMonitorFactor;
    add_reason(why, "by a client that talks to many");
  }
  return weight;
}

void LateralMovement::see(const Contact& contact, std::vector<Finding>& findings) {
  if (!habits_.has_pairs() || contact.probe != Probe::kSyn || habits_.allows(contact)) return;
  if (!contact.server.is_known() || contact.client.place == Place::kUnknown) return;
  if (contact.client.service == contact.server.service) return;
  Hop hop{.time_ns = contact.first_ns,
          .source = contact.client,
          .destination = contact.server,
          .port = contact.port,
          .protocol = contact.protocol,
          .what = {}};
  Reached chain{.hops = {}, .weight = weigh(contact, hop.what)};
  const Reached* const before = reached_.find(contact.client.key);
  if (before != nullptr && contact.first_ns - before->hops.back().time_ns <= kChainNs &&
      before->hops.size() < kHopMax && before->hops.back().source.key != contact.server.key) {
    chain.hops = before->hops;
    chain.weight += before->weight + kChainBonus;
  }
  chain.hops.push_back(std::move(hop));
  if (chain.weight >= kReportMin && is_news(chain, contact.first_ns)) {
    findings.push_back(describe(chain));
  }
  // A connection that came to nothing reaches nobody.
  if (contact.answer != Answer::kOpened) return;
  Reached& reached = reached_.claim(contact.server.key);
  const bool is_stale =
      reached.hops.empty() || contact.first_ns - reached.hops.back().time_ns > kChainNs;
  // Of equals the latest: it is the likelier to be followed.
  if (is_stale || chain.weight >= reached.weight) reached = std::move(chain);
}

bool LateralMovement::is_news(const Reached& chain, TimeNs time_ns) {
  Key key = 0;
  for (const Hop& hop : chain.hops) {
    key = join(join(key, hop.source.service),
               std::uint64_t{hop.destination.service} << 16 | hop.port);
  }
  Reported& reported = reported_.claim(key);
  const bool is_news = reported.last_ns == 0 || time_ns - reported.last_ns > kQuietNs;
  reported.last_ns = time_ns;
  return is_news;
}

Finding LateralMovement::describe(const Reached& chain) const {
  const Hop& first = chain.hops.front();
  const Hop& last = chain.hops.back();
  Finding finding{.kind = Kind::kLateralMovement,
                  .severity = chain.hops.size() > 1 ? Severity::kHigh : Severity::kMedium,
                  .variant = chain.hops.size() > 1 ? "chain" : "new edge",
                  .first_ns = first.time_ns,
                  .last_ns = last.time_ns,
                  .source = first.source,
                  .targets = {{.party = last.destination, .ports = {last.port}, .open_ports = {}}},
                  .target_count = 1,
                  .hops = chain.hops};
  finding.techniques = {"T1021", "T1210"};
  finding.facts = {{"weight", chain.weight},
                   {"report_weight", kReportMin},
                   {"hop_count", std::uint64_t{chain.hops.size()}}};
  finding.is_update = chain.hops.size() > 2;
  for (const Hop& hop : chain.hops) {
    finding.summary +=
        fmt::format("{}{} ({}) reached {} ({}) at port {}: {}",
                    finding.summary.empty() ? "" : "; then ", resolver_.name(hop.source),
                    resolver_.service_name(hop.source), resolver_.name(hop.destination),
                    resolver_.service_name(hop.destination), hop.port, hop.what);
  }
  return finding;
}

}  // namespace mimir::detector
