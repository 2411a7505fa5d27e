// SPDX-License-Identifier: Apache-2.0
#include "model/learn/train.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "model/learn/feature.h"
#include "model/learn/folds.h"
#include "model/learn/lasso.h"
#include "model/learn/tail.h"

namespace mimir::learn {

namespace {

using Rows = std::vector<std::size_t>;

constexpr double kSecondsPerDay = 86400;
// What makes up the tail of benign scores. A larger share would reach into the bulk, which
// is another distribution: rare events of a cluster are not the edge of common ones.
constexpr double kTailPeaks = 50;
constexpr double kTailShareMax = 0.05;

// Rows of one granularity, what was learned from them and how they score.
struct Learned {
  Rows rows;
  std::vector<double> scores;
};

bool is_empty(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isnan(v); });
}

// In an order that does not depend on that of the table.
std::map<std::uint32_t, Rows> rows_by_granularity(const FeatureTable& table) {
  std::map<std::uint32_t, Rows> rows;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    Rows& same = rows[table.window(row).granularity_s];
    if (!is_empty(table.row(row))) same.push_back(row);
  }
  const auto key = [&table](std::size_t row) {
    const WindowInfo& window = table.window(row);
    return std::tie(window.run, window.begin_ns, window.attack, window.rate_bytes_per_minute,
                    window.path);
  };
  for (auto& [granularity_s, same] : rows) {
    std::stable_sort(same.begin(), same.end(),
                     [&key](std::size_t a, std::size_t b) { return key(a) < key(b); });
  }
  return rows;
}

std::vector<std::uint8_t> labels_of(const FeatureTable& table, const Rows& rows) {
  std::vector<std::uint8_t> labels;
  for (const std::size_t row : rows) labels.push_back(table.window(row).attack ? 1 : 0);
  return labels;
}

// By run if there are several; else by time, the variants of one window together.
Folds honest_folds(const FeatureTable& table, const Rows& rows, std::uint32_t fold_count) {
  std::vector<std::string> runs;
  std::vector<std::size_t> moment_of_row;  // rows are sorted by time within a run
  std::size_t moment_count = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const WindowInfo& window = table.window(rows[i]);
    runs.push_back(window.run);
    if (i == 0 || table.window(rows[i - 1]).begin_ns != window.begin_ns) ++moment_count;
    moment_of_row.push_back(moment_count - 1);
  }
  if (std::set<std::string>(runs.begin(), runs.end()).size() > 1) {
    return group_folds(runs, labels_of(table, rows), fold_count);
  }
  const Folds of_moment = contiguous_folds(moment_count, fold_count);
  Folds folds;
  for (const std::size_t moment : moment_of_row) folds.push_back(of_moment[moment]);
  return folds;
}

std::vector<double> as_targets(const std::vector<std::uint8_t>& labels) {
  return {labels.begin(), labels.end()};
}

bool check_rows(std::uint32_t granularity_s, const std::vector<std::uint8_t>& labels,
                const TrainingOptions& options, config::Diagnostics& diagnostics) {
  const auto attacks =
      static_cast<std::size_t>(std::count(labels.begin(), labels.end(), std::uint8_t{1}));
  const std::size_t benign = labels.size() - attacks;
  const std::string where = "training windows of " + std::to_string(granularity_s) + " s: ";
  bool good = true;
  const auto refuse = [&](const std::string& fault, std::string hint) {
    diagnostics.error({}, where + fault, std::move(hint));
    good = false;
  };
  if (benign == 0) {
    refuse("none is benign", "add a capture, or a part of one, without an attack");
  } else if (benign < options.window_count_min) {
    const std::uint64_t seconds = std::uint64_t{options.window_count_min} * granularity_s;
    refuse(
        std::to_string(benign) + " benign, " + std::to_string(options.window_count_min) + " needed",
        "give at least " + std::to_string(seconds) + " s of benign traffic");
  }
  if (attacks == 0) {
    refuse("none is attacked", "inject attacks, or give the times of real ones");
  }
  return good;
}

// What benign windows of that length exceed as often as the budget allows, by the tail of
// their scores; the largest of them, if there are too few for a tail.
double within_budget(const std::vector<std::uint8_t>& labels, const std::vector<double>& scores,
                     std::uint32_t granularity_s, double false_alerts_per_day) {
  std::vector<double> benign;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (labels[i] == 0) benign.push_back(scores[i]);
  }
  const double p = false_alerts_per_day * granularity_s / kSecondsPerDay;
  const double share = std::min(kTailShareMax, kTailPeaks / static_cast<double>(benign.size()));
  const std::optional<Tail> tail = fit_tail(benign, share);
  if (!tail) return *std::max_element(benign.begin(), benign.end());
  return tail->as_heavy_as_open().exceeded_with(std::min(p, tail->share));
}

// Threshold of `scores`, chosen and counted: the best F1, but no lower than the budget.
template <typename Part>
void choose_threshold(const std::vector<std::uint8_t>& labels, const std::vector<double>& scores,
                      std::uint32_t granularity_s, const TrainingOptions& options, Part& part) {
  const std::optional<Threshold> best = best_threshold(labels, scores, options.threshold_rule);
  part.threshold = best ? best->value : std::numeric_limits<double>::max();
  if (best && options.false_alerts_per_day) {
    const double lowest =
        within_budget(labels, scores, granularity_s, *options.false_alerts_per_day);
    part.threshold = std::max(part.threshold, lowest);
  }
  part.training = confusion(labels, scores, part.threshold);
}

// Row by row the z of those features that are not 0 in all rows: `moving`.
std::vector<double> scaled_rows(const FeatureTable& table, const Rows& rows, RowReader& reader,
                                std::size_t feature_count, std::vector<std::size_t>& moving) {
  std::vector<std::uint8_t> moves(feature_count, 0);
  for (const std::size_t row : rows) {
    reader.read(table.row(row));
    for (std::size_t j = 0; j < feature_count; ++j) {
      if (moves[j] == 0 && reader.z(j) != 0) moves[j] = 1;
    }
  }
  for (std::size_t j = 0; j < feature_count; ++j) {
    if (moves[j] != 0) moving.push_back(j);
  }
  std::vector<double> scaled;
  scaled.reserve(rows.size() * moving.size());
  for (const std::size_t row : rows) {
    reader.read(table.row(row));
    for (const std::size_t j : moving) scaled.push_back(reader.z(j));
  }
  return scaled;
}

GranularityModel learn_granularity(const FeatureTable& table, std::uint32_t granularity_s,
                                   const TrainingOptions& options, Learned& learned) {
  const std::vector<std::uint8_t> labels = labels_of(table, learned.rows);
  Rows benign;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == 0) benign.push_back(learned.rows[i]);
  }
  GranularityModel model;
  model.granularity_s = granularity_s;
  model.features = fit_features(table, benign, options.iqr_min, options.left_out);
  model.z_limit = options.z_limit;
  RowReader reader(model.features, table.names(), model.z_limit);
  std::vector<std::size_t> moving;  // the others cannot have a weight
  std::vector<double> scaled =
      scaled_rows(table, learned.rows, reader, model.features.size(), moving);
  const std::vector<double> targets = as_targets(labels);
  const Design design{scaled, moving.size(), targets};
  const LassoFit fit =
      cross_validate_lasso(design, honest_folds(table, learned.rows, options.fold_count)).fit;
  model.intercept = fit.intercept;
  model.alpha = fit.alpha;
  for (std::size_t j = 0; j < moving.size(); ++j) model.features[moving[j]].weight = fit.weights[j];
  for (std::size_t i = 0; i < learned.rows.size(); ++i) {
    learned.scores.push_back(
        fit.predict(std::span(scaled).subspan(i * moving.size(), moving.size())));
  }
  choose_threshold(labels, learned.scores, granularity_s, options, model);
  return model;
}

// The largest score of the windows of `fine` that `coarse` covers, as they were
// when it was: attacked at its rate, or else benign. None when there are none.
std::optional<double> largest_within(const FeatureTable& table, const WindowInfo& coarse,
                                     const Learned& fine) {
  const TimeNs end_ns = coarse.begin_ns + TimeNs{coarse.granularity_s} * kNsPerSecond;
  const auto before = [&table](std::size_t row, const std::pair<std::string, TimeNs>& moment) {
    const WindowInfo& window = table.window(row);
    return std::tie(window.run, window.begin_ns) < std::tie(moment.first, moment.second);
  };
  const auto first = std::lower_bound(fine.rows.begin(), fine.rows.end(),
                                      std::pair(coarse.run, coarse.begin_ns), before);
  std::map<TimeNs, double> benign;
  std::map<TimeNs, double> attacked;
  for (auto row = first; row != fine.rows.end(); ++row) {
    const WindowInfo& window = table.window(*row);
    if (window.run != coarse.run || window.begin_ns >= end_ns) break;
    const double score = fine.scores[static_cast<std::size_t>(row - fine.rows.begin())];
    if (!window.attack) {
      benign.emplace(window.begin_ns, score);
    } else if (coarse.attack && window.rate_bytes_per_minute == coarse.rate_bytes_per_minute) {
      const auto [place, is_new] = attacked.emplace(window.begin_ns, score);
      if (!is_new) place->second = std::max(place->second, score);
    }
  }
  attacked.merge(benign);
  std::optional<double> largest;
  for (const auto& [begin_ns, score] : attacked) {
    if (!largest || score > *largest) largest = score;
  }
  return largest;
}

Combination learn_combination(const FeatureTable& table, const std::vector<Learned>& learned,
                              const TrainingOptions& options) {
  Rows rows;
  std::vector<double> inputs;
  for (const std::size_t row : learned.back().rows) {
    std::vector<double> largest;
    for (const Learned& fine : learned) {
      const std::optional<double> value = largest_within(table, table.window(row), fine);
      if (value) largest.push_back(*value);
    }
    if (largest.size() != learned.size()) continue;
    rows.push_back(row);
    inputs.insert(inputs.end(), largest.begin(), largest.end());
  }

  Combination combination;
  combination.weights.assign(learned.size(), 0.0);
  if (rows.empty()) {
    combination.threshold = std::numeric_limits<double>::max();
    return combination;
  }
  const std::uint32_t coarsest_s = table.window(rows.front()).granularity_s;
  const std::vector<std::uint8_t> labels = labels_of(table, rows);
  const std::vector<double> targets = as_targets(labels);
  const Design design{inputs, learned.size(), targets};
  const LassoFit fit =
      cross_validate_lasso(design, honest_folds(table, rows, options.combination_fold_count)).fit;
  combination.weights = fit.weights;
  combination.intercept = fit.intercept;
  combination.alpha = fit.alpha;
  std::vector<double> scores;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    scores.push_back(fit.predict(std::span(inputs).subspan(i * learned.size(), learned.size())));
  }
  choose_threshold(labels, scores, coarsest_s, options, combination);
  return combination;
}

bool keeps_nothing(const GranularityModel& model) {
  return std::all_of(model.features.begin(), model.features.end(),
                     [](const Feature& feature) { return feature.weight == 0; });
}

}  // namespace

TrainingOptions prototype_options() {
  return {.iqr_min = 0, .z_limit = kZLimit, .threshold_rule = ThresholdRule::kCandidates};
}

std::optional<Model> train(const TrainingSet& set, const TrainingOptions& options,
                           config::Diagnostics& diagnostics) {
  const std::map<std::uint32_t, Rows> by_granularity = rows_by_granularity(set.table);
  bool good = true;
  if (by_granularity.empty()) {
    diagnostics.error({}, "training windows: there are none", "give a capture to learn from");
    good = false;
  }
  for (const auto& [granularity_s, rows] : by_granularity) {
    good = check_rows(granularity_s, labels_of(set.table, rows), options, diagnostics) && good;
  }
  if (!good) return std::nullopt;

  Model model;
  model.context = set.context;
  std::vector<Learned> learned;
  for (const auto& [granularity_s, rows] : by_granularity) {
    learned.push_back({.rows = rows, .scores = {}});
    model.granularities.push_back(
        learn_granularity(set.table, granularity_s, options, learned.back()));
    if (keeps_nothing(model.granularities.back())) {
      diagnostics.warning({},
                          "training windows of " + std::to_string(granularity_s) +
                              " s: no feature tells attacked from benign ones",
                          "this granularity will never alert; try higher rates or more windows");
    }
  }
  if (learned.size() > 1) model.combination = learn_combination(set.table, learned, options);
  return model;
}

}  // namespace mimir::learn
