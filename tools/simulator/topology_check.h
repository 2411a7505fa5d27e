// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/diagnostic.h"
#include "config/document.h"
#include "tools/simulator/topology.h"

namespace mimir::simulator {

/// Reports every name that is used but not defined or defined twice, every call
/// without a link or that comes back to itself, and what a protocol cannot do, at its
/// place in `document`, which `topology` was read from. True if there is none.
[[nodiscard]] bool check(const Topology& topology, const config::Node& document,
                         config::Diagnostics& diagnostics);

}  // namespace mimir::simulator
