// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/json.h"

namespace mimir::tools {

/// What a figure depends on and its reader cannot see: processor, cores, memory,
/// kernel, compiler, build, version.
[[nodiscard]] config::Json machine_json();

}  // namespace mimir::tools
