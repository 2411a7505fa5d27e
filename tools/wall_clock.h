// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "dataplane/record/time.h"

namespace mimir::tools {

/// The time of day, as live ports stamp packets.
[[nodiscard]] TimeNs wall_clock_ns();

}  // namespace mimir::tools
