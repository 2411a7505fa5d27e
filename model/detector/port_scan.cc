// SPDX-License-Identifier: Apache-2.0
#include "model/detector/port_scan.h"

#include <algorithm>
#include <cmath>

#include "dataplane/record/connection.h"

namespace mimir::detector {

namespace {

constexpr double kCommonFailureWeight = 0.25;
/// Of datagrams: so many want no answer that a failure says less.
constexpr double kDatagramOpenedShareMax = 0.6;
constexpr double kDatagramScannerShare = 0.1;
/// Ten times likelier of a scanner than of anyone else: two of them are enough.
constexpr double kStealthStep = 2.302585092994046;
constexpr std::size_t kHostMax = 1024;
constexpr std::size_t kTriedMax = 256;
constexpr TimeNs kFailureMemoryNs = 3600 * kNsPerSecond;
constexpr double kWayFading = 0.9;
constexpr std::uint64_t kOneWayPacketsMin = 3;

}  // namespace

PortScan::PortScan(const Resolver& resolver, const KnownHabits& habits, const ScanOptions& options)
    : resolver_(resolver),
      habits_(habits),
      options_(options),
      threshold_(std::log(options.detection_probability / options.false_alarm_probability)),
      walks_(options.source_count_max),
      suspects_(options.suspect_count_max),
      servers_(options.server_count_max),
      contacts_(options.contact_count_max) {}

void PortScan::look_at(const Window& window) {
  two_way_flows_ *= kWayFading;
  one_way_flows_ *= kWayFading;
  for (const FlowRecord& record : window.records) {
    if (record.packets[0] > 0 && record.packets[1] > 0) {
      ++two_way_flows_;
      continue;
    }
    const std::size_t sender = record.packets[0] > 0 ? 0 : 1;
    if (record.key.protocol == kProtocolTcp && (record.signs[sender] & kSentAck) != 0 &&
        record.packets[sender] >= kOneWayPacketsMin) {
      ++one_way_flows_;
    }
  }
}

double PortScan::step_of(const Contact& contact, double theta_0) const {
  if (contact.is_stealth()) return kStealthStep;
  double theta_1 = options_.scanner_opened_share;
  if (contact.probe == Probe::kUdp && contact.answer == Answer::kNone) {
    theta_0 = std::min(theta_0, kDatagramOpenedShareMax);
    theta_1 = std::min(theta_1, kDatagramScannerShare);
  }
  if (contact.has_failed()) return std::log((1 - theta_1) / (1 - theta_0));
  return std::log(theta_1 / theta_0);
}

bool PortScan::is_common_failure(const Contact& contact, Server& server) const {
  if (server.has_answered) return true;
  if (contact.first_ns - server.last_ns > kFailureMemoryNs) server.failing_count = 0;
  const auto source = static_cast<std::uint32_t>(contact.client.key >> 32);
  const auto end = server.failing.begin() + server.failing_count;
  if (std::find(server.failing.begin(), end, source) != end) return false;
  if (server.failing_count == server.failing.size()) return true;
  server.failing[server.failing_count++] = source;
  return false;
}

void PortScan::fade(Walk& walk, TimeNs time_ns) const {
  if (time_ns <= walk.updated_ns) return;
  const double lives =
      static_cast<double>(time_ns - walk.updated_ns) / static_cast<double>(options_.half_life_ns);
  walk.ratio *= std::exp2(-lives);
  walk.updated_ns = time_ns;
}

void PortScan::remember_address(const Contact& contact) {
  // Of the cluster's own sources alone: these are few, and it is they who watch pods.
  if (!contact.client.is_of_cluster() || !contact.server.is_known()) return;
  if (contact.has_failed()) return;
  const Key server_key = join(key_of(contact.server.address, resolver_.secret()),
                              std::uint64_t{contact.port} << 8 | contact.protocol);
  contacts_.claim(join(contact.client.key, server_key)).last_ns =
      std::max(contact.first_ns, TimeNs{1});
}

void PortScan::see(const Contact& contact) {
  remember_address(contact);
  if (habits_.allows(contact)) return;
  const bool is_quiet = contact.protocol != kProtocolTcp && contact.answer == Answer::kNone;
  if (is_quiet && one_way_flows_ > two_way_flows_) return;
  // What may quote a datagram may be an error: believed once the source was answered.
  if (contact.may_be_error) {
    const Suspect* const suspect = suspects_.find(contact.client.key);
    if (suspect == nullptr || suspect->opened_count == 0) return;
  }
  const Key server_key =
      join(contact.server.key, std::uint64_t{contact.port} << 8 | contact.protocol);
  Seen& seen = contacts_.claim(join(contact.client.key, server_key));
  const bool is_first = seen.last_ns == 0;
  const bool had_failed = seen.has_failed;
  seen.last_ns = std::max(contact.first_ns, TimeNs{1});
  if (contact.has_failed()) {
    if (!is_first && !contact.is_stealth()) return;
    if (!is_first && had_failed) return;
    seen.has_failed = true;
    Server& server = servers_.claim(server_key);
    double step = step_of(contact, habits_.opened_share(contact.client));
    if (!contact.is_stealth() && is_common_failure(contact, server)) {
      step *= kCommonFailureWeight;
    }
    server.last_ns = contact.first_ns;
    fail(contact, step);
    return;
  }
  Server& server = servers_.claim(server_key);
  server.has_answered = true;
  server.last_ns = contact.first_ns;
  seen.has_failed = false;
  if (is_first || had_failed) open(contact);
}

void PortScan::open(const Contact& contact) {
  const TriedPort tried{.server = contact.server, .port = contact.port, .is_open = true};
  Suspect* suspect = suspects_.find(contact.client.key);
  if (suspect == nullptr && contact.probe == Probe::kEcho) {
    // An answered echo is what makes the unanswered ones believable.
    suspect = &suspects_.claim(contact.client.key);
    suspect->source = contact.client;
    suspect->first_ns = contact.first_ns;
  }
  if (suspect != nullptr) {
    ++suspect->opened_count;
    note(*suspect, tried, contact.first_ns);
  }
  // To be answered is no merit of an echo, nor of a SYN that was not taken up.
  if (contact.probe == Probe::kEcho || contact.answer == Answer::kHalfOpen) return;
  Walk* const walk = walks_.find(contact.client.key);
  if (walk == nullptr) return;
  fade(*walk, contact.first_ns);
  walk->ratio = std::max(0.0, walk->ratio + step_of(contact, habits_.opened_share(contact.client)));
}

PortScan::Suspect& PortScan::suspect(const Contact& contact, Walk& walk) {
  const Key key = contact.client.key;
  Suspect* found = suspects_.find(key);
  if (found != nullptr && found->probes != decltype(found->probes){}) return *found;
  if (found == nullptr) found = &suspects_.claim(key);
  found->source = contact.client;
  found->opened_share = habits_.opened_share(contact.client);
  if (found->first_ns == 0) found->first_ns = contact.first_ns;
  if (walk.failed_count > 1) {
    ++found->probes[static_cast<std::size_t>(walk.first_probe)];
    note(*found, walk.first, walk.first_ns);
  }
  return *found;
}

void PortScan::fail(const Contact& contact, double step) {
  const Key key = contact.client.key;
  Walk& walk = walks_.claim(key);
  if (Suspect* const old = suspects_.find(key);
      old != nullptr && contact.first_ns - old->last_ns > options_.episode_gap_ns) {
    if (old->reported_count > 0) walk = {};
    suspects_.erase(key);
  }
  fade(walk, contact.first_ns);
  walk.updated_ns = std::max(walk.updated_ns, contact.first_ns);
  // Twice the threshold and no more, so that even a long scan is over some time.
  walk.ratio = std::min(walk.ratio + step, 2 * threshold_);
  const TriedPort tried{.server = contact.server, .port = contact.port};
  if (++walk.failed_count == 1) {
    walk.first_probe = contact.probe;
    walk.first_ns = contact.first_ns;
    walk.first = tried;
    return;
  }
  Suspect& here = suspect(contact, walk);
  here.ratio = walk.ratio;
  ++here.probes[static_cast<std::size_t>(contact.probe)];
  note(here, tried, contact.first_ns);
  if (walk.ratio < threshold_) return;
  if (here.failed_at_decision == 0) here.failed_at_decision = walk.failed_count;
  const bool has_grown = walk.failed_count >= kReportFactor * here.reported_count;
  if (here.is_due || (here.reported_count > 0 && !has_grown)) return;
  here.is_due = true;
  due_.push_back(key);
}

void PortScan::note(Suspect& suspect, const TriedPort& tried, TimeNs time_ns) {
  suspect.first_ns = std::min(suspect.first_ns, time_ns);
  suspect.last_ns = std::max(suspect.last_ns, time_ns);
  const Key host = tried.server.key;
  const auto place = std::lower_bound(suspect.hosts.begin(), suspect.hosts.end(), host);
  const bool is_new = place == suspect.hosts.end() || *place != host;
  if (is_new && suspect.hosts.size() < kHostMax) suspect.hosts.insert(place, host);
  suspect.ports.set(tried.port);
  if (suspect.tried.size() < kTriedMax) {
    suspect.tried.push_back(tried);
    return;
  }
  // An open port is worth a place that a closed one holds.
  const auto closed = std::find_if(suspect.tried.rbegin(), suspect.tried.rend(),
                                   [](const TriedPort& each) { return !each.is_open; });
  if (tried.is_open && closed != suspect.tried.rend()) *closed = tried;
}

void PortScan::report(std::vector<Finding>& findings) {
  for (const Key key : due_) {
    Suspect* const suspect = suspects_.find(key);
    const Walk* const walk = walks_.find(key);
    if (suspect == nullptr || walk == nullptr || !suspect->is_due) continue;
    findings.push_back(describe(*suspect, walk->failed_count));
    suspect->is_due = false;
    suspect->reported_count = walk->failed_count;
  }
  due_.clear();
}

Finding PortScan::describe(const Suspect& suspect, std::uint32_t failed_count) const {
  const ScanShape shape{.source = suspect.source,
                        .first_ns = suspect.first_ns,
                        .last_ns = suspect.last_ns,
                        .host_count = suspect.hosts.size(),
                        .is_host_count_least = suspect.hosts.size() == kHostMax,
                        .port_count = suspect.ports.count(),
                        .failed_count = failed_count,
                        .opened_count = suspect.opened_count,
                        .failed_at_decision = suspect.failed_at_decision,
                        .opened_share_expected = suspect.opened_share,
                        .log_ratio = suspect.ratio,
                        .log_threshold = threshold_,
                        .probes = suspect.probes,
                        .tried = suspect.tried};
  Finding finding = describe_scan(shape, resolver_);
  finding.is_update = suspect.reported_count > 0;
  return finding;
}

}  // namespace mimir::detector
