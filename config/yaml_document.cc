// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_document.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

namespace mimir::config {

namespace {

constexpr std::size_t kDepthMax = 32;

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line(text.substr(begin, end - begin));
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(std::move(line));
    begin = end + 1;
  }
  return lines;
}

/// Builds our tree from the library's events, so that keys given twice and aliases
/// are seen: its own tree hides both.
class Builder final : public YAML::EventHandler {
 public:
  Builder(std::string_view file, std::string_view text, Diagnostics& diagnostics)
      : file_(file), lines_(split_lines(text)), diagnostics_(diagnostics) {}

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    put(make(Node::Kind::kNull, mark));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    fault(mark, "aliases are not supported", "write the value out where it is needed");
    put(make(Node::Kind::kNull, mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    Node node = make(Node::Kind::kScalar, mark);
    node.scalar = value;
    put(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    refuse_anchor(mark, anchor);
    open(make(Node::Kind::kSequence, mark), mark);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    refuse_anchor(mark, anchor);
    open(make(Node::Kind::kMap, mark), mark);
  }
  void OnMapEnd() override { close(); }

  /// Says something about a place, which the library counts from 0.
  void fault(const YAML::Mark& mark, std::string message, std::string hint = {}) {
    const Node at = make(Node::Kind::kNull, mark);
    diagnostics_.add({.severity = Severity::kError,
                      .place = at.place,
                      .message = std::move(message),
                      .source_line = at.source_line,
                      .hint = std::move(hint)});
  }

  Node root;

 private:
  struct Frame {
    Node node;
    bool has_key = false;
    Node::Key key;
  };

  Node make(Node::Kind kind, const YAML::Mark& mark) const {
    Node node;
    node.kind = kind;
    node.place.file = file_;
    if (mark.line >= 0) {
      node.place.line = static_cast<std::uint32_t>(mark.line + 1);
      node.place.column = static_cast<std::uint32_t>(mark.column + 1);
      const auto line = static_cast<std::size_t>(mark.line);
      if (line < lines_.size()) node.source_line = lines_[line];
    }
    return node;
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor != 0) fault(mark, "anchors are not supported", "write the value out");
  }

  void open(Node node, const YAML::Mark& mark) {
    if (stack_.size() >= kDepthMax) throw YAML::ParserException(mark, "nested too deep");
    stack_.push_back({.node = std::move(node), .has_key = false, .key = {}});
  }
  void close() {
    Node node = std::move(stack_.back().node);
    stack_.pop_back();
    put(std::move(node));
  }

  void put(Node node) {
    if (stack_.empty()) {
      root = std::move(node);
      return;
    }
    Frame& frame = stack_.back();
    if (frame.node.kind == Node::Kind::kSequence) {
      frame.node.elements.push_back(std::move(node));
    } else if (!frame.has_key) {
      frame.key = {.name = node.scalar, .place = node.place, .source_line = node.source_line};
      frame.has_key = true;
      check_key(frame.node, frame.key);
    } else {
      frame.node.members.emplace_back(std::move(frame.key), std::move(node));
      frame.has_key = false;
    }
  }

  void check_key(const Node& map, const Node::Key& key) {
    std::string message;
    std::string hint;
    if (key.name == "<<") {
      message = "merge keys are not supported";
      hint = "write the keys out";
    }
    for (const auto& [earlier, value] : map.members) {
      if (earlier.name != key.name) continue;
      message = "the key `" + key.name + "` is given twice";
      hint = "it is first given in line " + std::to_string(earlier.place.line);
    }
    if (message.empty()) return;
    diagnostics_.add({.severity = Severity::kError,
                      .place = key.place,
                      .message = message,
                      .source_line = key.source_line,
                      .hint = hint});
  }

  std::string file_;
  std::vector<std::string> lines_;
  Diagnostics& diagnostics_;
  std::vector<Frame> stack_;
};

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const auto& member : members) {
    if (member.first.name == key) return &member.second;
  }
  return nullptr;
}

std::string_view name(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::kNull:
      return "nothing";
    case Node::Kind::kScalar:
      return "a value";
    case Node::Kind::kSequence:
      return "a list";
    case Node::Kind::kMap:
      return "a section";
  }
  return "nothing";
}

std::optional<Node> parse_yaml(std::string_view text, std::string_view file,
                               Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.error_count();
  Builder builder(file, text, diagnostics);
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder)) {
      Builder second(file, text, diagnostics);
      if (parser.HandleNextDocument(second)) {
        diagnostics.add({.severity = Severity::kError,
                         .place = second.root.place,
                         .message = "a second document begins here",
                         .source_line = second.root.source_line,
                         .hint = "keep everything before the `---`"});
      }
    }
  } catch (const YAML::Exception& error) {
    builder.fault(error.mark, "not YAML: " + error.msg,
                  "indent with spaces, and write `key: value`");
  }
  if (diagnostics.error_count() > errors_before) return std::nullopt;
  return std::move(builder.root);
}

}  // namespace mimir::config
