// SPDX-License-Identifier: Apache-2.0
#include "tools/policy/object_reader.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace mimir::policy {

using config::Node;

ObjectReader::ObjectReader(const Node& node, std::string path, config::Diagnostics& diagnostics)
    : node_(node), path_(std::move(path)), diagnostics_(diagnostics) {
  if (node.kind == Node::Kind::kMap || node.kind == Node::Kind::kNull) return;
  error(node, fmt::format("{}: an object is expected, here is {}", path_, name(node.kind)),
        "write `key: value`");
}

std::string ObjectReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

void ObjectReader::add(config::Severity severity, const Node& at, std::string message,
                       std::string hint) {
  diagnostics_.add({.severity = severity,
                    .place = at.place,
                    .message = std::move(message),
                    .source_line = at.source_line,
                    .hint = std::move(hint)});
}

void ObjectReader::error(const Node& at, std::string message, std::string hint) {
  add(config::Severity::kError, at, std::move(message), std::move(hint));
}

void ObjectReader::warning(const Node& at, std::string message, std::string hint) {
  add(config::Severity::kWarning, at, std::move(message), std::move(hint));
}

const Node* ObjectReader::find(std::string_view key) {
  known_.emplace(key);
  const Node* const member = node_.find(key);
  return member == nullptr || member->kind == Node::Kind::kNull ? nullptr : member;
}

std::span<const Node> ObjectReader::list(std::string_view key) {
  const bool is_first = !known_.contains(key);  // what is asked for twice is faulted once
  const Node* const member = find(key);
  if (member == nullptr) return {};
  if (member->kind == Node::Kind::kSequence) return member->elements;
  if (!is_first) return {};
  error(*member,
        fmt::format("{}: a list is expected, here is {}", path_of(key), name(member->kind)),
        "begin each element with `- `");
  return {};
}

std::string ObjectReader::text(std::string_view key) {
  const Node* const member = find(key);
  if (member == nullptr) return {};
  if (member->kind == Node::Kind::kScalar) return member->scalar;
  error(*member,
        fmt::format("{}: a value is expected, here is {}", path_of(key), name(member->kind)));
  return {};
}

std::string ObjectReader::required_text(std::string_view key) {
  if (find(key) == nullptr) error(node_, path_of(key) + " is missing");
  return text(key);
}

std::optional<std::uint16_t> ObjectReader::number(std::string_view key, std::uint16_t min,
                                                  std::uint16_t max) {
  const std::string written = text(key);
  if (written.empty()) return std::nullopt;
  std::uint16_t value = 0;
  const char* const end = written.data() + written.size();
  const auto [at, fault] = std::from_chars(written.data(), end, value);
  if (fault == std::errc() && at == end && value >= min && value <= max) return value;
  error(*find(key), fmt::format("{}: `{}` is no number of a port", path_of(key), written),
        fmt::format("give a whole number from {} to {}", min, max));
  return std::nullopt;
}

bool ObjectReader::boolean(std::string_view key, bool otherwise) {
  const std::string written = text(key);
  if (written.empty()) return otherwise;
  if (written != "true" && written != "false") {
    error(*find(key), fmt::format("{}: `{}` is neither true nor false", path_of(key), written));
  }
  return written == "true";
}

void ObjectReader::each(std::string_view key, const std::function<void(ObjectReader&)>& read) {
  std::size_t i = 0;
  for (const Node& element : list(key)) {
    ObjectReader inner(element, fmt::format("{}[{}]", path_of(key), i++), diagnostics_);
    read(inner);
    inner.finish();
  }
}

void ObjectReader::pass_over(std::initializer_list<std::string_view> keys) {
  for (const std::string_view key : keys) known_.emplace(key);
}

void ObjectReader::refuse(std::string_view key, std::string_view why, std::string_view hint) {
  const Node* const member = find(key);
  if (member == nullptr) return;
  error(*member, fmt::format("{} is not supported: {}", path_of(key), why), std::string(hint));
}

void ObjectReader::report(std::string_view key, std::string_view what) {
  const Node* const member = find(key);
  if (member == nullptr) return;
  warning(*member, fmt::format("{}: {}", path_of(key), what));
}

void ObjectReader::finish() {
  for (const auto& [key, value] : node_.members) {
    if (known_.contains(key.name)) continue;
    std::string all;
    for (const std::string& name : known_) all += (all.empty() ? "" : ", ") + name;
    diagnostics_.add({.severity = config::Severity::kError,
                      .place = key.place,
                      .message = fmt::format("{} is not known", path_of(key.name)),
                      .source_line = key.source_line,
                      .hint = "known here are " + all});
  }
}

}  // namespace mimir::policy
