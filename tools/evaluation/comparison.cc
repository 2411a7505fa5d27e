// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "model/learn/folds.h"
#include "model/learn/robust_scaler.h"
#include "tools/evaluation/parallel.h"

namespace mimir::evaluation {

namespace {

/// Which fold a moment of a training run belongs to.
class FoldMap {
 public:
  FoldMap(const Dataset& dataset, std::uint32_t fold_count_max) : span_ns_(dataset.span_ns()) {
    if (dataset.runs.size() > 1) {
      fold_count_ = std::min(fold_count_max, static_cast<std::uint32_t>(dataset.runs.size()));
      for (std::size_t run = 0; run < dataset.runs.size(); ++run) {
        fold_of_run_[dataset.runs[run].name] = static_cast<std::uint32_t>(run) % fold_count_;
      }
      return;
    }
    for (const LabelledWindow& window : dataset.passes.front().windows.back()) {
      spans_.push_back(window_of(window.begin_ns, span_ns_));
    }
    folds_ = learn::contiguous_folds(spans_.size(), fold_count_max);
    fold_count_ = folds_.empty() ? 0 : folds_.back() + 1;
  }

  [[nodiscard]] std::uint32_t count() const { return fold_count_; }

  [[nodiscard]] std::uint32_t fold_of(const std::string& run, TimeNs begin_ns) const {
    if (!fold_of_run_.empty()) return fold_of_run_.at(run);
    const WindowIndex span = window_of(begin_ns, span_ns_);
    const auto place = std::lower_bound(spans_.begin(), spans_.end(), span);
    return folds_[static_cast<std::size_t>(place - spans_.begin())];
  }

 private:
  TimeNs span_ns_;
  std::uint32_t fold_count_ = 0;
  std::map<std::string, std::uint32_t> fold_of_run_;
  std::vector<WindowIndex> spans_;
  learn::Folds folds_;
};

/// All rows of the training runs, without those of fold `left_out`.
TrainingRows rows_without(const Dataset& dataset, const FoldMap& folds,
                          std::optional<std::uint32_t> left_out) {
  TrainingRows rows;
  for (std::size_t i = 0; i < dataset.granularities_s.size(); ++i) {
    rows.benign.emplace_back();
    rows.attacked.emplace_back();
    const learn::FeatureTable& table = dataset.table(i, Description::kInvariants);
    for (std::size_t row = 0; row < table.row_count(); ++row) {
      const learn::WindowInfo& window = table.window(row);
      if (left_out && folds.fold_of(window.run, window.begin_ns) == *left_out) continue;
      (window.attack ? rows.attacked : rows.benign)[i].push_back(row);
    }
  }
  return rows;
}

/// One series a granularity, empty of scores, and one more for all of them combined.
std::vector<std::vector<ScoredPass>> empty_series(const Dataset& dataset) {
  const std::size_t granularity_count = dataset.granularities_s.size();
  std::vector<std::vector<ScoredPass>> series(granularity_count + 1);
  for (const Pass& pass : dataset.passes) {
    for (std::size_t i = 0; i <= granularity_count; ++i) {
      const std::size_t granularity = std::min(i, granularity_count - 1);
      const TimeNs length_ns = dataset.granularities_s[granularity] * kNsPerSecond;
      series[i].push_back({.pass = &pass,
                           .windows = pass.windows[granularity],
                           .length_ns = length_ns,
                           .scores = std::vector<double>(pass.windows[granularity].size(), kNan)});
    }
  }
  return series;
}

/// Judges one learner; what it finds depends on nobody else.
class Judge {
 public:
  Judge(const Dataset& training, const Dataset& held_out, const ComparisonOptions& options,
        Learner& learner)
      : training_(training), held_out_(held_out), options_(options), learner_(learner) {}

  void run() {
    if (!(training_.runs.empty() ? learn_nothing() : learn())) return;
    held_out_series_ = empty_series(held_out_);
    score(held_out_, held_out_series_, [](const Pass&, TimeNs) { return true; });
    combines_itself_ = has_scores(held_out_series_.back());
    const std::size_t granularity_count = held_out_.granularities_s.size();
    for (std::size_t i = 0; i < granularity_count; ++i) judge_granularity(i);
    if (granularity_count > 1) judge_combined();
    keep_scores();
  }

  /// One learner that has too little to learn from does not keep the others from it.
  void explain(config::Diagnostics& all) const {
    if (!results.empty() || !diagnostics.has_errors()) return;
    const config::Diagnostic& first = *std::find_if(
        diagnostics.all().begin(), diagnostics.all().end(),
        [](const config::Diagnostic& found) { return found.severity == config::Severity::kError; });
    all.warning({}, std::string(learner_.name()) + " is left out: " + first.message, first.hint);
  }

  std::vector<Result> results;
  std::vector<ScoredLearner> scores;
  config::Diagnostics diagnostics;

 private:
  /// For what needs no training: fitted to not a single row.
  bool learn_nothing() {
    TrainingRows none;
    none.benign.resize(held_out_.granularities_s.size());
    none.attacked.resize(held_out_.granularities_s.size());
    return learner_.fit(held_out_, none, diagnostics);
  }

  /// Out-of-fold scores of the training runs, then the fit to all of them.
  bool learn() {
    const FoldMap folds(training_, options_.fold_count);
    training_series_ = empty_series(training_);
    const bool has_folds = folds.count() > 1 && !learner_.keeps_thresholds();
    for (std::uint32_t fold = 0; has_folds && fold < folds.count(); ++fold) {
      if (!learner_.fit(training_, rows_without(training_, folds, fold), diagnostics)) return false;
      score(training_, training_series_, [&](const Pass& pass, TimeNs begin_ns) {
        return folds.fold_of(training_.runs[pass.run].name, begin_ns) == fold;
      });
    }
    return learner_.fit(training_, rows_without(training_, folds, std::nullopt), diagnostics);
  }

  template <class Wanted>
  void score(const Dataset& dataset, std::vector<std::vector<ScoredPass>>& series,
             const Wanted& is_wanted) const {
    for (std::size_t p = 0; p < dataset.passes.size(); ++p) {
      const Pass& pass = dataset.passes[p];
      PassScores scored = learner_.score(dataset, pass);
      scored.by_granularity.push_back(std::move(scored.combined));
      for (std::size_t i = 0; i < series.size(); ++i) {
        ScoredPass& into = series[i][p];
        for (std::size_t w = 0; w < scored.by_granularity[i].size(); ++w) {
          if (!is_wanted(pass, into.windows[w].begin_ns)) continue;
          into.scores[w] = scored.by_granularity[i][w];
        }
      }
    }
  }

  [[nodiscard]] std::string granularity_name(std::size_t i) const {
    return i < held_out_.granularities_s.size() ? std::to_string(held_out_.granularities_s[i])
                                                : "combined";
  }

  [[nodiscard]] std::optional<double> threshold(ThresholdRule rule, std::size_t i) const {
    if (rule == ThresholdRule::kOwn) return learner_.own_threshold(i);
    if (training_.runs.empty() || learner_.keeps_thresholds()) return std::nullopt;
    return choose_threshold(rule, training_series_[i], training_series_[i].front().length_ns,
                            options_.thresholds);
  }

  void add_result(std::size_t i, ThresholdRule rule, double threshold,
                  std::span<const ScoredPass> judged, std::span<const ScoredPass> training) {
    Result result{.learner = std::string(learner_.name()),
                  .granularity = granularity_name(i),
                  .rule = rule,
                  .threshold = threshold,
                  .rates = {},
                  .benign = benign_outcome(judged, threshold),
                  .apart = apart_outcomes(judged, threshold),
                  .cross_validated_f1 = {}};
    for (const double rate : rates_of(judged)) {
      result.rates.push_back(outcome_at(judged, rate, threshold));
    }
    if (!training.empty() && !learner_.keeps_thresholds()) {
      const Labelled all = labelled(training, rates_of(training));
      result.cross_validated_f1 = learn::confusion(all.attack, all.scores, threshold).f1();
    }
    results.push_back(std::move(result));
  }

  [[nodiscard]] std::span<const ScoredPass> training_scores(std::size_t i) const {
    return i < training_series_.size() ? std::span<const ScoredPass>(training_series_[i])
                                       : std::span<const ScoredPass>();
  }

  void judge_granularity(std::size_t i) {
    for (const ThresholdRule rule : kThresholdRules) {
      const auto chosen = threshold(rule, i);
      if (chosen) add_result(i, rule, *chosen, held_out_series_[i], training_scores(i));
    }
  }

  [[nodiscard]] static bool has_scores(const std::vector<ScoredPass>& series) {
    return std::any_of(series.begin(), series.end(), [](const ScoredPass& scored) {
      return std::any_of(scored.scores.begin(), scored.scores.end(),
                         [](double score) { return !std::isnan(score); });
    });
  }

  void judge_combined() {
    const std::size_t combined = held_out_series_.size() - 1;
    if (combines_itself_) {
      judge_granularity(combined);
      return;
    }
    for (const ThresholdRule rule : kThresholdRules) {
      std::vector<double> thresholds;
      std::vector<double> units;
      for (std::size_t i = 0; i < combined; ++i) {
        const auto chosen = threshold(rule, i);
        if (!chosen) break;
        thresholds.push_back(*chosen);
        const auto spread = training_series_.empty()
                                ? std::nullopt
                                : learn::Spread::of(benign_scores(training_series_[i]));
        units.push_back(spread ? spread->iqr : 1);
      }
      if (thresholds.size() != combined) continue;
      fill_any(held_out_series_, thresholds, units);
      if (!training_series_.empty()) fill_any(training_series_, thresholds, units);
      add_result(combined, rule, 0, held_out_series_[combined], training_scores(combined));
    }
  }

  /// The combined scores of an alert by any granularity.
  static void fill_any(std::vector<std::vector<ScoredPass>>& series,
                       const std::vector<double>& thresholds, const std::vector<double>& units) {
    for (std::size_t p = 0; p < series.back().size(); ++p) {
      ScoredPass& coarse = series.back()[p];
      std::vector<std::size_t> next(thresholds.size(), 0);
      for (std::size_t w = 0; w < coarse.windows.size(); ++w) {
        const TimeNs end_ns = coarse.windows[w].begin_ns + coarse.length_ns;
        double loudest = kNan;
        for (std::size_t i = 0; i < thresholds.size(); ++i) {
          const ScoredPass& fine = series[i][p];
          for (; next[i] < fine.windows.size() && fine.windows[next[i]].begin_ns < end_ns;
               ++next[i]) {
            const double excess = (fine.scores[next[i]] - thresholds[i]) / units[i];
            if (!std::isnan(excess) && !(loudest >= excess)) loudest = excess;
          }
        }
        coarse.scores[w] = loudest;
      }
    }
  }

  void keep_scores() {
    // Without a combination of its own a learner's combined scores go with one threshold.
    const std::size_t count = held_out_series_.size() - (combines_itself_ ? 0 : 1);
    for (std::size_t i = 0; i < count; ++i) {
      scores.push_back({.learner = std::string(learner_.name()),
                        .granularity = granularity_name(i),
                        .passes = std::move(held_out_series_[i])});
    }
  }

  const Dataset& training_;
  const Dataset& held_out_;
  const ComparisonOptions& options_;
  Learner& learner_;
  std::vector<std::vector<ScoredPass>> training_series_;  ///< by granularity, then combined
  std::vector<std::vector<ScoredPass>> held_out_series_;
  bool combines_itself_ = false;
};

}  // namespace

Comparison compare(const Dataset& training, const Dataset& held_out,
                   std::vector<std::unique_ptr<Learner>> learners, const ComparisonOptions& options,
                   config::Diagnostics& diagnostics) {
  std::vector<Judge> judges;
  judges.reserve(learners.size());
  for (const auto& learner : learners) judges.emplace_back(training, held_out, options, *learner);
  for_each_index(judges.size(), options.thread_count,
                 [&](std::size_t i, std::size_t /*thread*/) { judges[i].run(); });
  Comparison comparison;
  for (const auto& learner : learners) {
    comparison.learners.push_back({.name = std::string(learner->name()),
                                   .summary = std::string(learner->summary()),
                                   .needs_labels = learner->needs_labels()});
  }
  for (Judge& judge : judges) {
    for (Result& result : judge.results) comparison.results.push_back(std::move(result));
    for (ScoredLearner& scored : judge.scores) comparison.scores.push_back(std::move(scored));
    judge.explain(diagnostics);
  }
  return comparison;
}

}  // namespace mimir::evaluation
