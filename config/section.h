// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/diagnostic.h"
#include "config/document.h"
#include "config/quantity.h"

namespace mimir::config {

/// What a key of a section is, for every reader of the table: the parser, --help,
/// the reference page and the shipped file with every key at its default.
struct KeyText {
  std::string key;
  std::string type;           ///< "whole number", "duration", "text", ...
  std::string allowed;        ///< "4 to 256", "auto, require or never"; empty if anything goes
  std::string unit;           ///< "packets"; empty where the type says it
  std::string default_value;  ///< as it would be written in YAML
  std::string help;           ///< one or two sentences: why one would change it
};

/// A key as it is in force: "dataplane.ports[0].queues", "4", and where that is written.
struct EffectiveKey {
  std::string key;
  std::string value;           ///< as it would be written in YAML
  const Node* node = nullptr;  ///< of the document it was read from; null: it is the default
};
using Effective = std::vector<EffectiveKey>;

/// Bounds and words of a whole number.
struct IntegerRow {
  std::uint64_t min = 0;
  std::uint64_t max = std::numeric_limits<std::int64_t>::max();
  std::string unit;
  std::string help;
};

/// Bounds of a number that may have a fraction.
struct RealRow {
  double min = 0;
  double max = 1;
  std::string unit;
  std::string help;
};

/// What reading a value needs to know to complain.
struct ReadContext {
  std::string path;  ///< "dataplane.rx_burst_packets"
  Diagnostics& diagnostics;
};

void report(const Node& node, Diagnostics& diagnostics, std::string message, std::string hint);

// Each reads a scalar or reports what is wrong with it and returns the fallback.
[[nodiscard]] std::uint64_t read_integer(const Node& node, const IntegerRow& row,
                                         std::uint64_t fallback, const ReadContext& context);
[[nodiscard]] double read_real(const Node& node, const RealRow& row, double fallback,
                               const ReadContext& context);
[[nodiscard]] bool read_boolean(const Node& node, bool fallback, const ReadContext& context);
[[nodiscard]] std::string read_text(const Node& node, const std::string& fallback,
                                    const ReadContext& context);
[[nodiscard]] std::vector<std::string> read_text_list(const Node& node, const ReadContext& context);
[[nodiscard]] std::vector<std::uint64_t> read_integer_list(const Node& node, std::size_t count_max,
                                                           const IntegerRow& row,
                                                           const ReadContext& context);
[[nodiscard]] std::int64_t read_duration_ns(const Node& node, std::int64_t min_ns,
                                            std::int64_t max_ns, std::int64_t fallback,
                                            const ReadContext& context);
[[nodiscard]] std::string read_choice(const Node& node, const std::vector<std::string>& allowed,
                                      const std::string& fallback, const ReadContext& context);

/// Reports a key that no row has, with the nearest one that a row has.
void report_unknown_key(const Node::Key& key, const std::string& section,
                        const std::vector<KeyText>& known, Diagnostics& diagnostics);

/// As YAML writes a text, and a list of texts, that is taken as it stands.
[[nodiscard]] std::string to_quoted(const std::string& text);
[[nodiscard]] std::string to_quoted(const std::vector<std::string>& texts);

[[nodiscard]] std::string to_list(const std::vector<std::uint64_t>& numbers);

[[nodiscard]] std::string to_words(const std::vector<std::string>& choices);

/// The shortest text that reads back as the same number.
[[nodiscard]] std::string to_real_text(double value);

/// One section of the configuration: a table of keys, each of which fills a member
/// of the plain struct `C`. What the struct holds by default is the default.
///
/// Threads: none. Made by a function of the room that owns the struct.
template <class C>
class Section {
 public:
  explicit Section(std::string name) : name_(std::move(name)) {}

  template <std::unsigned_integral T>
  Section& integer(const char* key, T C::*member, IntegerRow row) {
    if (row.max > std::numeric_limits<T>::max()) row.max = std::numeric_limits<T>::max();
    add(
        {.key = key,
         .type = "whole number",
         .allowed = std::to_string(row.min) + " to " + std::to_string(row.max),
         .unit = row.unit,
         .default_value = std::to_string(defaults_.*member),
         .help = row.help},
        [member, row](const Node& node, C& into, const ReadContext& context) {
          into.*member = static_cast<T>(read_integer(node, row, into.*member, context));
        },
        compare(key, member), write([member](const C& c) { return std::to_string(c.*member); }));
    return *this;
  }

  Section& real(const char* key, double C::*member, RealRow row) {
    add(
        {.key = key,
         .type = "number",
         .allowed = to_real_text(row.min) + " to " + to_real_text(row.max),
         .unit = row.unit,
         .default_value = to_real_text(defaults_.*member),
         .help = row.help},
        [member, row](const Node& node, C& into, const ReadContext& context) {
          into.*member = read_real(node, row, into.*member, context);
        },
        compare(key, member), write([member](const C& c) { return to_real_text(c.*member); }));
    return *this;
  }

  Section& boolean(const char* key, bool C::*member, const char* help) {
    add(
        {.key = key,
         .type = "yes or no",
         .allowed = "true or false",
         .unit = {},
         .default_value = defaults_.*member ? "true" : "false",
         .help = help},
        [member](const Node& node, C& into, const ReadContext& context) {
          into.*member = read_boolean(node, into.*member, context);
        },
        compare(key, member),
        write([member](const C& c) { return std::string(c.*member ? "true" : "false"); }));
    return *this;
  }

  Section& text(const char* key, std::string C::*member, const char* help) {
    add(
        {.key = key,
         .type = "text",
         .allowed = {},
         .unit = {},
         .default_value = to_quoted(defaults_.*member),
         .help = help},
        [member](const Node& node, C& into, const ReadContext& context) {
          into.*member = read_text(node, into.*member, context);
        },
        compare(key, member), write([member](const C& c) { return to_quoted(c.*member); }));
    return *this;
  }

  Section& text_list(const char* key, std::vector<std::string> C::*member, const char* help) {
    add(
        {.key = key,
         .type = "list of texts",
         .allowed = {},
         .unit = {},
         .default_value = to_quoted(defaults_.*member),
         .help = help},
        [member](const Node& node, C& into, const ReadContext& context) {
          into.*member = read_text_list(node, context);
        },
        compare(key, member), write([member](const C& c) { return to_quoted(c.*member); }));
    return *this;
  }

  /// At most `count_max` numbers, each within the row's bounds.
  template <std::unsigned_integral T>
  Section& integer_list(const char* key, std::vector<T> C::*member, std::size_t count_max,
                        IntegerRow row) {
    if (row.max > std::numeric_limits<T>::max()) row.max = std::numeric_limits<T>::max();
    std::vector<std::uint64_t> by_default((defaults_.*member).begin(), (defaults_.*member).end());
    add(
        {.key = key,
         .type = "list of whole numbers",
         .allowed = "at most " + std::to_string(count_max) + ", each " + std::to_string(row.min) +
                    " to " + std::to_string(row.max),
         .unit = row.unit,
         .default_value = to_list(by_default),
         .help = row.help},
        [member, count_max, row](const Node& node, C& into, const ReadContext& context) {
          const auto read = read_integer_list(node, count_max, row, context);
          (into.*member).clear();
          for (const std::uint64_t value : read) (into.*member).push_back(static_cast<T>(value));
        },
        compare(key, member), write([member](const C& c) {
          return to_list({(c.*member).begin(), (c.*member).end()});
        }));
    return *this;
  }

  Section& duration_ns(const char* key, std::int64_t C::*member, std::int64_t min_ns,
                       std::int64_t max_ns, const char* help) {
    add(
        duration_text(key, defaults_.*member, min_ns, max_ns, help),
        [member, min_ns, max_ns](const Node& node, C& into, const ReadContext& context) {
          into.*member = read_duration_ns(node, min_ns, max_ns, into.*member, context);
        },
        compare(key, member), write([member](const C& c) { return to_duration_text(c.*member); }));
    return *this;
  }

  Section& choice(const char* key, std::string C::*member, std::vector<std::string> allowed,
                  const char* help) {
    add(
        {.key = key,
         .type = "one of",
         .allowed = to_words(allowed),
         .unit = {},
         .default_value = defaults_.*member,
         .help = help},
        [member, allowed](const Node& node, C& into, const ReadContext& context) {
          into.*member = read_choice(node, allowed, into.*member, context);
        },
        compare(key, member), write([member](const C& c) { return c.*member; }));
    return *this;
  }

  /// As choice(), for a member that is an enumeration.
  template <typename Enumeration>
  requires std::is_enum_v<Enumeration> Section& choice(
      const char* key, Enumeration C::*member,
      std::vector<std::pair<std::string, Enumeration>> words, const char* help) {
    std::vector<std::string> allowed;
    std::string fallback;
    for (const auto& [word, value] : words) {
      allowed.push_back(word);
      if (value == defaults_.*member) fallback = word;
    }
    add(
        {.key = key,
         .type = "one of",
         .allowed = to_words(allowed),
         .unit = {},
         .default_value = fallback,
         .help = help},
        [member, words, allowed, fallback](const Node& node, C& into, const ReadContext& context) {
          const std::string read = read_choice(node, allowed, fallback, context);
          for (const auto& [word, value] : words) {
            if (word == read) into.*member = value;
          }
        },
        compare(key, member), write([member, words](const C& c) {
          for (const auto& [word, value] : words) {
            if (value == c.*member) return word;
          }
          return std::string();
        }));
    return *this;
  }

  /// A section within this one.
  template <class Inner>
  Section& section(const char* key, Inner C::*member, Section<Inner> inner, const char* help) {
    add(
        {.key = key,
         .type = "section",
         .allowed = {},
         .unit = {},
         .default_value = "{}",
         .help = help},
        [member, inner](const Node& node, C& into, const ReadContext& context) {
          into.*member = inner.read(node, context.diagnostics);
        },
        [key = std::string(key), member, inner](const C& a, const C& b, Keys& changed) {
          for (const std::string& below : inner.changed_keys(a.*member, b.*member)) {
            changed.push_back(key + '.' + below);
          }
        },
        [member, inner](const C& c, const Node* node, const std::string& path, Effective& all) {
          inner.add_effective(c.*member, node, path, all);
        });
    add_inner_texts(std::string(key) + '.', inner.keys());
    return *this;
  }

  /// A list whose elements are sections of their own.
  template <class Element>
  Section& list_of(const char* key, std::vector<Element> C::*member, Section<Element> section,
                   const char* help) {
    add(
        {.key = key,
         .type = "list of sections",
         .allowed = {},
         .unit = {},
         .default_value = "[]",
         .help = help},
        [member, section](const Node& node, C& into, const ReadContext& context) {
          if (node.kind != Node::Kind::kSequence) {
            report(node, context.diagnostics,
                   context.path + ": a list is expected, here is " + std::string(name(node.kind)),
                   "begin each element with `- `");
            return;
          }
          (into.*member).clear();
          for (const Node& element : node.elements) {
            (into.*member).push_back(section.read(element, context.diagnostics));
          }
        },
        [key = std::string(key), member, section](const C& a, const C& b, Keys& changed) {
          const auto is_same = [&section](const Element& one, const Element& other) {
            return section.changed_keys(one, other).empty();
          };
          if (!std::ranges::equal(a.*member, b.*member, is_same)) changed.push_back(key);
        },
        [member, section](const C& c, const Node* node, const std::string& path, Effective& all) {
          if ((c.*member).empty()) all.push_back({path, "[]", node});
          for (std::size_t i = 0; i < (c.*member).size(); ++i) {
            const bool is_there = node != nullptr && i < node->elements.size();
            section.add_effective((c.*member)[i], is_there ? &node->elements[i] : nullptr,
                                  path + '[' + std::to_string(i) + ']', all);
          }
        });
    add_inner_texts(std::string(key) + "[].", section.keys());
    return *this;
  }

  /// A rule over several keys, checked when each of them is well.
  Section& require(const char* key, std::function<bool(const C&)> holds, const char* message,
                   const char* hint) {
    rules_.push_back({.key = key, .holds = std::move(holds), .message = message, .hint = hint});
    return *this;
  }

  [[nodiscard]] const std::string& section_name() const { return name_; }
  [[nodiscard]] const std::vector<KeyText>& keys() const { return texts_; }

  /// The keys whose values differ, in the order of the table, without the section's name;
  /// of an inner section as "inner.key", of a list of sections the list's.
  [[nodiscard]] std::vector<std::string> changed_keys(const C& a, const C& b) const {
    Keys changed;
    for (const Row& row : rows_) row.differ(a, b, changed);
    return changed;
  }

  /// Adds every key of `from`, which was read from `node`; null: nothing was written of it.
  void add_effective(const C& from, const Node* node, const std::string& path,
                     Effective& all) const {
    for (const Row& row : rows_) {
      row.write(from, node != nullptr ? node->find(row.key) : nullptr, path + '.' + row.key, all);
    }
  }

  /// Fills a C from `node`, a map or null. What is wrong is reported, all of it, and
  /// what could not be read keeps its default.
  [[nodiscard]] C read(const Node& node, Diagnostics& diagnostics) const {
    C into;
    const std::size_t errors_before = diagnostics.error_count();
    if (node.kind != Node::Kind::kMap && node.kind != Node::Kind::kNull) {
      report(node, diagnostics,
             name_ + ": a section is expected, here is " + std::string(name(node.kind)),
             name_.ends_with("[]") ? "write its keys as `- key: value`"
                                   : "write `" + name_ + ":` and its keys indented below");
      return into;
    }
    for (const auto& [key, value] : node.members) {
      const Row* const row = find(key.name);
      if (row == nullptr) {
        report_unknown_key(key, name_, texts_, diagnostics);
        continue;
      }
      row->read(value, into, {.path = name_ + '.' + key.name, .diagnostics = diagnostics});
    }
    if (diagnostics.error_count() > errors_before) return into;
    for (const Rule& rule : rules_) {
      if (rule.holds(into)) continue;
      const Node* const at = node.find(rule.key);  // a missing key has no place of its own
      report(at != nullptr ? *at : node, diagnostics, rule.message, rule.hint);
    }
    return into;
  }

 private:
  using Keys = std::vector<std::string>;
  using Read = std::function<void(const Node&, C&, const ReadContext&)>;
  /// Adds the key, or what is below it, if it differs.
  using Differ = std::function<void(const C&, const C&, Keys& changed)>;
  /// Adds the key, or what is below it, as it is in force.
  using Write = std::function<void(const C&, const Node*, const std::string& path, Effective&)>;
  struct Row {
    std::string key;
    Read read;
    Differ differ;
    Write write;
  };
  struct Rule {
    std::string key;
    std::function<bool(const C&)> holds;
    std::string message;
    std::string hint;
  };

  template <typename T>
  static Differ compare(const char* key, T C::*member) {
    return [key = std::string(key), member](const C& a, const C& b, Keys& changed) {
      if (!(a.*member == b.*member)) changed.push_back(key);
    };
  }

  /// `to_text(const C&)`: the value as it would be written in YAML.
  template <class ToText>
  static Write write(ToText to_text) {
    return [to_text](const C& c, const Node* node, const std::string& path, Effective& all) {
      all.push_back({path, to_text(c), node});
    };
  }

  void add(KeyText text, Read read, Differ differ, Write write) {
    rows_.push_back({.key = text.key,
                     .read = std::move(read),
                     .differ = std::move(differ),
                     .write = std::move(write)});
    texts_.push_back(std::move(text));
  }
  void add_inner_texts(const std::string& prefix, const std::vector<KeyText>& inner) {
    for (const KeyText& text : inner) {
      texts_.push_back(text);
      texts_.back().key = prefix + text.key;
    }
  }
  [[nodiscard]] const Row* find(std::string_view key) const {
    for (const Row& row : rows_) {
      if (row.key == key) return &row;
    }
    return nullptr;
  }
  static KeyText duration_text(const char* key, std::int64_t value_ns, std::int64_t min_ns,
                               std::int64_t max_ns, const char* help);

  std::string name_;
  C defaults_;
  std::vector<Row> rows_;
  std::vector<KeyText> texts_;
  std::vector<Rule> rules_;
};

[[nodiscard]] KeyText make_duration_text(const char* key, std::int64_t value_ns,
                                         std::int64_t min_ns, std::int64_t max_ns,
                                         const char* help);

template <class C>
KeyText Section<C>::duration_text(const char* key, std::int64_t value_ns, std::int64_t min_ns,
                                  std::int64_t max_ns, const char* help) {
  return make_duration_text(key, value_ns, min_ns, max_ns, help);
}

/// A section without its struct, for those that only tell of it.
struct SectionText {
  std::string name;
  std::string help;
  std::vector<KeyText> keys;
};

/// The reference page: one table a section.
[[nodiscard]] std::string to_markdown(const std::vector<SectionText>& sections);

/// A configuration with every key at its default, its help above it.
[[nodiscard]] std::string to_default_yaml(const std::vector<SectionText>& sections);

}  // namespace mimir::config
