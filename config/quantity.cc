// SPDX-License-Identifier: Apache-2.0
#include "config/quantity.h"

#include <array>
#include <charconv>
#include <limits>
#include <span>

namespace mimir::config {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Ascending, so that the last one that divides is the largest.
constexpr std::array<Unit, 7> kDurations{{{"ns", 1},
                                          {"us", 1'000},
                                          {"ms", 1'000'000},
                                          {"s", 1'000'000'000},
                                          {"min", 60'000'000'000},
                                          {"h", 3'600'000'000'000},
                                          {"d", 86'400'000'000'000}}};
constexpr std::array<Unit, 5> kSizes{{{"B", 1},
                                      {"KiB", std::uint64_t{1} << 10},
                                      {"MiB", std::uint64_t{1} << 20},
                                      {"GiB", std::uint64_t{1} << 30},
                                      {"TiB", std::uint64_t{1} << 40}}};

std::optional<std::uint64_t> parse(std::string_view text, std::span<const Unit> units,
                                   std::uint64_t max, bool unit_is_optional) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  if (name.empty() && unit_is_optional) return number <= max ? std::optional(number) : std::nullopt;
  for (const Unit& unit : units) {
    if (unit.name != name) continue;
    if (number > max / unit.factor) return std::nullopt;
    return number * unit.factor;
  }
  return std::nullopt;
}

std::string to_text(std::uint64_t number, std::span<const Unit> units) {
  const Unit* largest = &units.front();
  for (const Unit& unit : units) {
    if (number > 0 && number % unit.factor == 0) largest = &unit;
  }
  return std::to_string(number / largest->factor) + std::string(largest->name);
}

}  // namespace

std::optional<std::int64_t> parse_duration_ns(std::string_view text) {
  const auto parsed =
      parse(text, kDurations, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()),
            false);
  if (!parsed) return std::nullopt;
  return static_cast<std::int64_t>(*parsed);
}

std::string to_duration_text(std::int64_t duration_ns) {
  if (duration_ns == 0) return "0s";
  const auto number = static_cast<std::uint64_t>(duration_ns);
  return duration_ns < 0 ? '-' + to_text(0 - number, kDurations) : to_text(number, kDurations);
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  return parse(text, kSizes, std::numeric_limits<std::uint64_t>::max(), true);
}

std::string to_bytes_text(std::uint64_t bytes) { return to_text(bytes, kSizes); }

}  // namespace mimir::config
