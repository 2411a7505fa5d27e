// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/diagnostic.h"

namespace mimir::tools {

/// The whole file, or nothing and an error that says why. `origin` is where such a file comes
/// from, if a newcomer might not know: "mimir train makes one".
[[nodiscard]] std::optional<std::string> read_text_file(const std::string& path,
                                                        config::Diagnostics& diagnostics,
                                                        std::string_view origin = {});

/// Writes beside the target and then renames, so that no reader ever sees half a
/// file. A file that was there keeps its mode, and its owner where this user may give it
/// away; a link stays one. False, and an error, if anything was not written.
[[nodiscard]] bool write_text_file(const std::string& path, std::string_view text,
                                   config::Diagnostics& diagnostics);

}  // namespace mimir::tools
