// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/topology_file.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <numeric>
#include <system_error>

#include "config/yaml_document.h"
#include "tools/simulator/topology_check.h"

namespace mimir::simulator {

std::optional<Topology> read_topology(std::string_view text, std::string_view file,
                                      config::Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.error_count();
  const std::optional<config::Node> document = config::parse_yaml(text, file, diagnostics);
  if (!document) return std::nullopt;
  Topology topology = topology_section().read(*document, diagnostics);
  if (diagnostics.error_count() > errors_before) return std::nullopt;
  if (!check(topology, *document, diagnostics)) return std::nullopt;
  return topology;
}

std::optional<Topology> topology_named(std::string_view name, config::Diagnostics& diagnostics) {
  std::string names;
  for (const BuiltInTopology& each : built_in_topologies()) {
    if (each.name == name) {
      return read_topology(each.text, std::string(name) + ".yaml", diagnostics);
    }
    names += (names.empty() ? "" : ", ") + std::string(each.name);
  }
  diagnostics.error({.file = "--app"}, "no application is called '" + std::string(name) + "'",
                    "give one of " + names + ", or a document with --topology");
  return std::nullopt;
}

std::optional<Topology> topology_from(const std::string& path, config::Diagnostics& diagnostics) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file || errno != 0) {
    diagnostics.error({.file = path},
                      "cannot read: " + std::generic_category().message(errno != 0 ? errno : EIO),
                      "give a topology document; mimir simulate --print-topology shows one");
    return std::nullopt;
  }
  return read_topology(text, path, diagnostics);
}

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_edits = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : known) {
    std::vector<std::size_t> row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i + 1;
      for (std::size_t j = 0; j < candidate.size(); ++j) {
        const std::size_t replaced = diagonal + (word[i] == candidate[j] ? 0U : 1U);
        diagonal = row[j + 1];
        row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
      }
    }
    if (row.back() < best_edits) {
      best_edits = row.back();
      best = candidate;
    }
  }
  return best;
}

}  // namespace mimir::simulator
