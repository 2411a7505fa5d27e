// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/json.h"
#include "tools/allowance.h"

namespace mimir::tools {

/// For people: what would have been held back, and where that is nothing, what comes near and
/// what there is.
[[nodiscard]] std::string to_text(const Allowance& allowance, const detector::Suppression& wanted);
/// The same for programs.
[[nodiscard]] config::Json to_json(const Allowance& allowance);

/// A line for each: when it ends, seen from `now_ns`, and how often it has matched.
[[nodiscard]] std::string to_text(const std::vector<SuppressionUse>& uses, TimeNs now_ns);
[[nodiscard]] config::Json to_json(const std::vector<SuppressionUse>& uses, TimeNs now_ns);

}  // namespace mimir::tools
