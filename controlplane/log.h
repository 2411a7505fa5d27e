// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace mimir::controlplane {

/// The appliance's own voice: one line a message, on standard error, with time and
/// level. Findings and figures do not go here; they go to standard output.
///
/// Threads: any, after start_log(); never the packet path.
void start_log(std::string_view level);

void log_debug(const std::string& message);
void log_info(const std::string& message);
void log_warning(const std::string& message);
void log_error(const std::string& message);

}  // namespace mimir::controlplane
