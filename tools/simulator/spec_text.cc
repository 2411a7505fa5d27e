// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/spec_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "config/section.h"
#include "tools/simulator/topology_file.h"

namespace mimir::simulator {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr std::array<Unit, 4> kSizes{{{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}}};
constexpr std::array<Unit, 3> kTimes{{{"s", 1}, {"min", 60}, {"h", 3600}}};
constexpr double kLongestSeconds = 366.0 * 86400;

const Unit* find_unit(const auto& units, std::string_view name) {
  const auto found =
      std::find_if(units.begin(), units.end(), [&](const Unit& each) { return each.name == name; });
  return found == units.end() ? nullptr : &*found;
}

/// A number >= 0 at the front of `value`, which loses it.
std::optional<double> take_number(std::string_view& value) {
  double number = 0;
  const auto [end, fault] =
      std::from_chars(value.data(), value.data() + value.size(), number, std::chars_format::fixed);
  if (fault != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
  value.remove_prefix(static_cast<std::size_t>(end - value.data()));
  return number;
}

}  // namespace

std::string in_quotes(std::string_view text) { return '\'' + std::string(text) + '\''; }

SpecText::SpecText(std::string_view text, std::string option, std::uint32_t number,
                   std::string what, config::Diagnostics& diagnostics)
    : text_(text),
      option_(std::move(option)),
      number_(number),
      what_(std::move(what)),
      diagnostics_(diagnostics) {}

void SpecText::error(std::string_view part, std::string message, std::string hint) {
  const auto offset = static_cast<std::uint32_t>(part.data() - text_.data());
  diagnostics_.add({config::Severity::kError,
                    {option_, number_, offset + 1},
                    std::move(message),
                    std::string(text_),
                    std::move(hint)});
}

void SpecText::split(std::string_view settings, const std::vector<std::string>& known) {
  for (std::string_view rest = settings;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view setting = rest.substr(0, comma);
    const std::size_t equals = setting.find('=');
    const std::string_view key = setting.substr(0, equals);
    if (equals == std::string_view::npos) {
      error(setting, in_quotes(setting) + " has no value", "write key=value");
    } else if (std::find(keys_.begin(), keys_.end(), key) != keys_.end()) {
      error(key, std::string(key) + " is given twice", "give it once");
    } else if (std::find(known.begin(), known.end(), key) == known.end()) {
      const std::string meant = nearest(key, known);
      error(key, what_ + " has no key " + in_quotes(key),
            meant.empty() ? "give " + config::to_words(known)
                          : "did you mean " + in_quotes(meant) + "?");
    } else {
      keys_.push_back(key);
      settings_.emplace_back(key, setting.substr(equals + 1));
    }
    if (comma == std::string_view::npos) return;
    rest.remove_prefix(comma + 1);
  }
}

std::optional<std::string_view> SpecText::find(std::string_view key) const {
  for (const auto& [name, value] : settings_) {
    if (name == key) return value;
  }
  return std::nullopt;
}

std::optional<std::string_view> SpecText::need(std::string_view key, std::string example) {
  const auto value = find(key);
  if (!value) {
    const std::size_t article = what_.find(' ');
    error(text_, "the" + what_.substr(article) + " has no " + std::string(key),
          "add " + std::move(example));
  }
  return value;
}

std::optional<TimeNs> SpecText::time(std::string_view value) {
  std::string_view rest = value;
  const auto number = take_number(rest);
  const Unit* const unit = find_unit(kTimes, rest.empty() ? "s" : rest);
  if (!number || unit == nullptr || *number * unit->factor > kLongestSeconds) {
    error(value, in_quotes(value) + " is no time", "write seconds, or a number and s, min or h");
    return std::nullopt;
  }
  return static_cast<TimeNs>(*number * unit->factor * 1e9);
}

std::optional<double> SpecText::byte_rate(std::string_view value) {
  std::string_view rest = value;
  const auto number = take_number(rest);
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const Unit* const size = find_unit(kSizes, rest.substr(0, slash));
  const Unit* const time =
      slash == rest.size() ? nullptr : find_unit(kTimes, rest.substr(slash + 1));
  if (!number || size == nullptr || time == nullptr) {
    error(value, in_quotes(value) + " is no rate", "write a rate like 1MB/min or 500B/s");
    return std::nullopt;
  }
  const double bytes_per_minute = *number * size->factor / (time->factor / 60);
  if (bytes_per_minute < 1 || bytes_per_minute > 6e10) {
    error(value, "rate " + in_quotes(value) + " is out of range",
          "give a rate from 1 B/min to 1 GB/s");
    return std::nullopt;
  }
  return bytes_per_minute;
}

std::optional<double> SpecText::number(std::string_view value, double min, double max) {
  std::string_view rest = value;
  const auto number = take_number(rest);
  if (!number || !rest.empty() || *number < min || *number > max) {
    error(value, in_quotes(value) + " is no number in range",
          "give a number from " + config::to_real_text(min) + " to " + config::to_real_text(max));
    return std::nullopt;
  }
  return number;
}

std::optional<std::string> SpecText::word(std::string_view value,
                                          const std::vector<std::string>& allowed) {
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return std::string(value);
  error(value, in_quotes(value) + " is not simulated", "give " + config::to_words(allowed));
  return std::nullopt;
}

std::optional<std::pair<std::uint32_t, std::uint32_t>> SpecText::range(std::string_view value,
                                                                       std::uint32_t min,
                                                                       std::uint32_t max) {
  std::string_view rest = value;
  const auto low = take_number(rest);
  const bool has_hyphen = rest.starts_with('-');
  if (has_hyphen) rest.remove_prefix(1);
  const auto high = has_hyphen ? take_number(rest) : std::nullopt;
  if (!low || !high || !rest.empty() || *low < min || *high > max || *low > *high) {
    error(value, in_quotes(value) + " is no range of sizes",
          "write two numbers from " + std::to_string(min) + " to " + std::to_string(max) +
              ", such as 300-400");
    return std::nullopt;
  }
  return std::pair(static_cast<std::uint32_t>(*low), static_cast<std::uint32_t>(*high));
}

}  // namespace mimir::simulator
