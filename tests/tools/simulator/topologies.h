// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "tools/simulator/topology_file.h"

namespace mimir::simulator {

/// A topology that ships, which the tests take to be right: another test reads them all.
inline Topology built_in(std::string_view name) {
  config::Diagnostics diagnostics;
  return topology_named(name, diagnostics).value();
}

inline std::string built_in_text(std::string_view name) {
  for (const BuiltInTopology& each : built_in_topologies()) {
    if (each.name == name) return std::string(each.text);
  }
  return {};
}

}  // namespace mimir::simulator
