// SPDX-License-Identifier: Apache-2.0
#include "tools/detection.h"

#include <utility>

#include <fmt/format.h>

namespace mimir::tools {

namespace {

detector::Resolver resolver_of(const DetectionOptions& options) {
  if (options.context == nullptr) return detector::Resolver(options.secret);
  return {*options.context->cluster, options.context->observation, options.secret};
}

detector::KnownHabits habits_of(const DetectionOptions& options) {
  if (options.context == nullptr || options.model == nullptr) return {};
  return {options.model->context.contacts, *options.context->cluster};
}

detector::Severity to_severity(payload::RuleSeverity severity) {
  switch (severity) {
    case payload::RuleSeverity::kHigh:
      return detector::Severity::kHigh;
    case payload::RuleSeverity::kMedium:
      return detector::Severity::kMedium;
    case payload::RuleSeverity::kLow:
      break;
  }
  return detector::Severity::kLow;
}

}  // namespace

std::vector<detector::PayloadRule> payload_rules_of(const payload::Signatures* signatures) {
  std::vector<detector::PayloadRule> rules;
  if (signatures == nullptr) return rules;
  for (const payload::Rule& rule : signatures->rules()) {
    rules.push_back({.id = rule.id,
                     .description = rule.description,
                     .kind = rule.kind,
                     .severity = to_severity(rule.severity),
                     .count_min = rule.count_min,
                     .is_of_leaving_flows = rule.is_of_leaving_flows});
  }
  return rules;
}

Detection::Detection(DetectionOptions options, Sink sink)
    : resolver_(resolver_of(options)),
      habits_(habits_of(options)),
      detectors_(resolver_, habits_, payload_rules_of(options.signatures)),
      suppressor_(std::move(options.suppressions)),
      sink_(std::move(sink)) {
  if (options.model != nullptr) {
    origin_ = {.model_name = options.model->context.name,
               .model_digest = std::move(options.model_digest)};
  }
}

void Detection::add(const Window& window) {
  window_ = controlplane::window_of(window);
  report(detectors_.add(window));
}

void Detection::flush() { report(detectors_.flush()); }

void Detection::report(const std::vector<detector::Finding>& findings) {
  for (const detector::Finding& finding : findings) {
    if (suppressor_.covers(finding, resolver_)) continue;
    ++alert_count_;
    recent_.add(finding, window_.end_ns, resolver_);
    sink_(controlplane::sighting_of(finding, window_, origin_, resolver_));
  }
}

std::string Detection::describe() const {
  std::string text =
      fmt::format("detectors {} alerts, {} suppressed, {} habits of the training\n", alert_count_,
                  suppressor_.suppressed_count(), detectors_.habitual_count());
  if (detectors_.forgotten_source_count() > 0 || detectors_.hurried_contact_count() > 0) {
    text += fmt::format("  full     {} sources forgotten, {} contacts judged before their answer\n",
                        detectors_.forgotten_source_count(), detectors_.hurried_contact_count());
  }
  for (const detector::Suppressor::Use& use : suppressor_.uses()) {
    if (use.expired_count == 0) continue;
    text += fmt::format("  expired  {} alerts that a suppression covered until {}: {}\n",
                        use.expired_count, controlplane::to_timestamp(use.suppression.until_ns),
                        use.suppression.reason);
  }
  return text;
}

}  // namespace mimir::tools
