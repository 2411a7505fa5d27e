// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "dataplane/record/time.h"

namespace mimir::tools {

/// A judged window, for choosing a threshold.
struct ScoredWindow {
  TimeNs begin_ns = 0;
  TimeNs end_ns = 0;
  double score = 0;
};

/// A threshold and what it would have cost.
struct TunedThreshold {
  double threshold = 0;
  std::uint64_t alarms = 0;     ///< windows above it
  std::uint64_t incidents = 0;  ///< that they make
};

/// Incidents that windows above `threshold` make, if what lies no further apart than
/// `quiet_ns` is one. REQUIRES: ascending by time.
[[nodiscard]] std::uint64_t incident_count(std::span<const ScoredWindow> windows, double threshold,
                                           TimeNs quiet_ns);

/// The lowest threshold such that neither it nor any higher one makes more than
/// `incidents_max` incidents. It lies halfway between the score that would be one too many
/// and the next one above. Nothing if there are no windows, or all of them may alarm.
///
/// Cost: n log n.
[[nodiscard]] std::optional<TunedThreshold> tune(std::span<const ScoredWindow> windows,
                                                 std::uint64_t incidents_max, TimeNs quiet_ns);

/// "1/day", "0.5/day", "3/week": how many in a day. Nothing if it is none of these.
[[nodiscard]] std::optional<double> parse_budget(std::string_view text);

}  // namespace mimir::tools
