// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/record/payload_fact.h"
#include "model/detector/bounded_table.h"
#include "model/detector/finding.h"
#include "model/detector/party.h"
#include "model/window.h"

namespace mimir::detector {

/// What a match of a rule means; by the rule's place in its set.
struct PayloadRule {
  std::string id;
  std::string description;
  RuleKind kind = RuleKind::kCustom;
  Severity severity = Severity::kMedium;
  std::uint64_t count_min = 1;  ///< matches of a flow, direction and window
  bool is_of_leaving_flows = true;
};

/// What rules found in the payload of flows. Those about data count what is sent out of
/// the cluster alone; the same pair of ends and rule is told once an hour.
///
/// Threads: one owner. Memory: fixed. Cost: a sort of the window's matches.
class PayloadRules {
 public:
  static constexpr std::size_t kPairCountMax = 8192;

  /// `rules` may be empty; then facts of rules say nothing.
  PayloadRules(const Resolver& resolver, std::vector<PayloadRule> rules)
      : resolver_(resolver), rule_sets_{std::move(rules), {}}, pairs_(kPairCountMax) {}

  /// Takes in what facts from number `first_rule` on mean: 0 or PayloadFact::kRuleSetSpan.
  void set_rules(std::uint16_t first_rule, std::vector<PayloadRule> rules) {
    rule_sets_[first_rule / PayloadFact::kRuleSetSpan] = std::move(rules);
  }

  void look_at(const Window& window, std::vector<Finding>& findings);

 private:
  struct Pair {
    TimeNs last_ns = 0;
    TimeNs reported_ns = 0;  ///< 0: never
    [[nodiscard]] double rank() const { return static_cast<double>(last_ns); }
  };
  /// The matches of one rule in one direction of a flow.
  struct Sum {
    const PayloadFact* first;
    TimeNs last_ns;
    std::uint64_t count;
  };

  /// Null for what is no rule's number.
  [[nodiscard]] const PayloadRule* rule_of(const PayloadFact& fact) const;
  void judge(const Sum& sum, std::vector<Finding>& findings);

  const Resolver& resolver_;
  std::array<std::vector<PayloadRule>, 2> rule_sets_;
  BoundedTable<Pair> pairs_;
  std::vector<const PayloadFact*> matches_;
};

}  // namespace mimir::detector
