// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/truth_file.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "config/json.h"

namespace mimir::evaluation {

namespace {

std::optional<double> number_at(const config::Json& line, std::string_view key) {
  const config::Json* const member = line.find(key);
  return member == nullptr ? std::nullopt : member->number();
}

std::optional<std::string> path_at(const config::Json& line) {
  const config::Json* const path = line.find("path");
  if (path == nullptr || path->elements() == nullptr) return std::nullopt;
  std::string text;
  for (const config::Json& stop : *path->elements()) {
    if (stop.string() == nullptr) return std::nullopt;
    text += (text.empty() ? "" : " > ") + *stop.string();
  }
  return text;
}

bool is_scan(const config::Json& line) {
  const config::Json* const kind = line.find("kind");
  return kind != nullptr && kind->string() != nullptr && *kind->string() == "scan";
}

/// A scan has no rate: it moves no data.
std::optional<Incident> incident_of(const config::Json& line) {
  // Beyond this, seconds do not fit into nanoseconds of 64 bits.
  constexpr double kSecondsMax = 9e9;
  const auto start = number_at(line, "start");
  const auto end = number_at(line, "end");
  const bool moves_data = !is_scan(line);
  const auto rate = moves_data ? number_at(line, "rate_bytes_per_minute") : std::optional(0.0);
  const auto path = path_at(line);
  if (!start || !end || !rate || !path) return std::nullopt;
  if (!(*start <= *end) || *start < 0 || *end > kSecondsMax) return std::nullopt;
  if (moves_data && !(*rate > 0)) return std::nullopt;
  return Incident{
      .time = {.begin_ns = std::llround(*start * 1e9), .end_ns = std::llround(*end * 1e9)},
      .path = *path,
      .kind = std::string(moves_data ? kTheft : "scan"),
      .rate_bytes_per_minute = *rate};
}

}  // namespace

std::optional<std::vector<Incident>> read_truth(std::string_view text, std::string_view file,
                                                config::Diagnostics& diagnostics) {
  const std::size_t errors_before = diagnostics.error_count();
  std::vector<Incident> incidents;
  std::uint32_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const auto json = config::parse_json(line, file, diagnostics, number);
    if (!json) continue;
    auto incident = incident_of(*json);
    if (incident) {
      incidents.push_back(std::move(*incident));
    } else {
      diagnostics.error({.file = std::string(file), .line = number, .column = 1},
                        "this line is no attack",
                        "it needs start, end (seconds since 1970, in this order), path (names) and "
                        "rate_bytes_per_minute (above 0)");
    }
  }
  if (diagnostics.error_count() > errors_before) return std::nullopt;
  std::stable_sort(incidents.begin(), incidents.end(), [](const Incident& a, const Incident& b) {
    return a.time.begin_ns < b.time.begin_ns;
  });
  return incidents;
}

}  // namespace mimir::evaluation
