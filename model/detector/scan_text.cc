// SPDX-License-Identifier: Apache-2.0
#include "model/detector/scan_text.h"

#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "model/detector/contact.h"

namespace mimir::detector {

namespace {

constexpr TimeNs kSlowNs = 60 * kNsPerSecond;

Probe most_used(const std::array<std::uint32_t, 7>& probes) {
  return static_cast<Probe>(std::max_element(probes.begin(), probes.end()) - probes.begin());
}

void add_port(std::vector<std::uint16_t>& ports, std::uint16_t port) {
  const auto place = std::lower_bound(ports.begin(), ports.end(), port);
  if (place != ports.end() && *place == port) return;
  if (ports.size() < kPortMax) ports.insert(place, port);
}

// Hosts in the order of trying; those of which something answered go before others that
// would not be listed.
std::vector<Endpoint> endpoints_of(const std::vector<TriedPort>& tried) {
  std::vector<Endpoint> all;
  for (const TriedPort& each : tried) {
    auto found = std::find_if(all.begin(), all.end(), [&](const Endpoint& endpoint) {
      return endpoint.party.key == each.server.key;
    });
    if (found == all.end()) {
      all.push_back({.party = each.server, .ports = {}, .open_ports = {}});
      found = all.end() - 1;
    }
    if (each.port != 0) add_port(each.is_open ? found->open_ports : found->ports, each.port);
  }
  if (all.size() > kTargetMax) {
    std::stable_partition(all.begin(), all.end(),
                          [](const Endpoint& endpoint) { return !endpoint.open_ports.empty(); });
    all.resize(kTargetMax);
  }
  return all;
}

std::string open_text(const std::vector<Endpoint>& endpoints, const Resolver& resolver) {
  std::string text;
  for (const Endpoint& endpoint : endpoints) {
    if (endpoint.open_ports.empty()) continue;
    text += fmt::format("{}{}:{}", text.empty() ? "; open: " : ", ", resolver.name(endpoint.party),
                        fmt::join(endpoint.open_ports, ","));
    if (text.size() > 200) return text + ", ...";
  }
  return text;
}

}  // namespace

Finding describe_scan(const ScanShape& shape, const Resolver& resolver) {
  const Probe probe = most_used(shape.probes);
  const bool is_echo = probe == Probe::kEcho;
  const bool is_sweep = is_echo || (shape.host_count >= 3 && shape.port_count <= 2);
  const bool is_outside = shape.source.place == Place::kOutside;
  Finding finding{
      .kind = is_sweep ? Kind::kHostSweep : Kind::kPortScan,
      .severity = is_outside || probe == Probe::kUdp ? Severity::kMedium : Severity::kHigh,
      .first_ns = shape.first_ns,
      .last_ns = shape.last_ns,
      .source = shape.source,
      .targets = endpoints_of(shape.tried),
      .target_count = shape.host_count};
  const std::uint64_t tried_count = shape.failed_count + shape.opened_count;
  const TimeNs between_ns = (shape.last_ns - shape.first_ns) /
                            static_cast<TimeNs>(std::max<std::uint64_t>(tried_count, 2) - 1);
  const char* const direction = is_sweep                ? "horizontal"
                                : shape.host_count <= 2 ? "vertical"
                                                        : "block";
  finding.variant = fmt::format("{}{} {}", between_ns >= kSlowNs ? "slow " : "",
                                is_echo ? "ping" : direction, name(probe));
  if (is_outside) finding.techniques.push_back("T1595.001");
  if (is_sweep) finding.techniques.push_back("T1018");
  if (!is_echo) finding.techniques.push_back("T1046");
  finding.facts = {{"failed_first_contacts", shape.failed_count},
                   {"opened_first_contacts", shape.opened_count},
                   {"failed_at_decision", shape.failed_at_decision},
                   {"hosts", shape.host_count},
                   {"ports", shape.port_count},
                   {"expected_opened_share", shape.opened_share_expected},
                   {"log_likelihood_ratio", shape.log_ratio},
                   {"log_threshold", shape.log_threshold}};
  finding.summary = fmt::format(
      "{} tried {}{} address{} and {} port{} ({}): {} of {} first contacts failed{}",
      resolver.name(shape.source), shape.is_host_count_least ? "at least " : "", shape.host_count,
      shape.host_count == 1 ? "" : "es", shape.port_count, shape.port_count == 1 ? "" : "s",
      finding.variant, shape.failed_count, tried_count, open_text(finding.targets, resolver));
  return finding;
}

}  // namespace mimir::detector
