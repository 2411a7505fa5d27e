// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "controlplane/alert/alert.h"
#include "model/learn/model.h"
#include "tools/live_run.h"

namespace mimir::tools {

/// One judged window, as a chart needs it.
struct JudgedWindow {
  TimeNs begin_ns = 0;
  std::uint32_t granularity_s = 0;
  double score = 0;
  double threshold = 0;
  bool is_alert = false;
};

/// What a run of the appliance found, and what it cost.
struct DemoResult {
  LiveRun live;
  std::vector<JudgedWindow> windows;
  std::vector<controlplane::Alert> alerts;  ///< one a window
  std::uint64_t incident_count = 0;         ///< that they are
};

/// One self-contained page: the scores over time, each alert with its reasons, the
/// ledgers. Needs no network and no script.
[[nodiscard]] std::string to_html(const learn::Model& model, const DemoResult& result);

}  // namespace mimir::tools
