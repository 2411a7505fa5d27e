// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/section.h"
#include "tools/simulator/topology.h"

namespace mimir::simulator {

/// The keys of a topology document, as config/topology/reference.md lists them.
[[nodiscard]] config::Section<Topology> topology_section();

/// The text of that page.
[[nodiscard]] std::string topology_reference();

/// Reads a topology document (YAML). What is wrong is reported, all of it, at its
/// place: unknown keys, values out of range, names that nothing has, calls without a
/// link or that come back to themselves.
[[nodiscard]] std::optional<Topology> read_topology(std::string_view text, std::string_view file,
                                                    config::Diagnostics& diagnostics);

/// A document that is part of the executable: config/topology/<name>.yaml as it was
/// when this was built.
struct BuiltInTopology {
  std::string_view name;
  std::string_view text;
};
[[nodiscard]] std::span<const BuiltInTopology> built_in_topologies();

/// The built-in one of that name, or a diagnostic that lists those there are.
[[nodiscard]] std::optional<Topology> topology_named(std::string_view name,
                                                     config::Diagnostics& diagnostics);

/// The document in that file.
[[nodiscard]] std::optional<Topology> topology_from(const std::string& path,
                                                    config::Diagnostics& diagnostics);

/// The one of `known` with the fewest edits (Levenshtein) from `word`, if those are few
/// enough to be a slip; else empty.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace mimir::simulator
