// SPDX-License-Identifier: Apache-2.0
#include "tools/report/evaluation_report.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "model/learn/robust_scaler.h"
#include "tools/report/html.h"
#include "tools/report/line_chart.h"

namespace mimir::report {

namespace {

using evaluation::Estimate;
using evaluation::RateOutcome;
using evaluation::Result;
using evaluation::ThresholdRule;

constexpr std::size_t kCurvePointsMax = 120;

std::string with_interval(const Estimate& estimate, int digits) {
  return fmt::format("{0:.{3}f} ({1:.{3}f}\u2013{2:.{3}f})", estimate.value, estimate.low,
                     estimate.high, digits);
}

Cell share_cell(double value) { return {.text = fmt::format("{:.3f}", value), .shade = value}; }

/// Results of one learner under the rule that is shown where only one is: its own if it
/// brings one along, else best F1 in training.
std::vector<const Result*> shown_of(const EvaluationReport& report, std::string_view learner) {
  std::map<std::string, const Result*> by_granularity;
  for (const Result& result : report.comparison.results) {
    if (result.learner != learner) continue;
    const bool is_first_choice =
        result.rule == ThresholdRule::kOwn || result.rule == ThresholdRule::kF1;
    if (is_first_choice) by_granularity.try_emplace(result.granularity, &result);
  }
  std::vector<const Result*> shown;
  for (const auto& [granularity, result] : by_granularity) shown.push_back(result);
  // Numbers by size, then "combined".
  std::sort(shown.begin(), shown.end(), [](const Result* a, const Result* b) {
    const auto key = [](const Result* result) {
      return std::pair(result->granularity.size(), result->granularity);
    };
    return key(a) < key(b);
  });
  return shown;
}

ChartAxis rate_axis(const Result& result) {
  ChartAxis axis{.name = "stolen, MB a minute", .is_logarithmic = true, .ticks = {}};
  axis.begin = result.rates.back().rate_bytes_per_minute / 1.3;
  axis.end = result.rates.front().rate_bytes_per_minute * 1.3;
  for (const RateOutcome& rate : result.rates) {
    axis.ticks.emplace_back(rate.rate_bytes_per_minute,
                            fmt::format("{:g}", rate.rate_bytes_per_minute / 1e6));
  }
  return axis;
}

std::vector<ChartPoint> f1_by_rate(const Result& result, bool with_bars) {
  std::vector<ChartPoint> points;
  for (auto rate = result.rates.rbegin(); rate != result.rates.rend(); ++rate) {
    const Estimate& f1 = rate->f1;
    points.push_back({.x = rate->rate_bytes_per_minute,
                      .y = f1.value,
                      .low = with_bars ? f1.low : f1.value,
                      .high = with_bars ? f1.high : f1.value});
  }
  return points;
}

std::string figure(const std::string& svg) { return "<figure>" + svg + "</figure>"; }

std::string tiles(const std::vector<const Result*>& shown) {
  const Result& best = *shown.back();
  std::string html = "<div class=\"tiles\">";
  const auto tile = [&html](const std::string& value, const std::string& what) {
    html += fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>", escape(value),
                        escape(what));
  };
  for (const RateOutcome& rate : best.rates) {
    tile(fmt::format("{:.3f}", rate.f1.value), "F1 at " + rate_text(rate.rate_bytes_per_minute));
  }
  tile(fmt::format("{:.1f}", best.benign.alerts_per_day.value),
       fmt::format("false alerts a day ({:.1f}\u2013{:.1f})", best.benign.alerts_per_day.low,
                   best.benign.alerts_per_day.high));
  return html + "</div>" +
         paragraph("The model's windows, " + granularity_text(best.granularity) +
                   ", at the thresholds in its file.");
}

std::string rate_figures(const std::vector<const Result*>& shown) {
  LineChart by_rate{.title = "F1 of attack windows by rate",
                    .x = rate_axis(*shown.front()),
                    .y = unit_axis("F1"),
                    .lines = {}};
  for (std::size_t i = 0; i < shown.size(); ++i) {
    by_rate.lines.push_back({.name = granularity_text(shown[i]->granularity),
                             .points = f1_by_rate(*shown[i], true),
                             .color = i});
  }
  LineChart by_granularity{.title = "F1 of attack windows by granularity",
                           .x = {.name = "windows", .begin = -0.2, .end = 0.2, .ticks = {}},
                           .y = unit_axis("F1"),
                           .lines = {}};
  by_granularity.x.end += static_cast<double>(shown.size() - 1);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    by_granularity.x.ticks.emplace_back(static_cast<double>(i),
                                        granularity_text(shown[i]->granularity));
  }
  for (std::size_t r = 0; r < shown.front()->rates.size(); ++r) {
    ChartLine line{
        .name = rate_text(shown.front()->rates[r].rate_bytes_per_minute), .points = {}, .color = r};
    for (std::size_t i = 0; i < shown.size(); ++i) {
      const double f1 = shown[i]->rates[r].f1.value;
      line.points.push_back({.x = static_cast<double>(i), .y = f1, .low = f1, .high = f1});
    }
    by_granularity.lines.push_back(std::move(line));
  }
  return "<div class=\"figures\">" + figure(to_svg(by_rate)) + figure(to_svg(by_granularity)) +
         "</div>";
}

std::string rate_table(const std::vector<const Result*>& shown) {
  Table table{.header = {"windows, rate", "F1 (95 %)", "precision", "recall", "AUC", "AP",
                         "attacks found (95 %)", "attacks without a score", "found after, median",
                         "tn", "fp", "fn", "tp", "no score"},
              .rows = {}};
  for (const Result* result : shown) {
    for (const RateOutcome& rate : result->rates) {
      const learn::Confusion& counts = rate.windows.judged;
      const auto text = [](const std::optional<double>& value) {
        return value ? fmt::format("{:.3f}", *value) : std::string("-");
      };
      table.rows.push_back(
          {{.text = granularity_text(result->granularity) + ", " +
                    rate_text(rate.rate_bytes_per_minute)},
           {.text = with_interval(rate.f1, 3), .shade = rate.f1.value},
           {.text = text(counts.precision())},
           {.text = text(counts.recall())},
           {.text = rate.curve ? fmt::format("{:.4f}", rate.curve->auc) : "-"},
           {.text = rate.curve ? fmt::format("{:.4f}", rate.curve->average_precision) : "-"},
           {.text = rate.recall ? fmt::format("{} of {} ({:.3f}\u2013{:.3f})", rate.detected,
                                              rate.incidents - rate.unjudged_incidents,
                                              rate.recall->low, rate.recall->high)
                                : "-"},
           {.text = fmt::format("{}", rate.unjudged_incidents)},
           {.text = rate.delays_s.empty()
                        ? "-"
                        : fmt::format("{:.0f} s", learn::quantile(rate.delays_s, 0.5))},
           {.text = fmt::format("{}", counts.true_negative)},
           {.text = fmt::format("{}", counts.false_positive)},
           {.text = fmt::format("{}", counts.false_negative)},
           {.text = fmt::format("{}", counts.true_positive)},
           {.text =
                fmt::format("{}", rate.windows.unjudged_attack + rate.windows.unjudged_benign)}});
    }
  }
  return to_html(table);
}

/// Scans and the like; nothing, if there were none.
std::string apart_table(const std::vector<const Result*>& shown) {
  Table table{.header = {"kind, windows", "windows that it touches", "alerts", "without a score",
                         "incidents", "of which an alert was in"},
              .rows = {}};
  for (const Result* result : shown) {
    for (const evaluation::ApartOutcome& apart : result->apart) {
      table.rows.push_back({{.text = apart.kind + ", " + granularity_text(result->granularity)},
                            {.text = fmt::format("{}", apart.windows)},
                            {.text = fmt::format("{}", apart.alerts)},
                            {.text = fmt::format("{}", apart.unjudged)},
                            {.text = fmt::format("{}", apart.incidents)},
                            {.text = fmt::format("{}", apart.detected)}});
    }
  }
  if (table.rows.empty()) return {};
  return heading("Judged apart") +
         paragraph(
             "What moves no data is neither right nor wrong for a detector of thefts: its "
             "windows count neither as benign nor as attacks.") +
         to_html(table);
}

std::string path_table(const Result& result) {
  std::set<std::string> paths;
  Table table{.header = {"path, share of attack windows found"}, .rows = {}};
  for (const RateOutcome& rate : result.rates) {
    table.header.push_back(rate_text(rate.rate_bytes_per_minute));
    for (const auto& [path, counts] : rate.by_path) paths.insert(path);
  }
  for (const std::string& path : paths) {
    std::vector<Cell> row = {{.text = path}};
    for (const RateOutcome& rate : result.rates) {
      const auto found = rate.by_path.find(path);
      if (found == rate.by_path.end()) {
        row.push_back({.text = "-"});
        continue;
      }
      const std::uint64_t hits = found->second.judged.true_positive;
      const std::uint64_t all = found->second.total();
      row.push_back({.text = fmt::format("{} of {}", hits, all),
                     .shade = static_cast<double>(hits) / static_cast<double>(all)});
    }
    table.rows.push_back(std::move(row));
  }
  return to_html(table);
}

std::string curve_figures(const std::vector<const Result*>& shown) {
  std::string html = "<div class=\"figures\">";
  for (const Result* result : shown) {
    const std::string windows = granularity_text(result->granularity);
    LineChart roc{.title = "ROC, " + windows,
                  .x = unit_axis("false positive rate"),
                  .y = unit_axis("true positive rate"),
                  .lines = {}};
    LineChart precision{.title = "Precision and recall, " + windows,
                        .x = unit_axis("recall"),
                        .y = unit_axis("precision"),
                        .lines = {}};
    for (std::size_t i = 0; i < result->rates.size(); ++i) {
      const RateOutcome& rate = result->rates[i];
      if (!rate.curve) continue;
      const std::string name = rate_text(rate.rate_bytes_per_minute);
      ChartLine roc_line{.name = name, .points = {{}}, .color = i, .has_dots = false};
      ChartLine precision_line{.name = name, .points = {}, .color = i, .has_dots = false};
      for (const auto& point : evaluation::thinned(rate.curve->points, kCurvePointsMax)) {
        roc_line.points.push_back({.x = point.false_positive_rate, .y = point.true_positive_rate});
        precision_line.points.push_back({.x = point.true_positive_rate, .y = point.precision});
      }
      roc.lines.push_back(std::move(roc_line));
      precision.lines.push_back(std::move(precision_line));
    }
    html += figure(to_svg(roc)) + figure(to_svg(precision));
  }
  return html + "</div>";
}

/// One small chart a learner, with the model behind it for comparison.
std::string learner_figures(const EvaluationReport& report) {
  const Result& model = *shown_of(report, "model").back();
  std::string html = "<div class=\"figures\">";
  for (const evaluation::LearnerFacts& learner : report.comparison.learners) {
    if (learner.name == "model") continue;
    const auto shown = shown_of(report, learner.name);
    if (shown.empty()) continue;
    LineChart chart{
        .title = learner.name,
        .x = rate_axis(model),
        .y = unit_axis("F1"),
        .lines = {{.name = "", .points = f1_by_rate(model, false), .is_reference = true}},
        .width = 320,
        .height = 220,
        .name_width = 20};
    chart.lines.push_back({.name = "", .points = f1_by_rate(*shown.back(), true), .color = 0});
    html += figure(to_svg(chart));
  }
  return html + "</div>";
}

std::string learner_list(const EvaluationReport& report) {
  Table table{.header = {"learner", "what it is", "learns from"}, .rows = {}};
  for (const evaluation::LearnerFacts& learner : report.comparison.learners) {
    table.rows.push_back(
        {{.text = learner.name},
         {.text = learner.summary},
         {.text = learner.needs_labels ? "benign and attacked windows" : "benign windows"}});
  }
  return to_html(table);
}

std::string learner_table(const EvaluationReport& report, bool combined) {
  Table table{.header = {"learner", "windows", "threshold by", "threshold",
                         "false alerts a day (95 %)", "in bursts"},
              .rows = {}};
  for (const RateOutcome& rate : report.comparison.results.front().rates) {
    table.header.push_back("F1 at " + rate_text(rate.rate_bytes_per_minute));
  }
  table.header.emplace_back("F1 in training, cross-validated");
  for (const Result& result : report.comparison.results) {
    if ((result.granularity == "combined") != combined) continue;
    std::vector<Cell> row = {{.text = result.learner},
                             {.text = granularity_text(result.granularity)},
                             {.text = std::string(evaluation::name(result.rule))},
                             {.text = fmt::format("{:.4g}", result.threshold)},
                             {.text = with_interval(result.benign.alerts_per_day, 1)},
                             {.text = fmt::format("{}", result.benign.bursts)}};
    for (const RateOutcome& rate : result.rates) row.push_back(share_cell(rate.f1.value));
    row.push_back({.text = result.cross_validated_f1
                               ? fmt::format("{:.3f}", *result.cross_validated_f1)
                               : "-"});
    table.rows.push_back(std::move(row));
  }
  return table.rows.empty() ? std::string() : to_html(table);
}

std::string run_table(const EvaluationReport& report) {
  Table table{.header = {"run", "used for", "base windows read", "used", "partial", "lossy",
                         "beside a spoilt one", "paths"},
              .rows = {}};
  const auto add = [&table](const evaluation::Dataset& dataset, const char* use) {
    for (const evaluation::RunFacts& run : dataset.runs) {
      table.rows.push_back({{.text = run.name},
                            {.text = use},
                            {.text = fmt::format("{}", run.windows.read)},
                            {.text = fmt::format("{}", run.windows.used)},
                            {.text = fmt::format("{}", run.windows.partial)},
                            {.text = fmt::format("{}", run.windows.lossy)},
                            {.text = fmt::format("{}", run.windows.beside)},
                            {.text = fmt::format("{}", run.path_count)}});
    }
  };
  add(report.held_out, "judging");
  add(report.training, "fitting the other learners");
  return to_html(table);
}

std::string method(const EvaluationReport& report) {
  std::set<std::uint64_t> seeds;
  for (const evaluation::Pass& pass : report.held_out.passes) {
    if (pass.is_injected()) seeds.insert(pass.seed);
  }
  std::string html;
  if (report.attack_share > 0) {
    html += paragraph(fmt::format(
        "Thefts were injected into copies of the held-out runs' base windows, {} times at each "
        "rate, over {:.0f} % of the time; coarser windows are sums of these copies, so that all "
        "granularities see one theft. {} planned thefts had nobody to go through.",
        seeds.size(), report.attack_share * 100, report.held_out.infeasible_attacks));
  } else {
    html += paragraph("The attacks are those that the truth files name; nothing was injected.");
  }
  html += paragraph(
      "F1, precision and recall count windows, alerts being scores strictly above the threshold; "
      "an attack window without a score counts as missed in F1. The window in which an attack "
      "ends is neither right nor wrong. Time to detect runs from the attack's first byte to the "
      "end of the first window that alerts. AUC is the area under the ROC curve, AP the average "
      "precision without interpolation.");
  html += paragraph(
      "Intervals hold 95 %: of F1 by a bootstrap of 500 draws of stretches of the runs, five "
      "attacks long where that leaves twenty, each with all seeds' windows in it, for seeds "
      "differ in thefts and not in traffic; where nothing was wrong, by Clopper and Pearson's "
      "bound for the stretches with attacks; of false alerts by the exact Poisson limits (Garwood) "
      "over the "
      "benign windows of the runs as they were, each counted once; of attacks found by Clopper "
      "and Pearson. Alerts of one burst depend on each other, so that the Poisson limits are too "
      "narrow where bursts are few.");
  html += paragraph(
      "No threshold has seen a held-out window. Thresholds of the model come from its file. Those "
      "of the other learners come from training runs, each judged by what the other runs taught "
      "(of a single run: stretches of time): f1 is the best F1 there, false-alerts keeps benign "
      "windows within one alert a day, tail does so by a generalised Pareto tail of their "
      "scores, own is what the method brings along. Then the learner is fitted to all training "
      "runs. Combined, a learner without a combination of its own alerts where any of its "
      "windows within one of the coarsest does.");
  return html;
}

}  // namespace

std::string to_html(const EvaluationReport& report) {
  const std::vector<const Result*> shown = shown_of(report, "model");
  std::string body;
  if (shown.empty() || shown.front()->rates.empty()) {
    body = paragraph("No attack was judged: the truth names none within the captures.");
    return page("Mimir: evaluation of " + report.model.context.name, body + run_table(report));
  }
  body += tiles(shown);
  body += rate_figures(shown);
  body += heading("At each rate") + rate_table(shown);
  body += heading("By path, " + granularity_text(shown.back()->granularity)) +
          path_table(*shown.back());
  if (shown.size() > 1) {
    body += heading("By path, " + granularity_text(shown.front()->granularity)) +
            path_table(*shown.front());
  }
  body += apart_table(shown);
  body += heading("Curves of the model") + curve_figures(shown);
  body += heading("Learners side by side") +
          paragraph(
              "F1 by rate at the coarsest windows, granularities combined; the dashed line is the "
              "model.") +
          learner_figures(report) + learner_list(report) + learner_table(report, true) +
          learner_table(report, false);
  body += heading("Where every window went") + run_table(report);
  body += heading("How it was measured") + method(report);
  return page("Mimir: evaluation of " + report.model.context.name, body);
}

}  // namespace mimir::report
