// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "config/json.h"
#include "controlplane/history/history.h"

namespace mimir::tools {

/// "high", "medium" or "low".
[[nodiscard]] std::string severity_of(const controlplane::HistoryIncident& incident);
/// An incident without its lines.
[[nodiscard]] config::Json to_json(const controlplane::HistoryIncident& incident);

/// What an alert's line says of its reasons, for people: what was seen, what it rests on, the
/// weightiest first, the edges beside what was expected of them, and what to do next.
[[nodiscard]] std::string reasons_text(const config::Json& line);

}  // namespace mimir::tools
