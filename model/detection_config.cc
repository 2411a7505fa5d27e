// SPDX-License-Identifier: Apache-2.0
#include "model/detection_config.h"

#include <algorithm>
#include <set>
#include <utility>

#include "config/quantity.h"
#include "config/yaml_document.h"
#include "model/detector/catalogue.h"
#include "model/entity/address_text.h"

namespace mimir {

namespace {

constexpr std::string_view kAnyDetector = "any";

bool is_of_windows(const SuppressionConfig& c) {
  return c.detector == detector::kExfiltrationDetector;
}

/// A service's name; what holds a slash or is an address names somebody else.
bool is_service(const std::string& text) {
  return !text.empty() && text.find('/') == std::string::npos && !entity::parse_address(text);
}

config::Section<SuppressionConfig> suppression_section() {
  using C = SuppressionConfig;
  std::vector<std::string> kinds{std::string(kAnyDetector),
                                 std::string(detector::kExfiltrationDetector)};
  for (const detector::KindText& text : detector::catalogue()) kinds.emplace_back(text.name);
  config::Section<C> section("detection.suppress[]");
  section
      .choice("detector", &C::detector, kinds,
              "Whose alarms; any: all detectors' findings. exfiltration: windows above their "
              "threshold, silent only if each hop of their path is allowed so and no other way "
              "out stands out.")
      .text("source", &C::source,
            "Who the finding is about: a service, a pod as namespace/name, an address or a range "
            "of addresses; \"\": anybody. Of exfiltration: the service that sends.")
      .text("target", &C::target,
            "And whom it concerns, in the same words; every target of the finding must be in it. "
            "Of exfiltration: the service it sends to, or outside.")
      .integer("port", &C::port,
               {.min = 0, .max = 65535, .unit = "", .help = "And at which port; 0: any."})
      .text("until", &C::until,
            "When it ends, in packet time, UTC: 2026-12-31 or 2026-12-31T12:00:00Z.")
      .text("reason", &C::reason, "Why this is no attack, for whoever reads it next year.")
      .require(
          "source", [](const C& c) { return !c.source.empty() || !c.target.empty(); },
          "detection.suppress[]: neither source nor target is given",
          "name one; a detector as a whole cannot be silenced")
      .require(
          "source",
          [](const C& c) {
            return !is_of_windows(c) || (is_service(c.source) && is_service(c.target));
          },
          "detection.suppress[]: exfiltration is allowed for an edge between two services",
          "give the services' names as source and target, or outside")
      .require(
          "port", [](const C& c) { return !is_of_windows(c) || c.port == 0; },
          "detection.suppress[].port: an edge between services has all ports", "leave it out")
      .require(
          "until", [](const C& c) { return config::parse_utc_ns(c.until).has_value(); },
          "detection.suppress[].until is no date", "write 2026-12-31 or 2026-12-31T12:00:00Z")
      .require(
          "reason", [](const C& c) { return !c.reason.empty(); },
          "detection.suppress[].reason is missing", "say why this is no attack");
  return section;
}

config::Section<ThresholdConfig> threshold_section() {
  using C = ThresholdConfig;
  constexpr std::int64_t kNsPerSecond = 1'000'000'000;
  constexpr double kThresholdMax = 1e6;
  config::Section<C> section("detection.thresholds[]");
  section
      .duration_ns("granularity", &C::granularity_ns, 0, 86'400 * kNsPerSecond,
                   "Of which windows: one of the model's; the coarsest is that of all combined.")
      .real("threshold", &C::threshold,
            {.min = -kThresholdMax,
             .max = kThresholdMax,
             .unit = "",
             .help = "A score strictly above it is an alert."})
      .require(
          "granularity", [](const C& c) { return c.granularity_ns > 0; },
          "detection.thresholds[]: a threshold has no granularity", "write granularity: 10s");
  return section;
}

bool have_own_granularities(const DetectionConfig& config) {
  std::set<std::int64_t> known;
  return std::all_of(
      config.thresholds.begin(), config.thresholds.end(),
      [&](const ThresholdConfig& each) { return known.insert(each.granularity_ns).second; });
}

}  // namespace

std::vector<detector::Suppression> DetectionConfig::suppressions() const {
  std::vector<detector::Suppression> all;
  for (const SuppressionConfig& each : suppress) {
    all.push_back({.detector = each.detector == kAnyDetector ? std::string() : each.detector,
                   .source = each.source,
                   .target = each.target,
                   .port = each.port,
                   .until_ns = config::parse_utc_ns(each.until).value_or(0),
                   .reason = each.reason});
  }
  return all;
}

config::Section<DetectionConfig> detection_section() {
  config::Section<DetectionConfig> section("detection");
  section
      .list_of("thresholds", &DetectionConfig::thresholds, threshold_section(),
               "Thresholds instead of the model's own, as mimir tune writes them.")
      .require("thresholds", have_own_granularities,
               "detection.thresholds: one granularity has two", "keep one of them")
      .list_of("suppress", &DetectionConfig::suppress, suppression_section(),
               "Alarms that nobody is told of: what is known and wanted. A history keeps them; "
               "mimir policy allow says what one more would have held back.");
  return section;
}

std::optional<DetectionConfig> read_detection_config(std::string_view text, std::string_view file,
                                                     config::Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.error_count();
  const std::optional<config::Node> root = config::parse_yaml(text, file, diagnostics);
  if (!root) return std::nullopt;
  DetectionConfig read = detection_section().read(*root, diagnostics);
  if (diagnostics.error_count() > errors_before) return std::nullopt;
  return read;
}

}  // namespace mimir
