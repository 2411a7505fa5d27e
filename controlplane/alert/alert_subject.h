// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>

#include "config/json.h"
#include "controlplane/alert/alert.h"
#include "controlplane/alert/sighting.h"
#include "model/detector/suppression.h"

namespace mimir::controlplane {

// What suppressions are held against: of an alarm, and of what is remembered of it.

[[nodiscard]] detector::SuppressionSubject subject_of(const Alert& alert);

/// Of an alarm's line, which is equal to that of the alert or finding it was made of, times
/// to the microsecond. Nothing: it is no alarm, but a notice.
[[nodiscard]] std::optional<detector::SuppressionSubject> subject_of(const config::Json& line);

/// Of a window above its threshold, as a history has it. Nothing: its path is not in it,
/// because an earlier version wrote it.
[[nodiscard]] std::optional<detector::SuppressionSubject> subject_of_window(
    const config::Json& window);

/// Says in the sighting's line what allowed it, as `mimir.suppressed`. REQUIRES: something did.
void mark_suppressed(std::span<const detector::Suppression* const> by, Sighting& sighting);

}  // namespace mimir::controlplane
