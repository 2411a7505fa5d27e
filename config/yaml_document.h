// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/document.h"

namespace mimir::config {

/// Reads one YAML document. Refuses, at its place, what a configuration has no use
/// for or what hides mistakes: a key given twice, a key that is no word, anchors and
/// aliases, merge keys, tags, a second document, more than 32 levels, bytes that are
/// no UTF-8 or no text. An empty text is a null node.
[[nodiscard]] std::optional<Node> parse_yaml(std::string_view text, std::string_view file,
                                             Diagnostics& diagnostics);

/// Reads a stream of documents, which `---` separates, in their order; those without
/// anything in them are left out. Refuses what parse_yaml() refuses, but for further
/// documents, and 10,000 of them.
[[nodiscard]] std::optional<std::vector<Node>> parse_yaml_stream(std::string_view text,
                                                                 std::string_view file,
                                                                 Diagnostics& diagnostics);

}  // namespace mimir::config
