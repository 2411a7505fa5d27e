// SPDX-License-Identifier: Apache-2.0
#include "tools/detection.h"

#include <utility>

#include <fmt/format.h>

#include "controlplane/alert/alert_subject.h"

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
    : options_(std::move(options)),
      resolver_(resolver_of(options_)),
      habits_(habits_of(options_)),
      rule_sets_{payload_rules_of(options_.signatures), {}},
      detectors_(std::in_place, resolver_, habits_, rule_sets_[0]),
      suppressor_(std::exchange(options_.suppressions, {})),
      sink_(std::move(sink)) {
  if (options_.model != nullptr) {
    origin_ = {.model_name = options_.model->context.name, .model_digest = options_.model_digest};
  }
}

void Detection::move_to(const ClusterContext& context, bool is_renumbered) {
  if (is_renumbered) report(detectors_->flush());
  options_.context = &context;
  resolver_ = resolver_of(options_);
  habits_ = habits_of(options_);
  if (!is_renumbered) return;
  detectors_.emplace(resolver_, habits_, rule_sets_[0]);
  detectors_->set_rules(PayloadFact::kRuleSetSpan, rule_sets_[1]);
}

void Detection::add(const Window& window) {
  window_ = controlplane::window_of(window);
  report(detectors_->add(window));
}

void Detection::adopt(const learn::Model& model, const std::string& model_digest,
                      std::vector<detector::Suppression> suppressions) {
  options_.model = &model;
  habits_ = habits_of(options_);
  suppressor_.replace(std::move(suppressions));
  origin_ = {.model_name = model.context.name, .model_digest = model_digest};
}

void Detection::set_rules(std::uint16_t first_rule, const payload::Signatures* signatures) {
  auto& rules = rule_sets_[first_rule / PayloadFact::kRuleSetSpan];
  rules = payload_rules_of(signatures);
  detectors_->set_rules(first_rule, rules);
}

void Detection::flush() { report(detectors_->flush()); }

void Detection::report(const std::vector<detector::Finding>& findings) {
  for (const detector::Finding& finding : findings) {
    const bool is_told = tell(subject_of(finding, resolver_),
                              controlplane::sighting_of(finding, window_, origin_, resolver_));
    if (!is_told) continue;
    ++alert_count_;
    recent_.add(finding, window_.end_ns, resolver_);
  }
}

void Detection::report(controlplane::Alert& alert) {
  alert.related = recent_.about(alert.path, alert.begin_ns);
  (void)tell(controlplane::subject_of(alert), controlplane::sighting_of(alert));
}

bool Detection::tell(const detector::SuppressionSubject& subject, controlplane::Sighting sighting) {
  const auto by = suppressor_.cover(subject);
  if (!by.empty()) controlplane::mark_suppressed(by, sighting);
  sink_(std::move(sighting));
  return by.empty();
}

std::string Detection::describe() const {
  std::string text =
      fmt::format("detectors {} alerts, {} suppressed, {} habits of the training\n", alert_count_,
                  suppressor_.suppressed_count(), detectors_->habitual_count());
  if (detectors_->forgotten_source_count() > 0 || detectors_->hurried_contact_count() > 0) {
    text += fmt::format("  full     {} sources forgotten, {} contacts judged before their answer\n",
                        detectors_->forgotten_source_count(), detectors_->hurried_contact_count());
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
