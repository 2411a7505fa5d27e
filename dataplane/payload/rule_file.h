// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/section.h"
#include "dataplane/payload/rule_check.h"
#include "dataplane/record/application.h"

namespace mimir::payload {

enum class RuleSeverity : std::uint8_t { kLow, kMedium, kHigh };

/// Texts that prove a rule: they are tried whenever the rule is read.
struct RuleTests {
  std::vector<std::string> match;
  std::vector<std::string> no_match;
};

/// Something to look for in payload, as it is written in a file of rules.
struct Rule {
  std::string id;
  std::string description;
  RuleKind kind = RuleKind::kCustom;
  RuleSeverity severity = RuleSeverity::kMedium;
  std::vector<std::string> patterns;
  bool ignores_case = false;
  RuleCheck check = RuleCheck::kNone;
  std::uint32_t count_min = 1;
  bool is_of_leaving_flows = true;
  RuleTests tests;

  std::vector<config::Diagnostic> pattern_places;  ///< of each pattern; messages are empty
};

[[nodiscard]] config::Section<Rule> rule_section();
/// What a file of rules consists of, for whoever tells of it.
[[nodiscard]] std::vector<config::SectionText> rule_texts();

/// Reads a file of rules: `rules:` and a list. Every fault is told at its place.
/// `rules` gets what could be read. False if there was a fault.
[[nodiscard]] bool read_rules(std::string_view text, std::string_view file,
                              std::vector<Rule>& rules, config::Diagnostics& diagnostics);

/// A file that is part of the executable: config/rules/<name>.yaml as it was when this
/// was built.
struct BuiltInRules {
  std::string_view name;
  std::string_view text;
};
[[nodiscard]] std::span<const BuiltInRules> built_in_rules();

/// The rules of all of them.
[[nodiscard]] std::vector<Rule> read_built_in_rules();

}  // namespace mimir::payload
