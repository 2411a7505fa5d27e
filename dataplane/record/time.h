// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace mimir {

/// A moment, in nanoseconds since 1970-01-01T00:00:00 UTC, as the packet's
/// source stamped it. Never the wall clock of the machine that reads it.
using TimeNs = std::int64_t;

inline constexpr TimeNs kNsPerSecond = 1'000'000'000;
inline constexpr TimeNs kNsPerHour = 3600 * kNsPerSecond;
inline constexpr TimeNs kNsPerDay = 24 * kNsPerHour;

/// The number of a base window on the absolute grid: window `i` covers
/// [i * window_ns, (i + 1) * window_ns).
using WindowIndex = std::int64_t;

/// The window that holds `time_ns`. Rounds down on both sides of 1970.
/// REQUIRES: window_ns > 0.
[[nodiscard]] constexpr WindowIndex window_of(TimeNs time_ns, TimeNs window_ns) noexcept {
  const WindowIndex toward_zero = time_ns / window_ns;
  return toward_zero - static_cast<WindowIndex>(time_ns % window_ns < 0);
}

static_assert(window_of(0, 10) == 0 && window_of(9, 10) == 0 && window_of(10, 10) == 1);
static_assert(window_of(-1, 10) == -1 && window_of(-10, 10) == -1 && window_of(-11, 10) == -2);

}  // namespace mimir
