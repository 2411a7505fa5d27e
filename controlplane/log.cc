// SPDX-License-Identifier: Apache-2.0
#include "controlplane/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace mimir::controlplane {

void start_log(std::string_view level) {
  // A second start, as in a test, only changes the level.
  if (spdlog::get("mimir") == nullptr) spdlog::set_default_logger(spdlog::stderr_color_mt("mimir"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %^%l%$ %v");
  spdlog::set_level(spdlog::level::from_str(std::string(level)));
}

void log_debug(const std::string& message) { spdlog::debug("{}", message); }
void log_info(const std::string& message) { spdlog::info("{}", message); }
void log_warning(const std::string& message) { spdlog::warn("{}", message); }
void log_error(const std::string& message) { spdlog::error("{}", message); }

}  // namespace mimir::controlplane
