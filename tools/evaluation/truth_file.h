// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "tools/evaluation/dataset.h"

namespace mimir::evaluation {

/// Reads the truth about attacks that really happened, JSON lines as `mimir simulate` writes
/// them: "start" and "end" in seconds since 1970, "path" an array of names,
/// "rate_bytes_per_minute"; other members are not looked at. One of "kind" scan needs no rate,
/// and is an incident of that kind. Ascending by start.
/// None, with every fault at its line, if a line is wrong or an attack ends before it starts.
[[nodiscard]] std::optional<std::vector<Incident>> read_truth(std::string_view text,
                                                              std::string_view file,
                                                              config::Diagnostics& diagnostics);

}  // namespace mimir::evaluation
