// SPDX-License-Identifier: Apache-2.0
#include "dataplane/payload/signatures.h"

#include <algorithm>
#include <utility>

#include "dataplane/payload/application_table.h"

namespace mimir::payload {

namespace {

std::vector<pattern::Pattern> patterns_of(std::span<const Rule> rules) {
  std::vector<pattern::Pattern> patterns;
  for (const Rule& rule : rules) {
    for (const std::string& expression : rule.patterns) {
      patterns.push_back({.expression = expression,
                          .id = static_cast<std::uint32_t>(patterns.size()),
                          .ignores_case = rule.ignores_case});
    }
  }
  return patterns;
}

const config::Diagnostic& place_of(std::span<const Rule> rules, std::size_t pattern) {
  std::size_t before = 0;
  for (const Rule& rule : rules) {
    if (pattern < before + rule.patterns.size()) return rule.pattern_places[pattern - before];
    before += rule.patterns.size();
  }
  return rules.front().pattern_places.front();
}

}  // namespace

std::unique_ptr<const Signatures> Signatures::make(std::vector<Rule> rules,
                                                   std::span<const char> cached,
                                                   config::Diagnostics& diagnostics) {
  std::vector<pattern::Pattern> patterns;
  for (const ApplicationPattern& row : application_patterns()) {
    patterns.push_back({.expression = row.expression,
                        .id = static_cast<std::uint32_t>(patterns.size()),
                        .reports_once = true});
  }
  pattern::PatternFault fault;
  std::optional<pattern::PatternSet> applications = pattern::PatternSet::compile(patterns, fault);
  if (!applications) {
    diagnostics.error({}, "the built-in pattern `" + patterns[fault.index].expression +
                              "` does not compile: " + fault.message);
    return nullptr;
  }
  std::unique_ptr<Signatures> made(new Signatures(std::move(rules), std::move(*applications)));
  if (made->rules_.empty()) return made;
  if (!made->compile_rules(cached, diagnostics) || !made->prove_rules(diagnostics)) return nullptr;
  return made;
}

bool Signatures::compile_rules(std::span<const char> cached, config::Diagnostics& diagnostics) {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    traits_.insert(
        traits_.end(), rules_[i].patterns.size(),
        {.rule = static_cast<std::uint16_t>(i), .kind = rules_[i].kind, .check = rules_[i].check});
  }
  if (!cached.empty()) rule_set_ = pattern::PatternSet::restore(cached);
  if (rule_set_) return true;
  pattern::PatternFault fault;
  rule_set_ = pattern::PatternSet::compile(patterns_of(rules_), fault);
  if (rule_set_) return true;
  config::Diagnostic diagnostic = place_of(rules_, fault.index);
  diagnostic.message = "the pattern does not compile: " + fault.message;
  diagnostic.hint = "PCRE without look-around and back references";
  diagnostics.add(std::move(diagnostic));
  return false;
}

bool Signatures::prove_rules(config::Diagnostics& diagnostics) const {
  const std::size_t errors_before = diagnostics.error_count();
  const auto refuse = [&](const Rule& rule, const std::string& text, const char* verb) {
    config::Diagnostic diagnostic = rule.pattern_places.front();
    diagnostic.message = "rule `" + rule.id + "` " + verb + " in its own test `" + text + "`";
    diagnostic.hint = "mend the pattern or the test";
    diagnostics.add(std::move(diagnostic));
  };
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const auto finds = [&](const std::string& text) {
      return std::ranges::count(rules_in(text), i) != 0;
    };
    for (const std::string& text : rules_[i].tests.match) {
      if (!finds(text)) refuse(rules_[i], text, "finds nothing");
    }
    for (const std::string& text : rules_[i].tests.no_match) {
      if (finds(text)) refuse(rules_[i], text, "finds something");
    }
  }
  return diagnostics.error_count() == errors_before;
}

std::string Signatures::cache_key(std::span<const Rule> rules) {
  std::string key = pattern::PatternSet::library_version();
  for (const pattern::Pattern& pattern : patterns_of(rules)) {
    key += '\n';
    key += pattern.ignores_case ? 'i' : ' ';
    key += pattern.expression;
  }
  return key;
}

std::vector<char> Signatures::to_cache() const {
  return rule_set_ ? rule_set_->serialise() : std::vector<char>{};
}

InspectorOptions Signatures::lend(InspectorOptions options) const {
  options.applications = applications_.database();
  options.rules = rule_set_ ? rule_set_->database() : nullptr;
  options.traits = traits_;
  return options;
}

std::vector<std::size_t> Signatures::rules_in(std::string_view text) const {
  std::vector<std::size_t> found;
  if (!rule_set_) return found;
  struct Context {
    std::span<const RuleTrait> traits;
    std::span<const std::byte> bytes;
    std::vector<std::size_t>& found;
  };
  Context context{traits_, std::as_bytes(std::span(text.data(), text.size())), found};
  const pattern::ScratchPtr scratch = pattern::make_scratch(rule_set_->database(), nullptr);
  if (scratch == nullptr) return found;
  const auto note = [](void* argument, std::uint32_t id, std::size_t end) noexcept {
    Context& here = *static_cast<Context*>(argument);
    const RuleTrait& trait = here.traits[id];
    if (passes(trait.check, here.bytes, end)) here.found.push_back(trait.rule);
    return false;
  };
  pattern::scan(rule_set_->database(), scratch.get(), context.bytes, note, &context);
  return found;
}

}  // namespace mimir::payload
