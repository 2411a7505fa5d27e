// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/model_learner.h"

#include <limits>
#include <utility>

#include "model/learn/train.h"

namespace mimir::evaluation {

namespace {

double value_of(const learn::Score& score) { return score.no_data ? kNan : score.value; }

/// The combined score of each window of the coarsest granularity, from the scores of all
/// windows within it.
std::vector<double> combined(const learn::Model& model, const Dataset& dataset, const Pass& pass,
                             const std::vector<std::vector<learn::Score>>& scores) {
  std::vector<double> values;
  std::vector<std::size_t> next(scores.size(), 0);
  for (const LabelledWindow& coarse : pass.windows.back()) {
    const TimeNs end_ns = coarse.begin_ns + dataset.span_ns();
    std::vector<learn::ScoresWithin> within;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const std::size_t first = next[i];
      while (next[i] < scores[i].size() && pass.windows[i][next[i]].begin_ns < end_ns) ++next[i];
      within.push_back({.granularity_s = dataset.granularities_s[i],
                        .scores = std::span(scores[i]).subspan(first, next[i] - first)});
    }
    const auto score = learn::combine(model, within);
    values.push_back(score ? value_of(score->score) : kNan);
  }
  return values;
}

PassScores score_with(const learn::Model& model, const Dataset& dataset, const Pass& pass,
                      Description description = Description::kInvariants) {
  PassScores result;
  std::vector<std::vector<learn::Score>> scores;
  for (std::size_t i = 0; i < dataset.granularities_s.size(); ++i) {
    const learn::FeatureTable& table = dataset.table(i, description);
    scores.emplace_back();
    result.by_granularity.emplace_back();
    for (const LabelledWindow& window : pass.windows[i]) {
      auto score = learn::score(model, dataset.granularities_s[i],
                                {.names = table.names(), .values = table.row(window.row)});
      scores.back().emplace_back();
      scores.back().back().no_data = true;
      if (score) scores.back().back() = std::move(*score);
      result.by_granularity.back().push_back(value_of(scores.back().back()));
    }
  }
  result.combined = combined(model, dataset, pass, scores);
  return result;
}

std::optional<double> threshold_of(const learn::Model& model, std::size_t granularity) {
  if (granularity < model.granularities.size()) return model.granularities[granularity].threshold;
  return model.combination ? model.combination->threshold : model.granularities.back().threshold;
}

class FileLearner final : public Learner {
 public:
  explicit FileLearner(const learn::Model& model) : model_(model) {}

  [[nodiscard]] std::string_view name() const override { return "model"; }
  [[nodiscard]] std::string_view summary() const override {
    return "the model file as it is, with its own thresholds";
  }
  [[nodiscard]] bool needs_labels() const override { return true; }
  [[nodiscard]] bool keeps_thresholds() const override { return true; }
  [[nodiscard]] bool fit(const Dataset& /*dataset*/, const TrainingRows& /*rows*/,
                         config::Diagnostics& /*diagnostics*/) override {
    return true;
  }
  [[nodiscard]] PassScores score(const Dataset& dataset, const Pass& pass) const override {
    return score_with(model_, dataset, pass);
  }
  [[nodiscard]] std::optional<double> own_threshold(std::size_t granularity) const override {
    return threshold_of(model_, granularity);
  }

 private:
  const learn::Model& model_;
};

/// What a learner that learn::train() fits is called, looks at and is told.
struct Recipe {
  std::string_view name;
  std::string_view summary;
  Description description = Description::kInvariants;
  learn::TrainingOptions options;
  bool keeps_thresholds = false;  ///< those that training found
};

class LassoLearner final : public Learner {
 public:
  explicit LassoLearner(Recipe recipe) : recipe_(std::move(recipe)) {
    // A fold less of a capture that just suffices for a model must do here.
    recipe_.options.window_count_min = 10;
  }

  [[nodiscard]] std::string_view name() const override { return recipe_.name; }
  [[nodiscard]] std::string_view summary() const override { return recipe_.summary; }
  [[nodiscard]] bool needs_labels() const override { return true; }
  [[nodiscard]] bool keeps_thresholds() const override { return recipe_.keeps_thresholds; }

  [[nodiscard]] bool fit(const Dataset& dataset, const TrainingRows& rows,
                         config::Diagnostics& diagnostics) override {
    learn::TrainingSet set;
    for (std::size_t i = 0; i < dataset.granularities_s.size(); ++i) {
      const learn::FeatureTable& table = dataset.table(i, recipe_.description);
      learn::FeatureTable chosen({table.names().begin(), table.names().end()});
      for (const std::size_t row : rows.benign[i]) chosen.append(table.window(row), table.row(row));
      for (const std::size_t row : rows.attacked[i]) {
        chosen.append(table.window(row), table.row(row));
      }
      set.table.append(chosen);
    }
    auto model = learn::train(set, recipe_.options, diagnostics);
    if (!model) return false;
    model_ = std::move(*model);
    return true;
  }
  [[nodiscard]] PassScores score(const Dataset& dataset, const Pass& pass) const override {
    return score_with(model_, dataset, pass, recipe_.description);
  }
  [[nodiscard]] std::optional<double> own_threshold(std::size_t granularity) const override {
    if (!recipe_.keeps_thresholds) return std::nullopt;
    return threshold_of(model_, granularity);
  }

 private:
  Recipe recipe_;
  learn::Model model_;
};

}  // namespace

std::unique_ptr<Learner> model_learner(const learn::Model& model) {
  return std::make_unique<FileLearner>(model);
}

std::unique_ptr<Learner> lasso_learner() {
  return std::make_unique<LassoLearner>(
      Recipe{.name = "lasso",
             .summary = "lasso on scaled invariants, fitted anew; a lasso combines the "
                        "granularities",
             .options = {}});
}

std::unique_ptr<Learner> prototype_learner() {
  return std::make_unique<LassoLearner>(
      Recipe{.name = "prototype",
             .summary = "the published prototype: its columns, scaling, lasso and thresholds",
             .description = Description::kPrototype,
             .options = learn::prototype_options(),
             .keeps_thresholds = true});
}

}  // namespace mimir::evaluation
