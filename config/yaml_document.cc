// SPDX-License-Identifier: Apache-2.0
#include "config/yaml_document.h"

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "config/utf8.h"

namespace mimir::config {

namespace {

constexpr std::size_t kYamlDepthMax = 32;
constexpr std::size_t kDocumentsMax = 10'000;

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    lines.emplace_back(line_at(text, begin));
    begin = std::min(text.find('\n', begin), text.size()) + 1;
  }
  return lines;
}

/// Refuses what the library takes silently: it passes on bytes that are no UTF-8,
/// and takes a byte 0x04 for the end of the text (YAML 1.2.2, section 5.1 and 5.2).
bool is_text(std::string_view text, std::string_view file, Diagnostics& diagnostics) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::size_t at = 0;
  while (at < text.size()) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::size_t length = character_length(text.substr(at));
    const bool is_blank = byte == '\t' || byte == '\n' || byte == '\r';
    const bool is_control = (byte < 0x20 && !is_blank) || byte == 0x7f;
    if (length == 0 || is_control) {
      const std::string number = {'0', 'x', kDigits[byte >> 4U], kDigits[byte & 0xfU]};
      diagnostics.add(length == 0 ? error_at(file, text, at, "the byte " + number + " is no UTF-8",
                                             "save the file as UTF-8")
                                  : error_at(file, text, at,
                                             "the control character " + number + " is no text",
                                             "remove it"));
      return false;
    }
    at += length;
  }
  return true;
}

/// Builds our tree from the library's events, so that keys given twice and aliases
/// are seen: its own tree hides both.
class YamlBuilder final : public YAML::EventHandler {
 public:
  YamlBuilder(std::string_view file, std::string_view text, Diagnostics& diagnostics)
      : file_(file), lines_(split_lines(text)), diagnostics_(diagnostics) {}

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    put(make(Node::Kind::kNull, mark));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    fault(mark, "aliases are not supported", "write the value out where it is needed");
    put(make(Node::Kind::kScalar, mark));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    Node node = make(Node::Kind::kScalar, mark);
    node.scalar = value;
    put(std::move(node));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    open(make(Node::Kind::kSequence, mark), mark);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    open(make(Node::Kind::kMap, mark), mark);
  }
  void OnMapEnd() override { close(); }

  /// What the library threw, unless it was thrown for a fault already told.
  void fault(const YAML::Exception& error) {
    if (gave_up_) return;
    Node at = make(Node::Kind::kNull, error.mark);
    const std::size_t text_begin = at.source_line.find_first_not_of(" \t");
    const std::size_t tab = at.source_line.substr(0, text_begin).find('\t');
    if (tab == std::string::npos) {
      fault(at, "not YAML: " + error.msg, "indent with spaces, and write `key: value`");
    } else {
      at.place.column = static_cast<std::uint32_t>(tab + 1);
      fault(at, "not YAML: a tab indents this line", "indent with spaces");
    }
  }

  Node root;

 private:
  struct Frame {
    Node node;
    bool has_key = false;
    Node::Key key;
    std::map<std::string, std::uint32_t> key_lines;  ///< where each was first given
  };

  void fault(const Node& at, std::string message, std::string hint) {
    diagnostics_.add({.severity = Severity::kError,
                      .place = at.place,
                      .message = std::move(message),
                      .source_line = at.source_line,
                      .hint = std::move(hint)});
  }
  void fault(const YAML::Mark& mark, std::string message, std::string hint) {
    fault(make(Node::Kind::kNull, mark), std::move(message), std::move(hint));
  }

  /// The library's marks count from 0.
  [[nodiscard]] Node make(Node::Kind kind, const YAML::Mark& mark) const {
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
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    // What the library calls a plain and a quoted scalar without one.
    if (tag.empty() || tag == "?" || tag == "!") return;
    fault(mark, "tags are not supported", "leave it out: every key knows its type");
  }

  void open(Node node, const YAML::Mark& mark) {
    if (stack_.size() >= kYamlDepthMax) {
      fault(node, "nested more than " + std::to_string(kYamlDepthMax) + " deep",
            "close what is open further up");
      gave_up_ = true;
      throw YAML::ParserException(mark, {});
    }
    stack_.emplace_back().node = std::move(node);
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
      check_key(frame, node);
      frame.key = {.name = node.scalar, .place = node.place, .source_line = node.source_line};
      frame.has_key = true;
    } else {
      frame.node.members.emplace_back(std::move(frame.key), std::move(node));
      frame.has_key = false;
    }
  }

  void check_key(Frame& frame, const Node& key) {
    if (key.kind != Node::Kind::kScalar) {
      fault(key, "a key is a word, here is " + std::string(name(key.kind)), "write `key: value`");
      return;
    }
    if (key.scalar == "<<") fault(key, "merge keys are not supported", "write the keys out");
    const auto [first, is_new] = frame.key_lines.emplace(key.scalar, key.place.line);
    if (is_new) return;
    fault(key, "the key `" + key.scalar + "` is given twice",
          "it is first given in line " + std::to_string(first->second));
  }

  std::string file_;
  std::vector<std::string> lines_;
  Diagnostics& diagnostics_;
  std::vector<Frame> stack_;
  bool gave_up_ = false;
};

/// The first documents, at most `count_max`, those without anything in them too. Of some
/// texts that are no YAML the library finds documents without end.
std::optional<std::vector<Node>> read_documents(std::string_view text, std::string_view file,
                                                std::size_t count_max, Diagnostics& diagnostics) {
  if (!is_text(text, file, diagnostics)) return std::nullopt;
  const std::size_t errors_before = diagnostics.error_count();
  std::vector<Node> documents;
  std::istringstream stream{std::string(text)};
  YamlBuilder builder(file, text, diagnostics);
  try {
    YAML::Parser parser(stream);
    while (documents.size() < count_max && parser.HandleNextDocument(builder)) {
      documents.push_back(std::move(builder.root));
      builder.root = Node();
    }
  } catch (const YAML::Exception& error) {
    builder.fault(error);
  }
  if (diagnostics.error_count() > errors_before) return std::nullopt;
  return documents;
}

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

std::optional<std::vector<Node>> parse_yaml_stream(std::string_view text, std::string_view file,
                                                   Diagnostics& diagnostics) {
  auto documents = read_documents(text, file, kDocumentsMax, diagnostics);
  if (!documents) return std::nullopt;
  if (documents->size() == kDocumentsMax) {
    diagnostics.error({.file = std::string(file)},
                      "holds " + std::to_string(kDocumentsMax) + " documents or more",
                      "split the file, if all of that is YAML");
    return std::nullopt;
  }
  std::erase_if(*documents, [](const Node& node) { return node.kind == Node::Kind::kNull; });
  return documents;
}

std::optional<Node> parse_yaml(std::string_view text, std::string_view file,
                               Diagnostics& diagnostics) {
  auto documents = read_documents(text, file, 2, diagnostics);
  if (!documents) return std::nullopt;
  if (documents->empty()) {
    Node nothing;
    nothing.place.file = file;
    return nothing;
  }
  if (documents->size() == 1) return std::move(documents->front());
  const Node& second = (*documents)[1];
  diagnostics.add({.severity = Severity::kError,
                   .place = second.place,
                   .message = "a second document begins here",
                   .source_line = second.source_line,
                   .hint = "keep everything before the `---`"});
  return std::nullopt;
}

}  // namespace mimir::config
