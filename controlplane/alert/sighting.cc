// SPDX-License-Identifier: Apache-2.0
#include "controlplane/alert/sighting.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "model/detector/catalogue.h"

namespace mimir::controlplane {

namespace {

/// Scans grow by targets, and their variant says how they look so far.
bool is_of_its_source_alone(detector::Kind kind) {
  return kind == detector::Kind::kPortScan || kind == detector::Kind::kHostSweep;
}

/// Where to look first: what the pods say. What is no pod has no log.
void add_steps(const std::vector<std::string>& names, config::Json& line) {
  config::Json steps = config::Json::array();
  std::set<std::string> seen;
  for (const std::string& name : names) {
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos || name.find(' ') != std::string::npos) continue;
    if (!seen.insert(name).second) continue;
    steps.push("kubectl -n " + name.substr(0, slash) + " logs " + name.substr(slash + 1) +
               " --since=15m");
  }
  config::Json ours = *line.find("mimir");
  ours.set("next_steps", std::move(steps));
  line.set("mimir", std::move(ours));
}

}  // namespace

Sighting sighting_of(const Alert& alert) {
  Sighting sighting{.key = std::string(detector::kExfiltrationDetector),
                    .detector = std::string(detector::kExfiltrationDetector),
                    .severity = static_cast<std::uint8_t>(detector::Severity::kHigh),
                    .first_ns = alert.begin_ns,
                    .end_ns = alert.end_ns,
                    .weight = alert.score.value - alert.score.threshold,
                    .line = to_json(alert)};
  for (const std::string& service : alert.path) sighting.key += '|' + service;
  std::vector<std::string> pods;
  for (const AlertHop& hop : alert.hops) pods.push_back(hop.source);
  add_steps(pods, sighting.line);
  return sighting;
}

Sighting sighting_of(const detector::Finding& finding, const FindingWindow& window,
                     const HabitOrigin& origin, const detector::Resolver& resolver) {
  const std::string name(detector::text_of(finding.kind).name);
  Sighting sighting{.key = name,
                    .detector = name,
                    .severity = static_cast<std::uint8_t>(finding.severity),
                    .first_ns = std::min(finding.first_ns, window.end_ns),
                    .end_ns = window.end_ns,
                    .weight = -static_cast<double>(finding.severity),
                    .line = to_json(finding, window, origin, resolver)};
  if (!is_of_its_source_alone(finding.kind)) sighting.key += '|' + finding.variant;
  sighting.key += '|' + resolver.name(finding.source);
  if (!is_of_its_source_alone(finding.kind) && !finding.targets.empty()) {
    sighting.key += '|' + resolver.name(finding.targets.front().party);
  }
  std::vector<std::string> pods{resolver.name(finding.source)};
  for (const detector::Hop& hop : finding.hops) pods.push_back(resolver.name(hop.source));
  add_steps(pods, sighting.line);
  return sighting;
}

}  // namespace mimir::controlplane
