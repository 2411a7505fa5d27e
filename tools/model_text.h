// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "config/json.h"
#include "model/learn/model_difference.h"

namespace mimir::tools {

/// What two models differ in, for people: settings, names, edges, invariants. Of each kind at
/// most `top` are listed, the largest change first; of the rest it says how many they are.
[[nodiscard]] std::string difference_text(const learn::ModelDifference& difference,
                                          std::size_t top);

/// Which models judge, as `mimir model status` gathers it: {"in_force", "candidate", "former"}.
[[nodiscard]] std::string model_status_text(const config::Json& status);

}  // namespace mimir::tools
