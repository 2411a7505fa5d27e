// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "dataplane/pattern/pattern_set.h"
#include "dataplane/payload/inspector.h"
#include "dataplane/payload/rule_file.h"

namespace mimir::payload {

/// Everything that is looked for in payload, compiled. Immutable; shared by all workers,
/// which it outlives.
class Signatures {
 public:
  /// The ways in which applications begin, and the rules, of which there may be none. A
  /// rule that does not compile, or that its own tests refute, is named with its place;
  /// then there is nothing. `cached` is what to_cache() gave for the same rules, or empty.
  /// Cost: the patterns are compiled, a few milliseconds each, unless they are cached.
  [[nodiscard]] static std::unique_ptr<const Signatures> make(std::vector<Rule> rules,
                                                              std::span<const char> cached,
                                                              config::Diagnostics& diagnostics);

  /// What a cached set of rules depends on, as text: its digest names the cache.
  [[nodiscard]] static std::string cache_key(std::span<const Rule> rules);
  /// The compiled rules; empty if there are none.
  [[nodiscard]] std::vector<char> to_cache() const;

  [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }

  /// For a worker: `options` with what is looked for.
  [[nodiscard]] InspectorOptions lend(InspectorOptions options = {}) const;

  /// The rules that find something in `text`, by place in rules().
  [[nodiscard]] std::vector<std::size_t> rules_in(std::string_view text) const;

 private:
  Signatures(std::vector<Rule> rules, pattern::PatternSet applications)
      : rules_(std::move(rules)), applications_(std::move(applications)) {}

  bool compile_rules(std::span<const char> cached, config::Diagnostics& diagnostics);
  bool prove_rules(config::Diagnostics& diagnostics) const;

  std::vector<Rule> rules_;
  pattern::PatternSet applications_;
  std::optional<pattern::PatternSet> rule_set_;
  std::vector<RuleTrait> traits_;
};

}  // namespace mimir::payload
