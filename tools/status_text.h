// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "config/json.h"

namespace mimir::tools {

// What HttpApi answers, for people.
[[nodiscard]] std::string status_text(const config::Json& status);
/// Of a status, lines for who found nothing: what was seen, and what to check.
[[nodiscard]] std::string nothing_text(const config::Json& status);
[[nodiscard]] std::string windows_text(const config::Json& windows);
[[nodiscard]] std::string alerts_text(const config::Json& alerts);

}  // namespace mimir::tools
