// SPDX-License-Identifier: Apache-2.0
#include "dataplane/payload/rule_file.h"

#include <algorithm>
#include <utility>

#include "config/yaml_document.h"

namespace mimir::payload {

namespace {

constexpr std::size_t kRuleMax = 4096;

config::Section<RuleTests> tests_section() {
  using C = RuleTests;
  config::Section<C> section("rules[].tests");
  section.text_list("match", &C::match, "Texts that the rule must find something in.")
      .text_list("no_match", &C::no_match, "Texts that it must find nothing in.");
  return section;
}

bool is_id(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

void add_rule(const config::Node& node, std::vector<Rule>& rules,
              config::Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.error_count();
  Rule rule = rule_section().read(node, diagnostics);
  if (diagnostics.error_count() > errors_before) return;
  const config::Node* const id = node.find("id");
  const bool is_known =
      std::ranges::any_of(rules, [&](const Rule& other) { return other.id == rule.id; });
  if (is_known) {
    config::report(*id, diagnostics, "rules[]: there is another rule `" + rule.id + "`",
                   "give each rule an id of its own");
    return;
  }
  for (const config::Node& pattern : node.find("patterns")->elements) {
    rule.pattern_places.push_back({.severity = config::Severity::kError,
                                   .place = pattern.place,
                                   .message = {},
                                   .source_line = pattern.source_line,
                                   .hint = {}});
  }
  rules.push_back(std::move(rule));
}

}  // namespace

config::Section<Rule> rule_section() {
  using C = Rule;
  config::Section<C> section("rules[]");
  section.text("id", &C::id, "Its name in alerts and suppressions: lower case, digits, hyphens.")
      .text("description", &C::description,
            "What was found, in a sentence for the reader of an alert.")
      .choice("kind", &C::kind,
              {{"data", RuleKind::kData},
               {"credential", RuleKind::kCredential},
               {"tool", RuleKind::kTool},
               {"custom", RuleKind::kCustom}},
              "What it is about; flows are marked by it.")
      .choice("severity", &C::severity,
              {{"low", RuleSeverity::kLow},
               {"medium", RuleSeverity::kMedium},
               {"high", RuleSeverity::kHigh}},
              "How much an alert of it matters.")
      .text_list("patterns", &C::patterns,
                 "Regular expressions, of which one has to match: PCRE as Hyperscan has it, "
                 "without look-around and back references; a dot is any byte.")
      .boolean("ignore_case", &C::ignores_case, "Whether a and A are the same.")
      .choice("check", &C::check,
              {{"none", RuleCheck::kNone}, {"luhn", RuleCheck::kLuhn}, {"iban", RuleCheck::kIban}},
              "What must hold beside: a payment card's check digit, or an account number's.")
      .integer("count", &C::count_min,
               {.min = 1,
                .max = 1'000'000,
                .unit = "matches",
                .help = "How many in one flow and window make a finding."})
      .boolean("leaving_only", &C::is_of_leaving_flows,
               "Whether only flows out of the cluster count.")
      .section("tests", &C::tests, tests_section(), "What proves the rule.")
      .require(
          "id", [](const C& c) { return is_id(c.id); }, "rules[]: a rule has no id of a-z, 0-9, -",
          "give `id:` a name such as card-number")
      .require(
          "patterns", [](const C& c) { return !c.patterns.empty(); },
          "rules[]: a rule has no patterns", "give `patterns:` a list of regular expressions")
      .require(
          "description", [](const C& c) { return !c.description.empty(); },
          "rules[]: a rule has no description", "say what it finds; alerts repeat it")
      .require(
          "tests", [](const C& c) { return !c.tests.match.empty(); },
          "rules[]: a rule has no tests", "give `tests:` at least one text under `match:`");
  return section;
}

std::vector<config::SectionText> rule_texts() {
  return {{.name = "rules[]",
           .help = "What is looked for in the payload of flows; the file holds one list, `rules:`.",
           .keys = rule_section().keys()}};
}

bool read_rules(std::string_view text, std::string_view file, std::vector<Rule>& rules,
                config::Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.error_count();
  const std::optional<config::Node> root = config::parse_yaml(text, file, diagnostics);
  if (!root) return false;
  const config::Node* const list = root->find("rules");
  if (root->kind != config::Node::Kind::kMap || list == nullptr || root->members.size() != 1 ||
      list->kind != config::Node::Kind::kSequence) {
    config::report(*root, diagnostics, "a file of rules is one list",
                   "begin with `rules:` and each rule with `- id:`");
    return false;
  }
  for (const config::Node& node : list->elements) add_rule(node, rules, diagnostics);
  if (rules.size() > kRuleMax) {
    config::report(*list, diagnostics, "there are more than 4096 rules", "leave some out");
  }
  return diagnostics.error_count() == errors_before;
}

std::vector<Rule> read_built_in_rules() {
  std::vector<Rule> rules;
  config::Diagnostics diagnostics;  // a test reads them, and so they are well
  for (const BuiltInRules& file : built_in_rules()) {
    (void)read_rules(file.text, file.name, rules, diagnostics);
  }
  return rules;
}

}  // namespace mimir::payload
