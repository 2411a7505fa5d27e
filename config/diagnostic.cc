// SPDX-License-Identifier: Apache-2.0
#include "config/diagnostic.h"

#include <utility>

namespace mimir::config {

namespace {

/// What puts a caret below `column`, which counts bytes: as wide as the text before it.
std::string padding(std::string_view line, std::uint32_t column) {
  std::string spaces;
  for (std::size_t i = 0; i + 1 < column; ++i) {
    const char byte = i < line.size() ? line[i] : ' ';
    const bool continues_a_character = (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
    if (!continues_a_character) spaces += byte == '\t' ? '\t' : ' ';
  }
  return spaces;
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

std::string render(const Diagnostic& diagnostic) {
  const Place& place = diagnostic.place;
  std::string text;
  if (!place.file.empty()) {
    text += place.file + ':';
    if (place.line > 0) text += std::to_string(place.line) + ':';
    if (place.line > 0 && place.column > 0) text += std::to_string(place.column) + ':';
    text += ' ';
  }
  text += diagnostic.severity == Severity::kError ? "error: " : "warning: ";
  text += diagnostic.message + '\n';
  if (place.line > 0 && !diagnostic.source_line.empty()) {
    const std::string number = std::to_string(place.line);
    text += "  " + number + " | " + diagnostic.source_line + '\n';
    if (place.column > 0) {
      text += "  " + std::string(number.size(), ' ') + " | ";
      text += padding(diagnostic.source_line, place.column) + "^\n";
    }
  }
  if (!diagnostic.hint.empty()) text += "  hint: " + diagnostic.hint + '\n';
  return text;
}

}  // namespace mimir::config
