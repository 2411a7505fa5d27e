// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/attack_spec.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

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

std::string quoted(std::string_view text) { return '\'' + std::string(text) + '\''; }

/// Reads one specification; every method that fails has said why.
class Parser {
 public:
  Parser(std::string_view text, std::uint32_t number, const Topology& topology,
         config::Diagnostics& diagnostics)
      : text_(text), number_(number), topology_(topology), diagnostics_(diagnostics) {}

  std::optional<AttackSpec> parse() {
    const std::size_t before = diagnostics_.error_count();
    spec_.text = text_;
    const std::size_t colon = text_.find(':');
    const std::string_view kind = text_.substr(0, colon);
    if (kind != "exfil") {
      error(kind, "no attack is called " + quoted(kind), "give exfil:path=...");
      return std::nullopt;
    }
    if (colon != std::string_view::npos) parse_settings(text_.substr(colon + 1));
    need(!spec_.path.empty(), "path", "path=user-db>user>outside");
    need(has_rate_, "rate", "rate=1MB/min");
    need(has_start_, "start", "start=600");
    need(has_duration_, "duration", "duration=120");
    if (diagnostics_.error_count() != before) return std::nullopt;
    return std::move(spec_);
  }

 private:
  /// `part` is a piece of text_; its place becomes the column.
  void error(std::string_view part, std::string message, std::string hint) {
    const auto offset = static_cast<std::uint32_t>(part.data() - text_.data());
    diagnostics_.add({config::Severity::kError,
                      {"--attack", number_, offset + 1},
                      std::move(message),
                      std::string(text_),
                      std::move(hint)});
  }

  void need(bool present, std::string_view key, std::string example) {
    const bool said_already = std::find(seen_.begin(), seen_.end(), key) != seen_.end();
    if (present || said_already) return;
    error(text_, "the attack has no " + std::string(key), "add " + std::move(example));
  }

  void parse_settings(std::string_view rest) {
    while (true) {
      const std::size_t comma = rest.find(',');
      parse_setting(rest.substr(0, comma));
      if (comma == std::string_view::npos) return;
      rest.remove_prefix(comma + 1);
    }
  }

  void parse_setting(std::string_view setting) {
    const std::size_t equals = setting.find('=');
    const std::string_view key = setting.substr(0, equals);
    if (equals == std::string_view::npos) {
      error(setting, quoted(setting) + " has no value", "write key=value");
      return;
    }
    const std::string_view value = setting.substr(equals + 1);
    if (std::find(seen_.begin(), seen_.end(), key) != seen_.end()) {
      error(key, std::string(key) + " is given twice", "give it once");
      return;
    }
    seen_.emplace_back(key);
    if (key == "path") {
      parse_path(value);
    } else if (key == "rate") {
      parse_rate(value);
    } else if (key == "start") {
      has_start_ = parse_time(value, spec_.start_ns);
    } else if (key == "duration") {
      has_duration_ = parse_time(value, spec_.duration_ns);
      if (has_duration_ && spec_.duration_ns == 0) {
        error(value, "an attack of no duration", "give a number of seconds above 0");
      }
    } else if (key == "method") {
      spec_.method = value;
      if (value != "tcp") {
        error(value, "method " + quoted(value) + " is not simulated", "give tcp");
      }
    } else {
      const std::string meant = nearest(key, {"path", "rate", "start", "duration", "method"});
      error(key, "an attack has no key " + quoted(key),
            meant.empty() ? "give path, rate, start, duration or method"
                          : "did you mean " + quoted(meant) + "?");
    }
  }

  void parse_path(std::string_view value) {
    std::vector<std::string> known;
    for (const Service& service : topology_.services) known.push_back(service.name);
    std::vector<std::string> path;
    for (std::string_view rest = value;;) {
      const std::size_t arrow = rest.find('>');
      const std::string_view hop = rest.substr(0, arrow);
      const bool last = arrow == std::string_view::npos;
      if (last && hop != kOutsideName) {
        error(hop, "the path ends in " + quoted(hop) + ", not in outside",
              "data that stays is no exfiltration: end the path with >outside");
      } else if (!last && std::find(known.begin(), known.end(), hop) == known.end()) {
        const std::string meant = nearest(hop, known);
        error(hop, "no service is called " + quoted(hop),
              meant.empty() ? "name a service of " + topology_.name
                            : "did you mean " + quoted(meant) + "?");
      } else if (!path.empty() && path.back() == hop) {
        error(hop, quoted(hop) + " follows itself", "name each hop once");
      }
      path.emplace_back(hop);
      if (last) break;
      rest.remove_prefix(arrow + 1);
    }
    if (path.size() < 2) {
      error(value, "the path has no service to leave from", "write path=user-db>user>outside");
    }
    spec_.path = std::move(path);
  }

  /// A number >= 0 at the front of `value`, which loses it.
  std::optional<double> parse_number(std::string_view& value) {
    double number = 0;
    const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), number,
                                              std::chars_format::fixed);
    if (fault != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
    value.remove_prefix(static_cast<std::size_t>(end - value.data()));
    return number;
  }

  void parse_rate(std::string_view value) {
    std::string_view rest = value;
    const auto number = parse_number(rest);
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const Unit* const size = find_unit(kSizes, rest.substr(0, slash));
    const Unit* const time =
        slash == rest.size() ? nullptr : find_unit(kTimes, rest.substr(slash + 1));
    if (!number || size == nullptr || time == nullptr) {
      error(value, quoted(value) + " is no rate", "write a rate like 1MB/min or 500B/s");
      return;
    }
    spec_.bytes_per_minute = *number * size->factor / (time->factor / 60);
    has_rate_ = spec_.bytes_per_minute >= 1 && spec_.bytes_per_minute <= 6e10;
    if (!has_rate_) {
      error(value, "rate " + quoted(value) + " is out of range",
            "give a rate from 1 B/min to 1 GB/s");
    }
  }

  bool parse_time(std::string_view value, TimeNs& time_ns) {
    std::string_view rest = value;
    const auto number = parse_number(rest);
    const Unit* const unit = find_unit(kTimes, rest.empty() ? "s" : rest);
    if (!number || unit == nullptr || *number * unit->factor > kLongestSeconds) {
      error(value, quoted(value) + " is no time", "write seconds, or a number and s, min or h");
      return false;
    }
    time_ns = static_cast<TimeNs>(*number * unit->factor * 1e9);
    return true;
  }

  std::string_view text_;
  std::uint32_t number_;
  const Topology& topology_;
  config::Diagnostics& diagnostics_;
  AttackSpec spec_;
  std::vector<std::string> seen_;
  bool has_rate_ = false;
  bool has_start_ = false;
  bool has_duration_ = false;
};

}  // namespace

std::optional<AttackSpec> parse_attack(std::string_view text, std::uint32_t number,
                                       const Topology& topology, config::Diagnostics& diagnostics) {
  return Parser(text, number, topology, diagnostics).parse();
}

}  // namespace mimir::simulator
