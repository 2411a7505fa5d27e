// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/json.h"
#include "controlplane/http/past_query.h"
#include "tools/control_link.h"
#include "tools/exit_code.h"

namespace mimir::tools {

/// Where windows come from that were judged: a history, or a running appliance.
///
/// Threads: one owner. Nothing, with the reason and what to do said on standard error, if it
/// could not be had.
class WindowSource {
 public:
  virtual ~WindowSource() = default;

  /// As the API lists them, oldest first.
  [[nodiscard]] virtual std::optional<std::vector<config::Json>> list(
      const controlplane::PastQuery& query) = 0;
  /// One of these with its edges.
  [[nodiscard]] virtual std::optional<config::Json> window(std::uint64_t granularity_s,
                                                           std::int64_t begin_s) = 0;
  /// Lines for who found nothing: what there is, and what to check.
  [[nodiscard]] virtual std::string describe() = 0;
  /// Of a fault.
  [[nodiscard]] virtual ExitCode fault_code() const = 0;
};

/// Null, and the reason is said, if it is no history.
[[nodiscard]] std::unique_ptr<WindowSource> open_history_windows(const std::string& path);
[[nodiscard]] std::unique_ptr<WindowSource> open_live_windows(ControlLink link);

}  // namespace mimir::tools
