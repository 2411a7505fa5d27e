// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/json.h"

namespace mimir::config {

// A member of what an appliance wrote, for those who print it: what is not there, or is of
// another kind, is empty, 0 or false.

[[nodiscard]] const Json& member(const Json& json, std::string_view key);
[[nodiscard]] const std::string& text_of(const Json& json, std::string_view key);
[[nodiscard]] std::uint64_t count_of(const Json& json, std::string_view key);
[[nodiscard]] double number_of(const Json& json, std::string_view key);
[[nodiscard]] bool is_set(const Json& json, std::string_view key);
[[nodiscard]] const Json::Array& list_of(const Json& json, std::string_view key);

}  // namespace mimir::config
