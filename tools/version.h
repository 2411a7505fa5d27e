// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace mimir::tools {

/// The version of the project, as the build knows it.
inline constexpr std::string_view kVersionText = MIMIR_VERSION;

}  // namespace mimir::tools
