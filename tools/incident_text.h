// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "config/json.h"

namespace mimir::tools {

/// What an alert's line says of its reasons, for people: what was seen, what it rests on, the
/// weightiest first, the edges beside what was expected of them, and what to do next.
[[nodiscard]] std::string reasons_text(const config::Json& line);

}  // namespace mimir::tools
