// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "config/json.h"

namespace mimir::tools {

// What HttpApi answers, for people.
/// Of a status or an activity: empty while packets are listened for, else why they are not.
[[nodiscard]] std::string_view listening_text(const config::Json& status);
[[nodiscard]] std::string status_text(const config::Json& status);
/// Of a status, lines for who found nothing: what was seen, and what to check.
[[nodiscard]] std::string nothing_text(const config::Json& status);
[[nodiscard]] std::string windows_text(const config::Json& windows);
[[nodiscard]] std::string alerts_text(const config::Json& alerts);

}  // namespace mimir::tools
