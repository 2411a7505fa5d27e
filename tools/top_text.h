// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "config/json.h"

namespace mimir::tools {

/// What an appliance does at the moment, of two statuses of it as HttpApi tells them: rates are
/// what grew between the two over the time between them, all else is of the later one. Shares
/// are 0 to 1, and null where nothing was to be shared:
///   {"seconds", "ports": [{"device", "link_up", "mpps", "lost_pps"}],
///    "workers": [{"busy_ratio", "ring_ratio", "ring_most_ratio"}],
///    "windows": [{"granularity_s", "lag_s", "judged", "without_data", "alerts"}],
///    "packets": {"received", "counted", "dropped": {...}, "balances"}, ...}
///
/// A lag is of the wall clock, null before the first window and in a replay.
/// REQUIRES: both of one process. Where no time is between the two, rates are 0.
[[nodiscard]] config::Json activity_of(const config::Json& earlier, const config::Json& later);

/// The same for people, some twenty lines.
[[nodiscard]] std::string top_text(const config::Json& activity);

}  // namespace mimir::tools
