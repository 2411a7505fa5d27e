// SPDX-License-Identifier: Apache-2.0
#include "config/diagnostic.h"

#include <algorithm>
#include <utility>

#include "config/utf8.h"

namespace mimir::config {

namespace {

/// As much of a line as is quoted. Every node of a document holds its line, so this
/// also keeps a file that is one line from costing its size squared.
constexpr std::size_t kSourceLineMax = 200;

/// What puts a caret below `column`, which counts bytes: as wide as the text before it.
std::string padding(std::string_view line, std::uint32_t column) {
  const std::size_t before = column - 1;
  std::string spaces;
  for (const char byte : to_printable(line.substr(0, before))) {
    const bool continues_a_character = (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
    if (!continues_a_character) spaces += byte == '\t' ? '\t' : ' ';
  }
  if (line.size() < before) spaces.append(before - line.size(), ' ');
  return spaces;
}

std::size_t line_begin(std::string_view text, std::size_t offset) {
  const std::size_t end = text.substr(0, offset).rfind('\n');
  return end == std::string_view::npos ? 0 : end + 1;
}

}  // namespace

void Diagnostics::add(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::kError) ++error_count_;
  all_.push_back(std::move(diagnostic));
}

void Diagnostics::error(Place place, std::string message, std::string hint) {
  add({.severity = Severity::kError,
       .place = std::move(place),
       .message = std::move(message),
       .source_line = {},
       .hint = std::move(hint)});
}

void Diagnostics::warning(Place place, std::string message, std::string hint) {
  add({.severity = Severity::kWarning,
       .place = std::move(place),
       .message = std::move(message),
       .source_line = {},
       .hint = std::move(hint)});
}

std::string Diagnostics::render() const {
  std::string text;
  for (const Diagnostic& diagnostic : all_) text += config::render(diagnostic);
  return text;
}

Diagnostic error_at(std::string_view file, std::string_view text, std::size_t offset,
                    std::string message, std::string hint) {
  const std::string_view before = text.substr(0, offset);
  const auto lines_before = std::count(before.begin(), before.end(), '\n');
  return {.severity = Severity::kError,
          .place = {.file = std::string(file),
                    .line = static_cast<std::uint32_t>(lines_before + 1),
                    .column = static_cast<std::uint32_t>(offset - line_begin(text, offset) + 1)},
          .message = std::move(message),
          .source_line = std::string(line_at(text, offset)),
          .hint = std::move(hint)};
}

std::string_view line_at(std::string_view text, std::size_t offset) {
  const std::size_t begin = line_begin(text, offset);
  std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line.size() <= kSourceLineMax ? line : std::string_view();
}

std::string render(const Diagnostic& diagnostic) {
  const Place& place = diagnostic.place;
  std::string text;
  if (!place.file.empty()) {
    text += to_printable(place.file) + ':';
    if (place.line > 0) text += std::to_string(place.line) + ':';
    if (place.line > 0 && place.column > 0) text += std::to_string(place.column) + ':';
    text += ' ';
  }
  text += diagnostic.severity == Severity::kError ? "error: " : "warning: ";
  text += to_printable(diagnostic.message) + '\n';
  if (place.line > 0 && !diagnostic.source_line.empty()) {
    const std::string number = std::to_string(place.line);
    text += "  " + number + " | " + to_printable(diagnostic.source_line) + '\n';
    if (place.column > 0) {
      text += "  " + std::string(number.size(), ' ') + " | ";
      text += padding(diagnostic.source_line, place.column) + "^\n";
    }
  }
  if (!diagnostic.hint.empty()) text += "  hint: " + to_printable(diagnostic.hint) + '\n';
  return text;
}

}  // namespace mimir::config
