// SPDX-License-Identifier: Apache-2.0
#include "tools/experiment/aggregate.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numbers>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "config/json_member.h"

namespace mimir::experiment {
namespace {

using config::Json;

double f1_of_counts(std::uint64_t true_positive, std::uint64_t wrong) {
  if (true_positive == 0) return 0;
  const auto twice = 2 * static_cast<double>(true_positive);
  return twice / (twice + static_cast<double>(wrong));
}

// RFC 4180: quoted where it must be.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

}  // namespace

double f1_of(const Row& row) {
  return f1_of_counts(row.true_positive, row.false_positive + row.missed);
}

std::vector<Row> rows_of(const Outcome& outcome, double mix_degrees) {
  std::vector<Row> rows;
  for (const Json& result : list_of(outcome.evaluation, "results")) {
    if (text_of(result, "learner") != "model" || text_of(result, "rule") != "own") continue;
    for (const Json& rate : list_of(result, "rates")) {
      const Json* const windows = rate.find("windows");
      if (windows == nullptr) continue;
      rows.push_back(
          {.settings = outcome.settings,
           .mix_degrees = mix_degrees,
           .granularity = text_of(result, "granularity"),
           .rate_bytes_per_minute = number_of(rate, "rate_bytes_per_minute"),
           .true_negative = count_of(*windows, "true_negative"),
           .false_positive = count_of(*windows, "false_positive"),
           .missed = count_of(*windows, "false_negative") + count_of(*windows, "unjudged_attack"),
           .true_positive = count_of(*windows, "true_positive"),
           .false_alerts = count_of(result, "false_alerts"),
           .benign_days = number_of(result, "benign_days")});
    }
  }
  return rows;
}

double degrees_between(std::span<const double> left, std::span<const double> right) {
  double product = 0;
  double left_square = 0;
  double right_square = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    product += left[i] * right[i];
    left_square += left[i] * left[i];
    right_square += right[i] * right[i];
  }
  const double cosine = product / std::sqrt(left_square * right_square);
  return std::acos(std::clamp(cosine, -1.0, 1.0)) * 180 / std::numbers::pi;
}

Pooled pooled(std::span<const Row> rows) {
  std::map<std::uint64_t, std::pair<std::uint64_t, std::uint64_t>> by_seed;  // hits, errors
  std::uint64_t hits = 0;
  std::uint64_t errors = 0;
  Pooled sum;
  for (const Row& row : rows) {
    const std::uint64_t wrong = row.false_positive + row.missed;
    by_seed[row.settings.seed].first += row.true_positive;
    by_seed[row.settings.seed].second += wrong;
    hits += row.true_positive;
    errors += wrong;
    sum.false_alerts += row.false_alerts;
    sum.benign_days += row.benign_days;
  }
  sum.f1 = f1_of_counts(hits, errors);
  sum.worst = 1;
  for (const auto& [seed, counts] : by_seed) {
    const double f1 = f1_of_counts(counts.first, counts.second);
    sum.worst = std::min(sum.worst, f1);
    sum.best = std::max(sum.best, f1);
  }
  sum.seed_count = by_seed.size();
  return sum;
}

std::string to_csv(std::span<const Row> rows) {
  std::string text =
      "application,sensitive,seed,training_minutes,load_percent,mix,mix_degrees,held_out_minutes,"
      "users,load,granularity,rate_bytes_per_minute,tn,fp,missed,tp,f1,false_alerts,benign_days\n";
  for (const Row& row : rows) {
    const Settings& settings = row.settings;
    fmt::format_to(std::back_inserter(text),
                   "{},{},{},{},{},{},{:.3f},{},{},{},{},{},{},{},{},{},"
                   "{},{},{}\n",
                   field(settings.application()), field(settings.sensitive), settings.seed,
                   settings.training_minutes, settings.load_percent, field(settings.mix),
                   row.mix_degrees, settings.held_out_minutes, settings.users, settings.load,
                   row.granularity, row.rate_bytes_per_minute, row.true_negative,
                   row.false_positive, row.missed, row.true_positive, f1_of(row), row.false_alerts,
                   row.benign_days);
  }
  return text;
}

Json to_json(std::span<const Row> rows) {
  Json all = Json::array();
  for (const Row& row : rows) {
    Json json = Json::object();
    json.set("settings", to_json(row.settings))
        .set("mix_degrees", row.mix_degrees)
        .set("granularity", row.granularity)
        .set("rate_bytes_per_minute", row.rate_bytes_per_minute)
        .set("true_negative", row.true_negative)
        .set("false_positive", row.false_positive)
        .set("missed", row.missed)
        .set("true_positive", row.true_positive)
        .set("f1", f1_of(row))
        .set("false_alerts", row.false_alerts)
        .set("benign_days", row.benign_days);
    all.push(std::move(json));
  }
  return Json::object().set("rows", std::move(all));
}

}  // namespace mimir::experiment
