// SPDX-License-Identifier: Apache-2.0
#include "model/detector/payload_rules.h"

#include <algorithm>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

namespace mimir::detector {

namespace {

bool are_of_one(const PayloadFact& a, const PayloadFact& b) {
  return a.key == b.key && a.direction == b.direction && a.value[0] == b.value[0];
}

// MITRE ATT&CK: exfiltration; unsecured credentials; tools of an attacker.
std::vector<std::string_view> techniques_of(RuleKind kind) {
  switch (kind) {
    case RuleKind::kCredential:
      return {"T1048", "T1552"};
    case RuleKind::kTool:
      return {"T1595", "T1059"};
    case RuleKind::kData:
    case RuleKind::kCustom:
      break;
  }
  return {"T1048"};
}

}  // namespace

void PayloadRules::look_at(const Window& window, std::vector<Finding>& findings) {
  matches_.clear();
  for (const PayloadFact& fact : window.facts) {
    if (fact.kind == FactKind::kRuleMatch && rule_of(fact) != nullptr) matches_.push_back(&fact);
  }
  // Stable: within one flow and rule they stay in the order of time.
  std::ranges::stable_sort(matches_, [](const PayloadFact* a, const PayloadFact* b) {
    return std::tie(a->key, a->direction, a->value[0]) <
           std::tie(b->key, b->direction, b->value[0]);
  });
  for (std::size_t i = 0; i < matches_.size();) {
    Sum sum{.first = matches_[i], .last_ns = matches_[i]->time_ns, .count = 0};
    for (; i < matches_.size() && are_of_one(*sum.first, *matches_[i]); ++i) {
      sum.count += matches_[i]->value[1];
      sum.last_ns = matches_[i]->time_ns;
    }
    judge(sum, findings);
  }
}

const PayloadRule* PayloadRules::rule_of(const PayloadFact& fact) const {
  const std::vector<PayloadRule>& rules = rule_sets_[fact.value[0] / PayloadFact::kRuleSetSpan];
  const std::size_t place = fact.value[0] % PayloadFact::kRuleSetSpan;
  return place < rules.size() ? &rules[place] : nullptr;
}

void PayloadRules::judge(const Sum& sum, std::vector<Finding>& findings) {
  const PayloadFact& fact = *sum.first;
  const PayloadRule& rule = *rule_of(fact);
  if (sum.count < rule.count_min) return;
  const bool is_from_low = fact.direction == mimir::Direction::kLowToHigh;
  const Party sender =
      resolver_.resolve(is_from_low ? fact.key.low_address : fact.key.high_address, fact.time_ns);
  const Party receiver =
      resolver_.resolve(is_from_low ? fact.key.high_address : fact.key.low_address, fact.time_ns);
  const bool is_leaving = receiver.place == Place::kOutside && sender.place != Place::kOutside;
  if (rule.is_of_leaving_flows && !is_leaving) return;
  Pair& pair = pairs_.claim(join(join(sender.key, receiver.key), fact.value[0]));
  pair.last_ns = sum.last_ns;
  if (pair.reported_ns != 0 && sum.last_ns - pair.reported_ns < kQuietNs) return;
  pair.reported_ns = sum.last_ns;
  const std::uint16_t port = is_from_low ? fact.key.high_port : fact.key.low_port;
  Finding finding{.kind = Kind::kPayloadRule,
                  .severity = rule.severity,
                  .variant = rule.id,
                  .first_ns = fact.time_ns,
                  .last_ns = sum.last_ns,
                  .source = sender,
                  .targets = {{.party = receiver, .ports = {port}, .open_ports = {}}},
                  .target_count = 1};
  finding.techniques = techniques_of(rule.kind);
  finding.facts = {{"rule", rule.id},
                   {"rule_kind", std::string(mimir::name(rule.kind))},
                   {"matches", sum.count},
                   {"offset", std::uint64_t{fact.value[2]}},
                   {"application", std::string(mimir::name(fact.application))}};
  if (!fact.first_text().empty()) {
    finding.facts.push_back({"sample", std::string(fact.first_text())});
  }
  finding.summary = fmt::format("{} sent {}: {} ({} match{} of rule {})", resolver_.name(sender),
                                resolver_.name(receiver), rule.description, sum.count,
                                sum.count == 1 ? "" : "es", rule.id);
  findings.push_back(std::move(finding));
}

}  // namespace mimir::detector
