// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mimir::config {

/// "10s", "500ms", "30min", "2h" (also ns, us, d) as nanoseconds; nothing if it is
/// none of these, is negative or does not fit. A fraction is no duration: 1.5s is
/// 1500ms.
[[nodiscard]] std::optional<std::int64_t> parse_duration_ns(std::string_view text);

/// "2026-12-31", its first moment, or "2026-12-31T12:00:00Z" (RFC 3339 in UTC, whole
/// seconds) as nanoseconds since 1970; nothing if it is neither, no day of the calendar,
/// or does not fit.
[[nodiscard]] std::optional<std::int64_t> parse_utc_ns(std::string_view text);

/// The largest unit that is exact: 90000000000 is "90s", 120000000000 "2min".
[[nodiscard]] std::string to_duration_text(std::int64_t duration_ns);

/// "64MiB", "2GiB", "4096" (also KiB, TiB, B) as bytes.
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text);

[[nodiscard]] std::string to_bytes_text(std::uint64_t bytes);

}  // namespace mimir::config
