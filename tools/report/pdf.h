// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "config/diagnostic.h"

namespace mimir::report {

/// Prints a page to a PDF file beside it, through the first of chromium, chromium-browser,
/// google-chrome and google-chrome-stable that the machine has, without a window, a network
/// or a profile that stays. False, and an error with a hint, if it has none or it fails.
[[nodiscard]] bool print_to_pdf(const std::string& html_path, const std::string& pdf_path,
                                config::Diagnostics& diagnostics);

}  // namespace mimir::report
