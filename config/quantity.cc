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

/// The number that the digits of `text` from `first` on make; nothing if one is no digit.
std::optional<std::int64_t> digits_at(std::string_view text, std::size_t first, std::size_t count) {
  std::int64_t number = 0;
  for (std::size_t i = first; i < first + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    number = number * 10 + (text[i] - '0');
  }
  return number;
}

bool is_leap_year(std::int64_t year) {
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

std::int64_t days_of_month(std::int64_t year, std::int64_t month) {
  constexpr std::array<std::int64_t, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && is_leap_year(year) ? 1 : 0);
}

}  // namespace

std::optional<std::int64_t> parse_duration_ns(std::string_view text) {
  const auto parsed =
      parse(text, kDurations, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()),
            false);
  if (!parsed) return std::nullopt;
  return static_cast<std::int64_t>(*parsed);
}

std::optional<std::int64_t> parse_utc_ns(std::string_view text) {
  const bool has_time = text.size() == 20;
  if (!has_time && text.size() != 10) return std::nullopt;
  if (text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits_at(text, 0, 4);
  const auto month = digits_at(text, 5, 2);
  const auto day = digits_at(text, 8, 2);
  // Nanoseconds of 64 bits end in the spring of 2262.
  if (!year || !month || !day || *year < 1970 || *year > 2261) return std::nullopt;
  if (*month < 1 || *month > 12 || *day < 1 || *day > days_of_month(*year, *month)) {
    return std::nullopt;
  }
  std::int64_t days = *day - 1;
  for (std::int64_t before = 1970; before < *year; ++before) {
    days += is_leap_year(before) ? 366 : 365;
  }
  for (std::int64_t before = 1; before < *month; ++before) days += days_of_month(*year, before);
  std::int64_t seconds = days * 86'400;
  if (has_time) {
    if (text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[19] != 'Z') {
      return std::nullopt;
    }
    const auto hour = digits_at(text, 11, 2);
    const auto minute = digits_at(text, 14, 2);
    const auto second = digits_at(text, 17, 2);
    if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 59) {
      return std::nullopt;
    }
    seconds += *hour * 3600 + *minute * 60 + *second;
  }
  return seconds * 1'000'000'000;
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
