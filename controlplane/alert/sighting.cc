// SPDX-License-Identifier: Apache-2.0
#include "controlplane/alert/sighting.h"

#include <algorithm>
#include <utility>

#include "model/detector/catalogue.h"

namespace mimir::controlplane {

namespace {

constexpr std::string_view kExfiltration = "exfiltration";

/// Scans grow by targets, and their variant says how they look so far.
bool is_of_its_source_alone(detector::Kind kind) {
  return kind == detector::Kind::kPortScan || kind == detector::Kind::kHostSweep;
}

}  // namespace

Sighting sighting_of(const Alert& alert) {
  Sighting sighting{.key = std::string(kExfiltration),
                    .detector = std::string(kExfiltration),
                    .severity = static_cast<std::uint8_t>(detector::Severity::kHigh),
                    .first_ns = alert.begin_ns,
                    .end_ns = alert.end_ns,
                    .weight = alert.score.value - alert.score.threshold,
                    .line = to_json(alert)};
  for (const std::string& service : alert.path) sighting.key += '|' + service;
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
  return sighting;
}

}  // namespace mimir::controlplane
