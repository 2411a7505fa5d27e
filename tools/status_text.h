// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/json.h"

namespace mimir::tools {

/// The text of a member; empty if there is none.
[[nodiscard]] const std::string& text_of(const config::Json& json, std::string_view key);

/// The member's number; 0 if there is none.
[[nodiscard]] std::uint64_t count_of(const config::Json& json, std::string_view key);
/// Whether the member is true.
[[nodiscard]] bool is_set(const config::Json& json, std::string_view key);

// What HttpApi answers, for people.
[[nodiscard]] std::string status_text(const config::Json& status);
[[nodiscard]] std::string windows_text(const config::Json& windows);
[[nodiscard]] std::string alerts_text(const config::Json& alerts);

}  // namespace mimir::tools
