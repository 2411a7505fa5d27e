// SPDX-License-Identifier: Apache-2.0
#include "tools/report/experiment_report.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tools/report/html.h"
#include "tools/report/line_chart.h"

namespace mimir::report {

namespace {

using experiment::Pooled;
using experiment::Row;

/// What one application's rows are compared by: everything else is as in its first experiment.
struct Axis {
  std::string title;
  std::string name;
  std::function<double(const Row&)> value;
  std::function<std::string(double)> tick;
};

bool is_base_load(const Row& row, const Row& base) {
  return row.settings.load_percent == base.settings.load_percent;
}
bool is_base_mix(const Row& row, const Row& base) { return row.settings.mix == base.settings.mix; }
bool is_base_training(const Row& row, const Row& base) {
  return row.settings.training_minutes == base.settings.training_minutes;
}

/// Lines by name, in the order in which the names were first seen, of points by x.
class Curves {
 public:
  /// `all`: of the application, so that its figures have one scale.
  explicit Curves(std::span<const Row> all) {
    for (const Row& row : all) lowest_ = std::min(lowest_, experiment::f1_of(row));
  }

  void add(const std::string& line, double x, const Row& row) {
    const auto [at, is_new] = numbers_.try_emplace(line, lines_.size());
    if (is_new) lines_.push_back({line, {}});
    lines_[at->second].second[x].push_back(row);
  }

  [[nodiscard]] std::size_t point_count() const {
    std::size_t most = 0;
    for (const auto& [name, points] : lines_) most = std::max(most, points.size());
    return most;
  }

  [[nodiscard]] std::size_t line_count() const { return lines_.size(); }

  [[nodiscard]] std::string to_figure(const std::string& title, ChartAxis x,
                                      const std::function<std::string(double)>& tick) const {
    LineChart chart{.title = title,
                    .x = std::move(x),
                    .y = unit_axis_above("F1", lowest_),
                    .lines = {},
                    .line_gap = kLineGap};
    std::map<double, bool> places;
    for (const auto& [name, points] : lines_) {
      ChartLine line{.name = name, .points = {}, .color = chart.lines.size() % 6};
      for (const auto& [place, rows] : points) {
        const Pooled sum = experiment::pooled(rows);
        line.points.push_back({.x = place, .y = sum.f1, .low = sum.worst, .high = sum.best});
        places[place] = true;
      }
      chart.lines.push_back(std::move(line));
    }
    for (const auto& [place, is_there] : places) chart.x.ticks.emplace_back(place, tick(place));
    const double first = places.begin()->first;
    const double last = places.rbegin()->first;
    if (chart.x.is_logarithmic) {
      chart.x.begin = first / 1.3;
      chart.x.end = last * 1.3;
    } else {
      const double margin = last > first ? (last - first) * 0.08 : 1;
      chart.x.begin = first - margin;
      chart.x.end = last + margin;
    }
    return "<figure>" + to_svg(chart) + "</figure>";
  }

 private:
  static constexpr double kLineGap = 5;

  double lowest_ = 1;
  std::map<std::string, std::size_t> numbers_;
  std::vector<std::pair<std::string, std::map<double, std::vector<Row>>>> lines_;
};

std::string number_text(double value) { return fmt::format("{:g}", value); }

std::string by_rate(std::span<const Row> rows, const Row& base) {
  Curves curves(rows);
  for (const Row& row : rows) {
    if (!is_base_load(row, base) || !is_base_mix(row, base) || !is_base_training(row, base)) {
      continue;
    }
    curves.add(granularity_text(row.granularity), row.rate_bytes_per_minute, row);
  }
  ChartAxis axis{.name = "stolen, MB a minute", .is_logarithmic = true, .ticks = {}};
  return curves.to_figure("F1 by rate", std::move(axis),
                          [](double rate) { return number_text(rate / 1e6); });
}

std::string by_granularity(std::span<const Row> rows, const Row& base) {
  std::vector<std::string> names;
  Curves curves(rows);
  for (const Row& row : rows) {
    if (!is_base_load(row, base) || !is_base_mix(row, base) || !is_base_training(row, base)) {
      continue;
    }
    auto place = std::find(names.begin(), names.end(), row.granularity);
    if (place == names.end()) place = names.insert(names.end(), row.granularity);
    curves.add(rate_text(row.rate_bytes_per_minute), static_cast<double>(place - names.begin()),
               row);
  }
  return curves.to_figure(
      "F1 by granularity", {.name = "windows", .ticks = {}},
      [&names](double place) { return granularity_text(names[static_cast<std::size_t>(place)]); });
}

/// Of the combined granularities, a line a rate; empty where only one place was tried.
std::string by_axis(std::span<const Row> rows, const Row& base, const Axis& axis,
                    const std::function<bool(const Row&)>& is_wanted) {
  Curves curves(rows);
  for (const Row& row : rows) {
    if (row.granularity != base.granularity || !is_wanted(row)) continue;
    curves.add(rate_text(row.rate_bytes_per_minute), axis.value(row), row);
  }
  if (curves.point_count() < 2) return {};
  return curves.to_figure(fmt::format("{}, {}", axis.title, granularity_text(base.granularity)),
                          {.name = axis.name, .ticks = {}}, axis.tick);
}

/// At the lowest rate, a line a granularity; empty where only one place was tried.
std::string by_axis_and_granularity(std::span<const Row> rows, const Axis& axis,
                                    const std::function<bool(const Row&)>& is_wanted) {
  double lowest = rows.front().rate_bytes_per_minute;
  for (const Row& row : rows) lowest = std::min(lowest, row.rate_bytes_per_minute);
  Curves curves(rows);
  for (const Row& row : rows) {
    if (row.rate_bytes_per_minute != lowest || !is_wanted(row)) continue;
    curves.add(granularity_text(row.granularity), axis.value(row), row);
  }
  if (curves.point_count() < 2) return {};
  return curves.to_figure(fmt::format("{} at {}, by granularity", axis.title, rate_text(lowest)),
                          {.name = axis.name, .ticks = {}}, axis.tick);
}

/// In what a row differs from the base; none if in more than one thing.
std::optional<std::string> difference(const Row& row, const Row& base) {
  std::vector<std::string> differences;
  if (!is_base_load(row, base)) {
    differences.push_back(fmt::format("load {} %", row.settings.load_percent));
  }
  if (!is_base_mix(row, base)) {
    differences.push_back(fmt::format("mix {:.0f}\u00b0", row.mix_degrees));
  }
  if (!is_base_training(row, base)) {
    differences.push_back(fmt::format("{} min", row.settings.training_minutes));
  }
  if (differences.size() > 1) return std::nullopt;
  return differences.empty() ? std::string("base") : differences.front();
}

/// F1 by rate of the combined granularities: the base and what differs from it in one thing,
/// side by side; empty where nothing does.
std::string by_difference(std::span<const Row> rows, const Row& base) {
  Curves curves(rows);
  for (const Row& row : rows) {
    if (row.granularity != base.granularity) continue;
    const auto name = difference(row, base);
    if (name) curves.add(*name, row.rate_bytes_per_minute, row);
  }
  if (curves.line_count() < 2) return {};
  ChartAxis axis{.name = "stolen, MB a minute", .is_logarithmic = true, .ticks = {}};
  return curves.to_figure(
      "F1 by rate, where one thing differs, " + granularity_text(base.granularity), std::move(axis),
      [](double rate) { return number_text(rate / 1e6); });
}

std::string figures(std::span<const Row> rows) {
  // The widest granularity comes last in an evaluation, and with it what combines them.
  Row base = rows.front();
  for (const Row& row : rows) {
    if (row.settings == base.settings) base.granularity = row.granularity;
  }
  const auto percent = [](double value) { return fmt::format("{:g} %", value); };
  struct Comparison {
    Axis axis;
    std::function<bool(const Row&)> is_wanted;
  };
  const std::vector<Comparison> comparisons = {
      {{"F1 by load", "load, of that in training",
        [](const Row& row) { return static_cast<double>(row.settings.load_percent); }, percent},
       [&](const Row& row) { return is_base_mix(row, base) && is_base_training(row, base); }},
      {{"F1 by distance of the action mix", "degrees between the mixes",
        [](const Row& row) { return row.mix_degrees; },
        [](double value) { return fmt::format("{:.0f}", value); }},
       [&](const Row& row) { return is_base_load(row, base) && is_base_training(row, base); }},
      {{"F1 by amount of training data", "minutes of training",
        [](const Row& row) { return static_cast<double>(row.settings.training_minutes); },
        number_text},
       [&](const Row& row) { return is_base_load(row, base) && is_base_mix(row, base); }}};
  std::string html = "<div class=\"figures\">" + by_rate(rows, base) + by_granularity(rows, base) +
                     by_difference(rows, base);
  for (const Comparison& comparison : comparisons) {
    html += by_axis(rows, base, comparison.axis, comparison.is_wanted) +
            by_axis_and_granularity(rows, comparison.axis, comparison.is_wanted);
  }
  return html + "</div>";
}

std::string table_of(std::span<const Row> rows) {
  using Key = std::tuple<std::uint64_t, std::uint64_t, double, std::string, std::string>;
  std::map<Key, std::map<double, std::vector<Row>, std::greater<>>> groups;
  std::map<double, bool, std::greater<>> rates;
  for (const Row& row : rows) {
    groups[{row.settings.training_minutes, row.settings.load_percent, row.mix_degrees,
            row.settings.mix, row.granularity}][row.rate_bytes_per_minute]
        .push_back(row);
    rates[row.rate_bytes_per_minute] = true;
  }
  Table table{.header = {"training, load, mix, windows", "seeds", "false alerts", "benign days"},
              .rows = {}};
  for (const auto& [rate, is_there] : rates) table.header.push_back("F1 at " + rate_text(rate));
  for (const auto& [key, by_rate] : groups) {
    const auto& [minutes, percent, degrees, mix, granularity] = key;
    const Pooled any = experiment::pooled(by_rate.begin()->second);
    std::vector<Cell> cells = {
        {.text = fmt::format("{} min, {} %, {}, {}", minutes, percent,
                             mix.empty() ? std::string("as in training")
                                         : fmt::format("{} ({:.0f} degrees)", mix, degrees),
                             granularity_text(granularity))},
        {.text = fmt::format("{}", any.seed_count)},
        {.text = fmt::format("{}", any.false_alerts)},
        {.text = fmt::format("{:.2f}", any.benign_days)}};
    for (const auto& [rate, is_there] : rates) {
      const auto found = by_rate.find(rate);
      if (found == by_rate.end()) {
        cells.push_back({.text = "-"});
        continue;
      }
      const Pooled sum = experiment::pooled(found->second);
      cells.push_back(
          {.text = fmt::format("{:.3f} ({:.3f}\u2013{:.3f})", sum.f1, sum.worst, sum.best),
           .shade = sum.f1});
    }
    table.rows.push_back(std::move(cells));
  }
  return to_html(table);
}

std::string method(const Row& row) {
  const experiment::Settings& settings = row.settings;
  return heading("How it was measured") +
         paragraph(fmt::format(
             "Every seed is a model of its own, learned from a simulated run of {} users at most, "
             "load {}, and judged on a run of another seed of {} minutes, into which thefts were "
             "injected {} times at each rate. A curve differs from the first experiment of its "
             "application in what its axis says and in nothing else; the action mix is compared "
             "by the angle between the shares of the actions.",
             settings.users, settings.load, settings.held_out_minutes, settings.injection_seeds)) +
         paragraph(
             "F1 counts attack windows at the thresholds in the model's file, over all seeds "
             "together; an attack window without a score is missed. Bars, and figures in "
             "brackets, reach from the worst seed to the best: they are no confidence "
             "intervals. Lines are drawn a little aside of each other, so that equal ones show. "
             "False alerts are windows of the held-out runs as they were.");
}

}  // namespace

std::string to_html(std::span<const Row> rows, std::size_t finished, std::size_t planned) {
  std::string body = paragraph(fmt::format("{} of {} experiments.", finished, planned));
  std::vector<std::string> applications;
  std::map<std::string, std::vector<Row>> by_application;
  for (const Row& row : rows) {
    const std::string& name = row.settings.application();
    if (!by_application.contains(name)) applications.push_back(name);
    by_application[name].push_back(row);
  }
  for (const std::string& name : applications) {
    body += heading(name) + figures(by_application[name]) + table_of(by_application[name]);
  }
  if (!rows.empty()) body += method(rows.front());
  return page("Mimir: experiments", body);
}

}  // namespace mimir::report
