// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/result_files.h"

#include <cmath>
#include <cstddef>
#include <iterator>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "model/learn/robust_scaler.h"

namespace mimir::evaluation {

namespace {

constexpr std::size_t kCurvePointsMax = 500;

std::string number(std::optional<double> value) {
  return value && std::isfinite(*value) ? fmt::format("{}", *value) : std::string();
}

/// RFC 4180: quoted where it must be.
std::string field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::optional<double> median_of(const std::vector<double>& ascending) {
  if (ascending.empty()) return std::nullopt;
  return learn::quantile(ascending, 0.5);
}

std::string seconds_of(TimeNs time_ns) {
  return fmt::format("{}.{:09}", time_ns / kNsPerSecond, time_ns % kNsPerSecond);
}

std::string key_of(const Result& result) {
  return fmt::format("{},{},{},{}", field(result.learner), result.granularity, name(result.rule),
                     number(result.threshold));
}

std::string summary_csv(const Comparison& comparison) {
  std::string text =
      "learner,granularity,rule,threshold,rate_bytes_per_minute,tn,fp,fn,tp,unjudged_attack,"
      "unjudged_benign,edge_windows,precision,recall,f1,f1_low,f1_high,auc,average_precision,"
      "incidents,detected,unjudged_incidents,incident_recall,incident_recall_low,incident_recall_"
      "high,"
      "delay_median_s,benign_days,false_alerts,false_alert_bursts,false_alerts_per_day,"
      "false_alerts_per_day_low,false_alerts_per_day_high,cross_validated_f1\n";
  for (const Result& result : comparison.results) {
    for (const RateOutcome& rate : result.rates) {
      const learn::Confusion& counts = rate.windows.judged;
      const auto recall = [&](double Estimate::*end) {
        return rate.recall ? std::optional((*rate.recall).*end) : std::nullopt;
      };
      fmt::format_to(
          std::back_inserter(text), "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},",
          key_of(result), rate.rate_bytes_per_minute, counts.true_negative, counts.false_positive,
          counts.false_negative, counts.true_positive, rate.windows.unjudged_attack,
          rate.windows.unjudged_benign, rate.edge_windows, number(counts.precision()),
          number(counts.recall()), number(rate.f1.value), number(rate.f1.low), number(rate.f1.high),
          number(rate.curve ? std::optional(rate.curve->auc) : std::nullopt),
          number(rate.curve ? std::optional(rate.curve->average_precision) : std::nullopt));
      const BenignOutcome& benign = result.benign;
      fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n",
                     rate.incidents, rate.detected, rate.unjudged_incidents,
                     number(recall(&Estimate::value)), number(recall(&Estimate::low)),
                     number(recall(&Estimate::high)), number(median_of(rate.delays_s)),
                     number(benign.days), benign.alerts, benign.bursts,
                     number(benign.alerts_per_day.value), number(benign.alerts_per_day.low),
                     number(benign.alerts_per_day.high), number(result.cross_validated_f1));
    }
  }
  return text;
}

std::string confusion_csv(const Comparison& comparison) {
  std::string text =
      "learner,granularity,rule,threshold,rate_bytes_per_minute,path,tn,fp,fn,tp,unjudged\n";
  for (const Result& result : comparison.results) {
    for (const RateOutcome& rate : result.rates) {
      const learn::Confusion& all = rate.windows.judged;
      fmt::format_to(std::back_inserter(text), "{},{},benign,{},{},0,0,{}\n", key_of(result),
                     rate.rate_bytes_per_minute, all.true_negative, all.false_positive,
                     rate.windows.unjudged_benign);
      for (const auto& [path, counts] : rate.by_path) {
        fmt::format_to(std::back_inserter(text), "{},{},{},0,0,{},{},{}\n", key_of(result),
                       rate.rate_bytes_per_minute, field(path), counts.judged.false_negative,
                       counts.judged.true_positive, counts.unjudged_attack);
      }
    }
  }
  return text;
}

std::string curves_csv(const Comparison& comparison) {
  std::string text =
      "learner,granularity,rule,rate_bytes_per_minute,score,false_positive_rate,recall,precision\n";
  const Result* before = nullptr;
  for (const Result& result : comparison.results) {
    // Thresholds do not move a curve, unless the combined scores are made of them.
    const bool is_same = before != nullptr && before->learner == result.learner &&
                         before->granularity == result.granularity &&
                         result.granularity != "combined";
    before = &result;
    if (is_same) continue;
    for (const RateOutcome& rate : result.rates) {
      if (!rate.curve) continue;
      for (const CurvePoint& point : thinned(rate.curve->points, kCurvePointsMax)) {
        fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{},{},{}\n", field(result.learner),
                       result.granularity, name(result.rule), rate.rate_bytes_per_minute,
                       number(point.score), number(point.false_positive_rate),
                       number(point.true_positive_rate), number(point.precision));
      }
    }
  }
  return text;
}

std::string apart_csv(const Comparison& comparison) {
  std::string text =
      "learner,granularity,rule,threshold,kind,windows,alerts,unjudged,incidents,detected\n";
  for (const Result& result : comparison.results) {
    for (const ApartOutcome& apart : result.apart) {
      fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{},{}\n", key_of(result),
                     field(apart.kind), apart.windows, apart.alerts, apart.unjudged,
                     apart.incidents, apart.detected);
    }
  }
  return text;
}

std::string incidents_csv(const Dataset& held_out) {
  std::string text = "run,seed,rate_bytes_per_minute,begin,end,path,bytes_per_hop,kind\n";
  for (const Pass& pass : held_out.passes) {
    for (const Incident& incident : pass.incidents) {
      fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{},{},{}\n",
                     field(held_out.runs[pass.run].name), pass.seed, incident.rate_bytes_per_minute,
                     seconds_of(incident.time.begin_ns), seconds_of(incident.time.end_ns),
                     field(incident.path), incident.bytes, incident.kind);
    }
  }
  return text;
}

std::string_view name(Label label) {
  switch (label) {
    case Label::kBenign:
      return "benign";
    case Label::kAttack:
      return "attack";
    case Label::kEdge:
      return "edge";
    case Label::kApart:
      return "apart";
  }
  return "?";
}

/// Of every run, the scores of the pass that nothing was injected into, by time.
std::map<std::size_t, std::map<TimeNs, double>> benign_scores_of(const ScoredLearner& scored) {
  std::map<std::size_t, std::map<TimeNs, double>> scores;
  for (const ScoredPass& pass : scored.passes) {
    if (pass.pass->is_injected()) continue;
    for (std::size_t i = 0; i < pass.windows.size(); ++i) {
      scores[pass.pass->run][pass.windows[i].begin_ns] = pass.scores[i];
    }
  }
  return scores;
}

std::string windows_csv(const Dataset& held_out, const Comparison& comparison) {
  std::string text = "learner,granularity,run,rate_bytes_per_minute,seed,begin,label,score\n";
  for (const ScoredLearner& scored : comparison.scores) {
    const auto untouched = benign_scores_of(scored);
    // A learner with memory judges a benign window by what it has seen before it.
    const auto is_repeated = [&untouched](const ScoredPass& pass, std::size_t i) {
      if (!pass.pass->is_injected() || pass.windows[i].label.label != Label::kBenign) return false;
      const double before = untouched.at(pass.pass->run).at(pass.windows[i].begin_ns);
      return before == pass.scores[i] || (std::isnan(before) && std::isnan(pass.scores[i]));
    };
    for (const ScoredPass& pass : scored.passes) {
      for (std::size_t i = 0; i < pass.windows.size(); ++i) {
        const LabelledWindow& window = pass.windows[i];
        if (is_repeated(pass, i)) continue;
        fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{},{},{}\n", field(scored.learner),
                       scored.granularity, field(held_out.runs[pass.pass->run].name),
                       pass.pass->rate_bytes_per_minute, pass.pass->seed,
                       seconds_of(window.begin_ns), name(window.label.label),
                       number(pass.scores[i]));
      }
    }
  }
  return text;
}

config::Json to_json(const Estimate& estimate) {
  config::Json json = config::Json::object();
  json.set("value", estimate.value).set("low", estimate.low).set("high", estimate.high);
  return json;
}

config::Json to_json(const WindowCounts& counts) {
  config::Json json = config::Json::object();
  json.set("true_negative", counts.judged.true_negative)
      .set("false_positive", counts.judged.false_positive)
      .set("false_negative", counts.judged.false_negative)
      .set("true_positive", counts.judged.true_positive)
      .set("unjudged_attack", counts.unjudged_attack)
      .set("unjudged_benign", counts.unjudged_benign);
  return json;
}

config::Json to_json(const RateOutcome& rate) {
  config::Json json = config::Json::object();
  json.set("rate_bytes_per_minute", rate.rate_bytes_per_minute)
      .set("windows", to_json(rate.windows))
      .set("edge_windows", rate.edge_windows)
      .set("f1", to_json(rate.f1))
      .set("incidents", rate.incidents)
      .set("detected", rate.detected)
      .set("unjudged_incidents", rate.unjudged_incidents)
      .set("incident_recall", rate.recall ? to_json(*rate.recall) : config::Json());
  const auto median = median_of(rate.delays_s);
  json.set("delay_median_s", median ? config::Json(*median) : config::Json())
      .set("auc", rate.curve ? config::Json(rate.curve->auc) : config::Json())
      .set("average_precision",
           rate.curve ? config::Json(rate.curve->average_precision) : config::Json());
  config::Json paths = config::Json::object();
  for (const auto& [path, counts] : rate.by_path) paths.set(path, to_json(counts));
  json.set("by_path", std::move(paths));
  return json;
}

config::Json to_json(const ApartOutcome& apart) {
  config::Json json = config::Json::object();
  json.set("kind", apart.kind)
      .set("windows", apart.windows)
      .set("alerts", apart.alerts)
      .set("unjudged", apart.unjudged)
      .set("incidents", apart.incidents)
      .set("detected", apart.detected);
  return json;
}

config::Json to_json(const Result& result) {
  config::Json apart = config::Json::array();
  for (const ApartOutcome& outcome : result.apart) apart.push(to_json(outcome));
  config::Json rates = config::Json::array();
  for (const RateOutcome& rate : result.rates) rates.push(to_json(rate));
  config::Json json = config::Json::object();
  json.set("learner", result.learner)
      .set("granularity", result.granularity)
      .set("rule", std::string(name(result.rule)))
      .set("threshold", result.threshold)
      .set("benign_days", result.benign.days)
      .set("false_alerts", result.benign.alerts)
      .set("false_alert_bursts", result.benign.bursts)
      .set("false_alerts_per_day", to_json(result.benign.alerts_per_day))
      .set("cross_validated_f1",
           result.cross_validated_f1 ? config::Json(*result.cross_validated_f1) : config::Json())
      .set("apart", std::move(apart))
      .set("rates", std::move(rates));
  return json;
}

config::Json to_json(const RunFacts& run) {
  config::Json json = config::Json::object();
  json.set("name", run.name)
      .set("windows_read", std::uint64_t{run.windows.read})
      .set("windows_used", std::uint64_t{run.windows.used})
      .set("windows_partial", std::uint64_t{run.windows.partial})
      .set("windows_lossy", std::uint64_t{run.windows.lossy})
      .set("windows_beside", std::uint64_t{run.windows.beside})
      .set("paths", std::uint64_t{run.path_count});
  return json;
}

}  // namespace

std::vector<ResultFile> csv_files(const Dataset& held_out, const Comparison& comparison) {
  return {{"summary.csv", summary_csv(comparison)},
          {"confusion.csv", confusion_csv(comparison)},
          {"curves.csv", curves_csv(comparison)},
          {"apart.csv", apart_csv(comparison)},
          {"incidents.csv", incidents_csv(held_out)},
          {"windows.csv", windows_csv(held_out, comparison)}};
}

config::Json to_json(const Dataset& held_out, const Comparison& comparison) {
  config::Json runs = config::Json::array();
  for (const RunFacts& run : held_out.runs) runs.push(to_json(run));
  config::Json results = config::Json::array();
  for (const Result& result : comparison.results) results.push(to_json(result));
  config::Json json = config::Json::object();
  json.set("runs", std::move(runs))
      .set("infeasible_attacks", held_out.infeasible_attacks)
      .set("results", std::move(results));
  return json;
}

}  // namespace mimir::evaluation
