// SPDX-License-Identifier: Apache-2.0
#include "tools/suppression_file.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "config/section.h"
#include "config/yaml_document.h"
#include "controlplane/appliance_config.h"
#include "tools/text_file.h"

namespace mimir::tools {

namespace {

using config::Node;

constexpr std::size_t kIndent = 2;

std::optional<DetectionConfig> read_detection(std::string_view text, const std::string& path,
                                              bool is_configuration,
                                              config::Diagnostics& diagnostics) {
  if (!is_configuration) return read_detection_config(text, path, diagnostics);
  auto config = controlplane::read_appliance_config(text, path, diagnostics);
  if (!config) return std::nullopt;
  return std::move(config->detection);
}

/// The lines of a text, each with its end.
std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

/// Blanks before the first other character; nothing of a line that has only a comment or none.
std::optional<std::size_t> indent_of(const std::string& line) {
  const std::size_t at = line.find_first_not_of(" \t\r\n");
  if (at == std::string::npos || line[at] == '#') return std::nullopt;
  return at;
}

/// Behind the last line of what begins in line `begin` and is indented by more than `indent`.
std::size_t end_of_block(const std::vector<std::string>& lines, std::size_t begin,
                         std::size_t indent) {
  std::size_t end = begin + 1;
  for (std::size_t i = end; i < lines.size(); ++i) {
    const auto here = indent_of(lines[i]);
    if (!here) continue;
    if (*here <= indent) break;
    end = i + 1;
  }
  return end;
}

/// Puts lines into a text that is taken apart.
class Editor {
 public:
  explicit Editor(const std::string& text)
      : lines_(lines_of(text)), end_(text.find("\r\n") == std::string::npos ? "\n" : "\r\n") {}

  /// Below `parent`, the section's map; null: the file has nothing. False: it is written in a
  /// form that is left to people.
  bool add(const Node* parent, const config::Node::Member* detection, bool is_configuration,
           const std::string& element) {
    if (!is_configuration) return add_to_section(parent, 0, lines_.size(), element);
    if (detection == nullptr) {
      put(lines_.size(),
          {"detection:", blanks(kIndent) + "suppress:", blanks(2 * kIndent) + "- " + element});
      return true;
    }
    const std::size_t line = detection->first.place.line - 1;
    const std::size_t indent = detection->first.place.column - 1;
    const Node& section = detection->second;
    if (section.members.empty() && !clear(line, "{}", section)) return false;
    const std::size_t own_indent =
        section.members.empty() ? indent + kIndent : section.members.front().first.place.column - 1;
    return add_to_section(&section, own_indent, end_of_block(lines_, line, indent), element);
  }

  [[nodiscard]] std::string text() const {
    std::string text;
    for (const std::string& line : lines_) text += line;
    return text;
  }

 private:
  static std::string blanks(std::size_t count) { return std::string(count, ' '); }

  /// `end`: behind the section's last line.
  bool add_to_section(const Node* section, std::size_t indent, std::size_t end,
                      const std::string& element) {
    const Node::Member* suppress = nullptr;
    for (std::size_t i = 0; section != nullptr && i < section->members.size(); ++i) {
      if (section->members[i].first.name == "suppress") suppress = &section->members[i];
    }
    if (suppress == nullptr) {
      put(end, {blanks(indent) + "suppress:", blanks(indent + kIndent) + "- " + element});
      return true;
    }
    const std::size_t line = suppress->first.place.line - 1;
    const std::vector<Node>& elements = suppress->second.elements;
    if (elements.empty()) {
      if (!clear(line, "[]", suppress->second)) return false;
      put(line + 1, {blanks(suppress->first.place.column - 1 + kIndent) + "- " + element});
      return true;
    }
    const std::size_t last = elements.back().place.line - 1;
    const auto dash = indent_of(lines_[last]);
    if (!dash || lines_[last][*dash] != '-') return false;
    put(end_of_block(lines_, last, *dash), {blanks(*dash) + "- " + element});
    return true;
  }

  /// Takes the brackets of what is empty from its line; what is not written at all has none.
  bool clear(std::size_t line, std::string_view brackets, const Node& node) {
    if (node.kind == Node::Kind::kNull) return true;
    const std::size_t at = lines_[line].find(brackets, node.place.column - 1);
    if (node.place.line != line + 1 || at != node.place.column - 1) return false;
    const std::size_t begin = lines_[line].find_last_not_of(' ', at - 1) + 1;
    lines_[line].erase(begin, at + brackets.size() - begin);
    return true;
  }

  void put(std::size_t at, const std::vector<std::string>& added) {
    if (at > 0 && !lines_[at - 1].ends_with('\n')) lines_[at - 1] += end_;
    std::vector<std::string> ended;
    for (const std::string& line : added) ended.push_back(line + end_);
    lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(at), ended.begin(), ended.end());
  }

  std::vector<std::string> lines_;
  std::string end_;
};

/// Whether `after` is `before` with `suppression` behind its own, and nothing else differs.
bool is_only_addition(const SuppressionFile& before, const std::string& after,
                      const SuppressionConfig& suppression) {
  config::Diagnostics ignored;
  const auto read = read_detection(after, before.path, before.is_configuration, ignored);
  if (!read) return false;
  DetectionConfig expected = before.detection;
  expected.suppress.push_back(suppression);
  if (!detection_section().changed_keys(expected, *read).empty()) return false;
  if (!before.is_configuration) return true;
  const auto old_config = controlplane::read_appliance_config(before.text, before.path, ignored);
  const auto new_config = controlplane::read_appliance_config(after, before.path, ignored);
  return old_config && new_config &&
         controlplane::changed_keys(*old_config, *new_config) ==
             std::vector<std::string>{"detection.suppress"};
}

}  // namespace

std::optional<SuppressionFile> read_suppression_file(const std::string& path, bool is_configuration,
                                                     config::Diagnostics& diagnostics) {
  auto text = read_text_file(path, diagnostics);
  if (!text) return std::nullopt;
  auto detection = read_detection(*text, path, is_configuration, diagnostics);
  if (!detection) return std::nullopt;
  return SuppressionFile{.path = path,
                         .is_configuration = is_configuration,
                         .text = std::move(*text),
                         .detection = std::move(*detection)};
}

std::string to_yaml(const SuppressionConfig& suppression) {
  std::string text = "{detector: " + suppression.detector;
  const auto add = [&text](const char* key, const std::string& value) {
    if (!value.empty()) text += std::string(", ") + key + ": " + config::to_quoted(value);
  };
  add("source", suppression.source);
  add("target", suppression.target);
  if (suppression.port != 0) text += ", port: " + std::to_string(suppression.port);
  add("until", suppression.until);
  add("reason", suppression.reason);
  return text + "}";
}

std::optional<std::string> text_with(const SuppressionFile& file,
                                     const SuppressionConfig& suppression,
                                     config::Diagnostics& diagnostics) {
  config::Diagnostics ignored;
  const auto root = config::parse_yaml(file.text, file.path, ignored);
  Editor editor(file.text);
  const Node::Member* detection = nullptr;
  if (root && file.is_configuration) {
    const auto found = std::ranges::find_if(
        root->members, [](const Node::Member& member) { return member.first.name == "detection"; });
    if (found != root->members.end()) detection = &*found;
  }
  if (root && editor.add(&*root, detection, file.is_configuration, to_yaml(suppression)) &&
      is_only_addition(file, editor.text(), suppression)) {
    return editor.text();
  }
  diagnostics.error({.file = file.path},
                    "its suppressions are written in a form that cannot be added to safely",
                    "write them as a list, `- {...}` a line below `suppress:`, or add by hand "
                    "what is printed without --write");
  return std::nullopt;
}

}  // namespace mimir::tools
