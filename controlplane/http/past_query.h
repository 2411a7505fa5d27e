// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "controlplane/history/history.h"

namespace mimir::controlplane {

/// Which windows or alerts are asked for: of those in [from_s, to_s) the last `limit`.
struct PastQuery {
  static constexpr std::int64_t kLimitMax = 10'000;
  /// Of an answer: a thousand alerts, or all windows that may be asked for.
  static constexpr std::size_t kBytesMax = std::size_t{16} << 20;
  /// What nanoseconds since 1970 can say: April 2262.
  static constexpr std::int64_t kSecondsMax = INT64_MAX / kNsPerSecond;

  std::int64_t from_s = 0;
  std::int64_t to_s = kSecondsMax;
  std::int64_t limit = kLimitMax;
  std::int64_t granularity_s = 0;  ///< 0: any

  [[nodiscard]] bool has(TimeNs time_ns) const {
    return time_ns >= from_s * kNsPerSecond && time_ns < to_s * kNsPerSecond;
  }
};

/// Reads "from=1767225600&to=1767229200&limit=360&granularity=10", of which each may be missing.
/// Nothing, with what is wrong in `fault`, if it is no such text.
[[nodiscard]] std::optional<PastQuery> read_past_query(std::string_view query, std::string& fault);

[[nodiscard]] HistorySpan span_of(const PastQuery& query);

/// A whole number from 0 on, in decimal digits alone.
[[nodiscard]] std::optional<std::int64_t> to_whole_number(std::string_view text);

}  // namespace mimir::controlplane
