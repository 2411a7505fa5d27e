// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/diagnostic.h"

namespace mimir::config {

/// A node of a YAML document, every one of which knows its place.
///
/// Scalars are kept as they were written; what they mean is the section's to say.
struct Node {
  enum class Kind : std::uint8_t { kNull, kScalar, kSequence, kMap };

  /// A key of a map, which has a place of its own.
  struct Key {
    std::string name;
    Place place;
    std::string source_line;
  };

  struct Member;

  Kind kind = Kind::kNull;
  Place place;
  std::string source_line;  ///< the text of place.line
  std::string scalar;
  std::vector<Node> elements;   ///< of a sequence
  std::vector<Member> members;  ///< of a map, in the order of the text

  [[nodiscard]] const Node* find(std::string_view key) const;
};

/// A std::pair would have to know how large a Node is before it is one.
struct Node::Member {
  Member(Key key, Node node) : first(std::move(key)), second(std::move(node)) {}

  Key first;
  Node second;
};

[[nodiscard]] std::string_view name(Node::Kind kind);

}  // namespace mimir::config
