// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "controlplane/history/history.h"
#include "controlplane/status/appliance_status.h"

namespace mimir::controlplane {

/// Edges that are remembered of a window: of more, the most excessive half of these, then the
/// heaviest of the rest. All in the order they were in, and their number.
inline constexpr std::size_t kHistoryEdgeMax = 100;

[[nodiscard]] HistoryWindow history_window_of(WindowView view);

}  // namespace mimir::controlplane
