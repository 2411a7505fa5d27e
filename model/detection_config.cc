// SPDX-License-Identifier: Apache-2.0
#include "model/detection_config.h"

#include <utility>

#include "config/quantity.h"
#include "config/yaml_document.h"
#include "model/detector/catalogue.h"

namespace mimir {

namespace {

config::Section<SuppressionConfig> suppression_section() {
  using C = SuppressionConfig;
  std::vector<std::string> kinds{"any"};
  for (const detector::KindText& text : detector::catalogue()) kinds.emplace_back(text.name);
  config::Section<C> section("detection.suppress[]");
  section.choice("detector", &C::detector, kinds, "Whose findings; any: all detectors'.")
      .text("source", &C::source,
            "Who the finding is about: a service, a pod as namespace/name, an address or a range "
            "of addresses; \"\": anybody.")
      .text("target", &C::target,
            "And whom it concerns, in the same words; every target of the finding must be in it.")
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
          "until", [](const C& c) { return config::parse_utc_ns(c.until).has_value(); },
          "detection.suppress[].until is no date", "write 2026-12-31 or 2026-12-31T12:00:00Z")
      .require(
          "reason", [](const C& c) { return !c.reason.empty(); },
          "detection.suppress[].reason is missing", "say why this is no attack");
  return section;
}

}  // namespace

std::vector<detector::Suppression> DetectionConfig::suppressions() const {
  std::vector<detector::Suppression> all;
  for (const SuppressionConfig& each : suppress) {
    detector::Suppression suppression{.source = each.source,
                                      .target = each.target,
                                      .port = each.port,
                                      .until_ns = config::parse_utc_ns(each.until).value_or(0),
                                      .reason = each.reason};
    for (const detector::KindText& text : detector::catalogue()) {
      if (text.name == each.detector) suppression.kind = text.kind;
    }
    all.push_back(std::move(suppression));
  }
  return all;
}

config::Section<DetectionConfig> detection_section() {
  config::Section<DetectionConfig> section("detection");
  section.list_of("suppress", &DetectionConfig::suppress, suppression_section(),
                  "Findings of detectors that are not reported: what is known and wanted.");
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
