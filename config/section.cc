// SPDX-License-Identifier: Apache-2.0
#include "config/section.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "config/quantity.h"

namespace mimir::config {

namespace {

constexpr std::size_t kHelpColumns = 90;

bool is_scalar(const Node& node, const char* expected, const ReadContext& context,
               const std::string& hint) {
  if (node.kind == Node::Kind::kScalar) return true;
  report(node, context.diagnostics,
         context.path + ": " + expected + " is expected, here is " + std::string(name(node.kind)),
         hint);
  return false;
}

/// Levenshtein, 1965.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

/// A key of a section within the section or of a list's elements: it is told of, but
/// the section has no such key, nor the list an element by default.
bool is_inner(const KeyText& text) { return text.key.find('.') != std::string::npos; }

std::string with_unit(const std::string& text, const std::string& unit) {
  return unit.empty() ? text : text + ' ' + unit;
}

/// A bar would end the cell it stands in.
std::string in_a_cell(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '|') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::string wrap_comment(const std::string& text, const std::string& indent) {
  std::string wrapped;
  std::string line = indent + '#';
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    if (line.size() + 1 + word.size() > kHelpColumns) {
      wrapped += line + '\n';
      line = indent + '#';
    }
    line += ' ' + word;
    begin = end + 1;
  }
  return wrapped + line + '\n';
}

}  // namespace

void report(const Node& node, Diagnostics& diagnostics, std::string message, std::string hint) {
  diagnostics.add({.severity = Severity::kError,
                   .place = node.place,
                   .message = std::move(message),
                   .source_line = node.source_line,
                   .hint = std::move(hint)});
}

std::uint64_t read_integer(const Node& node, const IntegerRow& row, std::uint64_t fallback,
                           const ReadContext& context) {
  const std::string hint = "give a whole number " +
                           (row.unit.empty() ? std::string() : "of " + row.unit + ' ') + "from " +
                           std::to_string(row.min) + " to " + std::to_string(row.max);
  if (!is_scalar(node, "a whole number", context, hint)) return fallback;
  std::int64_t value = 0;
  const char* const end = node.scalar.data() + node.scalar.size();
  const auto [rest, error] = std::from_chars(node.scalar.data(), end, value);
  if (error == std::errc::invalid_argument || rest != end) {
    report(node, context.diagnostics, context.path + ": `" + node.scalar + "` is no whole number",
           hint);
    return fallback;
  }
  if (error != std::errc{} || value < 0 || static_cast<std::uint64_t>(value) < row.min ||
      static_cast<std::uint64_t>(value) > row.max) {
    report(node, context.diagnostics, context.path + ": " + node.scalar + " is out of range", hint);
    return fallback;
  }
  return static_cast<std::uint64_t>(value);
}

double read_real(const Node& node, const RealRow& row, double fallback,
                 const ReadContext& context) {
  const std::string hint = "give a number " +
                           (row.unit.empty() ? std::string() : "of " + row.unit + ' ') + "from " +
                           to_real_text(row.min) + " to " + to_real_text(row.max);
  if (!is_scalar(node, "a number", context, hint)) return fallback;
  double value = 0;
  const char* const end = node.scalar.data() + node.scalar.size();
  const auto [rest, error] =
      std::from_chars(node.scalar.data(), end, value, std::chars_format::fixed);
  if (error == std::errc::invalid_argument || rest != end || !std::isfinite(value)) {
    report(node, context.diagnostics, context.path + ": `" + node.scalar + "` is no number", hint);
    return fallback;
  }
  if (error != std::errc{} || value < row.min || value > row.max) {
    report(node, context.diagnostics, context.path + ": " + node.scalar + " is out of range", hint);
    return fallback;
  }
  return value;
}

bool read_boolean(const Node& node, bool fallback, const ReadContext& context) {
  if (!is_scalar(node, "true or false", context, "give true or false")) return fallback;
  if (node.scalar == "true") return true;
  if (node.scalar == "false") return false;
  report(node, context.diagnostics, context.path + ": `" + node.scalar + "` is neither yes nor no",
         "give true or false");
  return fallback;
}

std::string read_text(const Node& node, const std::string& fallback, const ReadContext& context) {
  return is_scalar(node, "a text", context, "give a text, or \"\" for none") ? node.scalar
                                                                             : fallback;
}

std::vector<std::string> read_text_list(const Node& node, const ReadContext& context) {
  std::vector<std::string> texts;
  if (node.kind != Node::Kind::kSequence) {
    report(node, context.diagnostics,
           context.path + ": a list is expected, here is " + std::string(name(node.kind)),
           "write [one, two]");
    return texts;
  }
  for (const Node& element : node.elements) {
    if (is_scalar(element, "a text", context, "write [one, two]")) {
      texts.push_back(element.scalar);
    }
  }
  return texts;
}

std::vector<std::uint64_t> read_integer_list(const Node& node, std::size_t count_max,
                                             const IntegerRow& row, const ReadContext& context) {
  std::vector<std::uint64_t> numbers;
  const std::string hint = "write [" + std::to_string(row.min) + ", " + std::to_string(row.max) +
                           "], at most " + std::to_string(count_max) + " of them";
  if (node.kind != Node::Kind::kSequence) {
    report(node, context.diagnostics,
           context.path + ": a list is expected, here is " + std::string(name(node.kind)), hint);
    return numbers;
  }
  if (node.elements.size() > count_max) {
    report(node, context.diagnostics,
           context.path + ": " + std::to_string(node.elements.size()) + " are too many", hint);
    return numbers;
  }
  for (const Node& element : node.elements) {
    numbers.push_back(read_integer(element, row, row.min, context));
  }
  return numbers;
}

std::int64_t read_duration_ns(const Node& node, std::int64_t min_ns, std::int64_t max_ns,
                              std::int64_t fallback, const ReadContext& context) {
  const std::string hint = "give a duration from " + to_duration_text(min_ns) + " to " +
                           to_duration_text(max_ns) + ", such as 10s or 500ms";
  if (!is_scalar(node, "a duration", context, hint)) return fallback;
  const std::optional<std::int64_t> parsed = parse_duration_ns(node.scalar);
  if (!parsed) {
    report(node, context.diagnostics, context.path + ": `" + node.scalar + "` is no duration",
           hint);
    return fallback;
  }
  if (*parsed < min_ns || *parsed > max_ns) {
    report(node, context.diagnostics, context.path + ": " + node.scalar + " is out of range", hint);
    return fallback;
  }
  return *parsed;
}

std::string read_choice(const Node& node, const std::vector<std::string>& allowed,
                        const std::string& fallback, const ReadContext& context) {
  const std::string hint = "give " + to_words(allowed);
  if (!is_scalar(node, "a word", context, hint)) return fallback;
  if (std::find(allowed.begin(), allowed.end(), node.scalar) != allowed.end()) return node.scalar;
  report(node, context.diagnostics,
         context.path + ": `" + node.scalar + "` is not one of its words", hint);
  return fallback;
}

void report_unknown_key(const Node::Key& key, const std::string& section,
                        const std::vector<KeyText>& known, Diagnostics& diagnostics) {
  const KeyText* nearest = nullptr;
  std::size_t nearest_distance = key.name.size() / 2 + 1;
  for (const KeyText& text : known) {
    if (is_inner(text)) continue;
    const std::size_t d = distance(key.name, text.key);
    if (d >= nearest_distance) continue;
    nearest = &text;
    nearest_distance = d;
  }
  std::string hint;
  if (nearest != nullptr) {
    hint = "did you mean `" + nearest->key + "`?";
  } else {
    std::vector<std::string> names;
    for (const KeyText& text : known) {
      if (!is_inner(text)) names.push_back(text.key);
    }
    hint = "known are " + to_words(names);
  }
  diagnostics.add({.severity = Severity::kError,
                   .place = key.place,
                   .message = (section.empty() ? "" : section + ": ") +
                              std::string("unknown key `") + key.name + "`",
                   .source_line = key.source_line,
                   .hint = hint});
}

std::string to_quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string to_quoted(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + to_quoted(text);
  return '[' + list + ']';
}

std::string to_list(const std::vector<std::uint64_t>& numbers) {
  std::string list;
  for (const std::uint64_t number : numbers) {
    list += (list.empty() ? "" : ", ") + std::to_string(number);
  }
  return '[' + list + ']';
}

std::string to_words(const std::vector<std::string>& choices) {
  std::string words;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (i > 0) words += i + 1 == choices.size() ? " or " : ", ";
    words += choices[i];
  }
  return words;
}

std::string to_real_text(double value) {
  std::array<char, 64> text{};
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  return error == std::errc{} ? std::string(text.data(), end) : std::string();
}

KeyText make_duration_text(const char* key, std::int64_t value_ns, std::int64_t min_ns,
                           std::int64_t max_ns, const char* help) {
  return {.key = key,
          .type = "duration",
          .allowed = to_duration_text(min_ns) + " to " + to_duration_text(max_ns),
          .unit = {},
          .default_value = to_duration_text(value_ns),
          .help = help};
}

std::string to_markdown(const std::vector<SectionText>& sections) {
  std::string page;
  for (const SectionText& section : sections) {
    page += "## `" + section.name + "`\n\n" + section.help + "\n\n";
    page += "| key | what | allowed | default | why one would change it |\n|---|---|---|---|---|\n";
    for (const KeyText& key : section.keys) {
      page += "| `" + key.key + "` | " + key.type + " | " + with_unit(key.allowed, key.unit) +
              " | `" + key.default_value + "` | " + in_a_cell(key.help) + " |\n";
    }
    page += '\n';
  }
  return page;
}

std::string to_default_yaml(const std::vector<SectionText>& sections) {
  std::string yaml;
  for (const SectionText& section : sections) {
    if (!yaml.empty()) yaml += '\n';
    yaml += wrap_comment(section.help, "") + section.name + ":\n";
    for (const KeyText& key : section.keys) {
      const std::string allowed = with_unit(key.allowed, key.unit);
      const std::string help = key.help + (allowed.empty() ? "" : " (" + allowed + ")");
      if (is_inner(key)) {
        yaml += wrap_comment(key.key + ": " + help, "  ");
      } else {
        yaml += wrap_comment(help, "  ") + "  " + key.key + ": " + key.default_value + '\n';
      }
    }
  }
  return yaml;
}

}  // namespace mimir::config
