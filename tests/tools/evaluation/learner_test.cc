// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/learner.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/analysis/analyzer.h"
#include "model/invariant/registry.h"
#include "model/learn/train.h"
#include "tests/tools/evaluation/small_shop.h"
#include "tools/evaluation/comparison.h"
#include "tools/evaluation/model_learner.h"

namespace mimir::evaluation {
namespace {

/// A run of the shop with every span attacked once at 1 MB a minute, over five passes.
void add(Dataset& dataset, const test::SmallShop& shop, const std::string& name,
         const std::vector<analysis::ReducedWindow>& windows) {
  std::vector<PassPlan> plans;
  for (std::size_t i = 0; i < 5; ++i) {
    plans.push_back({.rate = rate_of(1e6),
                     .seed = 1,
                     .attacks = plan_every(windows.size() / 6, i, 5, {.path_count = 2})});
  }
  config::Diagnostics diagnostics;
  ASSERT_TRUE(add_run(dataset, shop.run(name, windows), plans, 1, diagnostics));
}

struct Lab {
  Lab() {
    for (std::uint64_t i = 0; i < 3; ++i) runs.push_back(shop.windows(180, 10 + i));
    add(training, shop, "a", runs[0]);
    add(training, shop, "b", runs[1]);
    add(held_out, shop, "c", runs[2]);
  }

  [[nodiscard]] TrainingRows all_training() const {
    TrainingRows rows;
    for (std::size_t g = 0; g < 2; ++g) {
      rows.benign.emplace_back();
      rows.attacked.emplace_back();
      const learn::FeatureTable& table = training.table(g, Description::kInvariants);
      for (std::size_t row = 0; row < table.row_count(); ++row) {
        (table.window(row).attack ? rows.attacked : rows.benign)[g].push_back(row);
      }
    }
    return rows;
  }

  test::SmallShop shop;
  std::vector<std::vector<analysis::ReducedWindow>> runs;
  Dataset training = test::empty_dataset();
  Dataset held_out = test::empty_dataset();
};

std::vector<PartInfo> all_parts() {
  return {logistic_l2(),     logistic_l1(), boosted_trees(),       random_forest(),
          robust_distance(), edge_volume(), allowed_pairs(),       http_fingerprints(),
          odd_ball_nets(),   ide_kashima(), ide_kashima_adaptive()};
}

std::vector<std::unique_ptr<Learner>> all_fitted_learners() {
  std::vector<std::unique_ptr<Learner>> learners;
  learners.push_back(lasso_learner());
  learners.push_back(prototype_learner());
  for (const PartInfo& info : all_parts()) learners.push_back(make_learner(info));
  return learners;
}

// A megabyte a minute doubles what an edge of this shop carries: whoever looks at volumes or
// invariants sees it, and puts every attack above every benign window.
TEST(Learners, FindAnAttackThatAnyoneCouldSee) {
  const Lab lab;
  for (const auto& learner : all_fitted_learners()) {
    const std::string name(learner->name());
    if (name.starts_with("ide-kashima")) continue;  // looks at the graph's main part alone
    if (name == "http-fingerprints") continue;      // nobody speaks HTTP here
    config::Diagnostics diagnostics;
    ASSERT_TRUE(learner->fit(lab.training, lab.all_training(), diagnostics))
        << name << diagnostics.render();
    const Pass& pass = lab.held_out.passes[1];
    const PassScores scores = learner->score(lab.held_out, pass);
    double lowest_attack = 1e300;
    double highest_benign = -1e300;
    for (std::size_t i = 0; i < pass.windows[1].size(); ++i) {
      const double score = scores.by_granularity[1][i];
      const bool attack = pass.windows[1][i].label.label == Label::kAttack;
      if (attack) lowest_attack = std::min(lowest_attack, score);
      if (!attack) highest_benign = std::max(highest_benign, score);
    }
    EXPECT_GT(lowest_attack, highest_benign) << name;
  }
}

// What a learner says of a window depends on no other window of the pass, unless it goes by
// what came before: nothing is fitted to what is judged.
TEST(Learners, JudgeEachWindowAloneOrByItsPast) {
  const Lab lab;
  const Pass& pass = lab.held_out.passes[2];
  for (const auto& learner : all_fitted_learners()) {
    config::Diagnostics diagnostics;
    ASSERT_TRUE(learner->fit(lab.training, lab.all_training(), diagnostics));
    const PassScores whole = learner->score(lab.held_out, pass);
    Pass half = pass;
    for (auto& windows : half.windows) windows.resize(windows.size() / 2);
    const PassScores first_half = learner->score(lab.held_out, half);
    for (std::size_t g = 0; g < 2; ++g) {
      for (std::size_t i = 0; i < half.windows[g].size(); ++i) {
        const double alone = first_half.by_granularity[g][i];
        const double among = whole.by_granularity[g][i];
        EXPECT_TRUE(alone == among || (std::isnan(alone) && std::isnan(among)))
            << learner->name() << ": " << alone << " and " << among;
      }
    }
  }
}

// It has the prototype's columns, and what `mimir train --prototype` learns from them.
TEST(Learners, ThePrototypeIsThatOfATrainedModel) {
  const Lab lab;
  const auto learner = prototype_learner();
  config::Diagnostics diagnostics;
  ASSERT_TRUE(learner->fit(lab.training, lab.all_training(), diagnostics));
  learn::TrainingSet set;
  for (std::size_t g = 0; g < 2; ++g) {
    set.table.append(lab.training.table(g, Description::kPrototype));
  }
  const auto model = learn::train(set, learn::prototype_options(), diagnostics);
  ASSERT_TRUE(model);
  auto registry = invariant::Registry::build(
      lab.shop.world.cluster, {.form = invariant::Form::kPrototype, .sensitive_service = "db"},
      diagnostics);
  ASSERT_TRUE(registry);
  analysis::Lens lens(lab.shop.world.cluster, std::move(*registry));
  const Pass& benign = lab.held_out.passes[0];
  const PassScores scores = learner->score(lab.held_out, benign);
  for (std::size_t i = 0; i < 30; ++i) {
    lens.look_at(lab.runs[2][i]);
    const auto expected = learn::score(*model, 10, {lens.names(), lens.values()});
    ASSERT_TRUE(expected);
    EXPECT_DOUBLE_EQ(scores.by_granularity[0][i], expected->value);
  }
  EXPECT_EQ(learner->own_threshold(0), model->granularities[0].threshold);
  EXPECT_EQ(learner->own_threshold(2), model->combination->threshold);
  EXPECT_FALSE(lasso_learner()->own_threshold(0));
}

/// The same rows and windows, of which nobody says any more what they are.
Dataset without_labels(const Dataset& dataset) {
  Dataset blank = dataset;
  for (Dataset::Tables& tables : blank.tables) {
    for (learn::FeatureTable& table : tables) {
      learn::FeatureTable unlabelled({table.names().begin(), table.names().end()});
      for (std::size_t row = 0; row < table.row_count(); ++row) {
        learn::WindowInfo info = table.window(row);
        info.attack = false;
        info.rate_bytes_per_minute = 0;
        info.path.clear();
        unlabelled.append(info, table.row(row));
      }
      table = std::move(unlabelled);
    }
  }
  for (Pass& pass : blank.passes) {
    pass.incidents.clear();
    for (auto& windows : pass.windows) {
      for (LabelledWindow& window : windows) window.label = {};
    }
  }
  return blank;
}

TEST(Learners, ScoreWithoutLabels) {
  const Lab lab;
  const Dataset blank = without_labels(lab.held_out);
  for (const auto& learner : all_fitted_learners()) {
    config::Diagnostics diagnostics;
    ASSERT_TRUE(learner->fit(lab.training, lab.all_training(), diagnostics));
    for (std::size_t p = 0; p < blank.passes.size(); ++p) {
      const PassScores with = learner->score(lab.held_out, lab.held_out.passes[p]);
      const PassScores without = learner->score(blank, blank.passes[p]);
      for (std::size_t i = 0; i < with.by_granularity[0].size(); ++i) {
        const double known = with.by_granularity[0][i];
        const double unknown = without.by_granularity[0][i];
        ASSERT_TRUE(known == unknown || (std::isnan(known) && std::isnan(unknown)))
            << learner->name() << ": " << known << " and " << unknown;
      }
    }
  }
}

// A table of two edges, by hand: medians 100 and 0, IQRs 3000 and a packet.
TEST(EdgeVolume, IsTheLargestExcessInSpreads) {
  learn::FeatureTable table({"a>b", "b>outside"});
  for (const double bytes : {0.0, 1000.0, 4000.0, 7000.0, 90'000.0}) {
    table.append({}, std::vector<double>{bytes, 0});
  }
  table.append({}, std::vector<double>{4000, 15'000});
  table.append({}, std::vector<double>{0, 0});
  const auto part = edge_volume().make();
  config::Diagnostics diagnostics;
  ASSERT_TRUE(part->fit(table, {0, 1, 2, 3, 4}, {}, diagnostics));
  const auto scores = part->score(table, {2, 3, 5, 6});
  EXPECT_EQ(scores[0], 0);
  EXPECT_EQ(scores[1], 3000.0 / 6000);
  EXPECT_EQ(scores[2], 10) << "15 kB over an edge that never carried any are ten packets";
  EXPECT_TRUE(std::isnan(scores[3])) << "nobody spoke";
}

TEST(AllowedPairs, CountWhatNeverHappened) {
  learn::FeatureTable table({"a>b", "b>a", "b>outside"});
  table.append({}, std::vector<double>{1, 0, 0});
  table.append({}, std::vector<double>{5, 0, 9});
  table.append({}, std::vector<double>{5, 7, 9});
  const auto part = allowed_pairs().make();
  config::Diagnostics diagnostics;
  ASSERT_TRUE(part->fit(table, {0}, {1}, diagnostics));
  EXPECT_EQ(part->score(table, {0, 1, 2}), (std::vector<double>{0, 1, 2}));
  EXPECT_EQ(part->own_threshold(), 0.0);
}

// Column x: median 3, IQR 2 (golden case G-11b); y never moves and so says nothing. A missing
// x is the expected one; a window without anything has no score.
TEST(RobustDistance, IsTheRootMeanSquareOfZ) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  learn::FeatureTable table({"x", "y"});
  for (const double x : {1.0, 2.0, 3.0, 4.0, 100.0}) table.append({}, std::vector<double>{x, 5});
  table.append({}, std::vector<double>{10, 5});
  table.append({}, std::vector<double>{kNan, 5});
  table.append({}, std::vector<double>{kNan, kNan});
  const auto part = robust_distance().make();
  config::Diagnostics diagnostics;
  ASSERT_TRUE(part->fit(table, {0, 1, 2, 3, 4}, {}, diagnostics));
  const auto scores = part->score(table, {5, 0, 6, 7});
  EXPECT_EQ(scores[0], 3.5);
  EXPECT_EQ(scores[1], 1);
  EXPECT_EQ(scores[2], 0);
  EXPECT_TRUE(std::isnan(scores[3]));
}

/// Notes which rows it was fitted to, and scores every window by whether it has seen it.
class Spy final : public Learner {
 public:
  explicit Spy(std::vector<std::string>& faults) : faults_(faults) {}
  [[nodiscard]] std::string_view name() const override { return "spy"; }
  [[nodiscard]] std::string_view summary() const override { return ""; }
  [[nodiscard]] bool needs_labels() const override { return true; }
  [[nodiscard]] bool fit(const Dataset& dataset, const TrainingRows& rows,
                         config::Diagnostics& /*diagnostics*/) override {
    dataset_ = &dataset;
    seen_.assign(2, {});
    for (std::size_t g = 0; g < 2; ++g) {
      const learn::FeatureTable& table = dataset.table(g, Description::kInvariants);
      for (const std::size_t row : rows.benign[g]) {
        if (table.window(row).attack) faults_.push_back("an attack among the benign");
      }
      for (const auto* list : {&rows.benign[g], &rows.attacked[g]}) {
        for (const std::size_t row : *list) {
          seen_[g].emplace_back(table.window(row).run, table.window(row).begin_ns);
        }
      }
    }
    return true;
  }
  // 1 for a moment it was fitted to. Moments, not rows: another variant of a window is no
  // stranger.
  [[nodiscard]] PassScores score(const Dataset& dataset, const Pass& pass) const override {
    PassScores scores;
    for (std::size_t g = 0; g < 2; ++g) {
      scores.by_granularity.emplace_back();
      for (const LabelledWindow& window : pass.windows[g]) {
        const std::pair moment(dataset.runs[pass.run].name, window.begin_ns);
        const bool is_known = std::find(seen_[g].begin(), seen_[g].end(), moment) != seen_[g].end();
        scores.by_granularity[g].push_back(is_known ? 1 : 0);
      }
    }
    return scores;
  }
  [[nodiscard]] std::optional<double> own_threshold(std::size_t /*unused*/) const override {
    return 0.5;
  }

 private:
  std::vector<std::string>& faults_;
  const Dataset* dataset_ = nullptr;
  std::vector<std::vector<std::pair<std::string, TimeNs>>> seen_;
};

/// Finds every training run too short.
class Refuser final : public Learner {
 public:
  [[nodiscard]] std::string_view name() const override { return "refuser"; }
  [[nodiscard]] std::string_view summary() const override { return ""; }
  [[nodiscard]] bool needs_labels() const override { return true; }
  [[nodiscard]] bool fit(const Dataset& /*dataset*/, const TrainingRows& /*rows*/,
                         config::Diagnostics& diagnostics) override {
    diagnostics.error({}, "too little to learn from", "give more");
    return false;
  }
  [[nodiscard]] PassScores score(const Dataset& /*dataset*/, const Pass& /*pass*/) const override {
    return {};
  }
  [[nodiscard]] std::optional<double> own_threshold(std::size_t /*unused*/) const override {
    return std::nullopt;
  }
};

TEST(Compare, LeavesOutALearnerThatCannotLearnAndSaysWhich) {
  const Lab lab;
  std::vector<std::string> faults;
  std::vector<std::unique_ptr<Learner>> learners;
  learners.push_back(std::make_unique<Refuser>());
  learners.push_back(std::make_unique<Spy>(faults));
  config::Diagnostics diagnostics;
  const Comparison comparison =
      compare(lab.training, lab.held_out, std::move(learners), {}, diagnostics);
  EXPECT_FALSE(diagnostics.has_errors()) << "the others are judged";
  EXPECT_NE(diagnostics.render().find("refuser is left out: too little to learn from"),
            std::string::npos)
      << diagnostics.render();
  for (const Result& result : comparison.results) EXPECT_EQ(result.learner, "spy");
  EXPECT_FALSE(comparison.results.empty());
}

// The spy alerts on what it knows. Judged by others' folds it must know nothing, so its
// cross-validated F1 is 0; and of the held-out run it must know nothing either.
TEST(Compare, NeverJudgesWhatItLearnedFrom) {
  const Lab lab;
  Dataset one_run = test::empty_dataset();
  add(one_run, lab.shop, "a", lab.runs[0]);
  const std::vector<const Dataset*> trainings = {&lab.training, &one_run};
  for (const Dataset* const training : trainings) {
    std::vector<std::string> faults;
    std::vector<std::unique_ptr<Learner>> spies;
    spies.push_back(std::make_unique<Spy>(faults));
    config::Diagnostics diagnostics;
    const Comparison comparison =
        compare(*training, lab.held_out, std::move(spies), {}, diagnostics);
    EXPECT_TRUE(faults.empty());
    for (const Result& result : comparison.results) {
      if (result.rule != ThresholdRule::kOwn) continue;
      EXPECT_EQ(result.cross_validated_f1, 0.0) << result.granularity;
      EXPECT_EQ(result.benign.alerts, 0U) << result.granularity;
      for (const RateOutcome& rate : result.rates) EXPECT_EQ(rate.detected, 0U);
    }
  }
}

std::vector<double> thresholds_of(const Comparison& comparison) {
  std::vector<double> thresholds;
  for (const Result& result : comparison.results) thresholds.push_back(result.threshold);
  return thresholds;
}

Comparison compare_all(const Dataset& training, const Dataset& held_out, std::size_t threads) {
  config::Diagnostics diagnostics;
  return compare(training, held_out, all_fitted_learners(),
                 {.thread_count = threads, .thresholds = {}}, diagnostics);
}

// Other labels and other traffic in the held-out run: not one threshold moves.
TEST(Compare, ChoosesThresholdsWithoutTheHeldOutRun) {
  const Lab lab;
  Dataset other = test::empty_dataset();
  const auto windows = lab.shop.windows(120, 77);
  add(other, lab.shop, "d", windows);
  for (Pass& pass : other.passes) {
    for (auto& list : pass.windows) {
      for (LabelledWindow& window : list) window.label = {};
    }
  }
  EXPECT_EQ(thresholds_of(compare_all(lab.training, lab.held_out, 1)),
            thresholds_of(compare_all(lab.training, other, 1)));
}

TEST(Compare, IsTheSameForAnyNumberOfThreads) {
  const Lab lab;
  const Comparison one = compare_all(lab.training, lab.held_out, 1);
  const Comparison three = compare_all(lab.training, lab.held_out, 3);
  EXPECT_EQ(thresholds_of(one), thresholds_of(three));
  ASSERT_EQ(one.results.size(), three.results.size());
  for (std::size_t i = 0; i < one.results.size(); ++i) {
    EXPECT_EQ(one.results[i].learner, three.results[i].learner);
    EXPECT_EQ(one.results[i].rates[0].f1, three.results[i].rates[0].f1);
  }
}

/// Knows the truth, and is loud only in the last 10 s of each attacked minute.
class LateOracle final : public Learner {
 public:
  [[nodiscard]] std::string_view name() const override { return "late-oracle"; }
  [[nodiscard]] std::string_view summary() const override { return ""; }
  [[nodiscard]] bool needs_labels() const override { return false; }
  [[nodiscard]] bool fit(const Dataset& /*dataset*/, const TrainingRows& /*rows*/,
                         config::Diagnostics& /*diagnostics*/) override {
    return true;
  }
  [[nodiscard]] PassScores score(const Dataset& /*dataset*/, const Pass& pass) const override {
    PassScores scores;
    for (const auto& windows : pass.windows) {
      scores.by_granularity.emplace_back();
      for (const LabelledWindow& window : windows) {
        const bool is_loud = &windows == &pass.windows[0] &&
                             window.begin_ns / kNsPerSecond % 60 == 50 &&
                             window.label.label == Label::kAttack;
        scores.by_granularity.back().push_back(is_loud ? 2 : 0);
      }
    }
    return scores;
  }
  [[nodiscard]] std::optional<double> own_threshold(std::size_t /*unused*/) const override {
    return 1;
  }
};

// Combined it is never wrong; at 10 s it finds one window in six, at 60 s none.
TEST(Compare, CombinesTheWindowsOfAMinuteAndNoOthers) {
  const Lab lab;
  std::vector<std::unique_ptr<Learner>> learners;
  learners.push_back(std::make_unique<LateOracle>());
  config::Diagnostics diagnostics;
  const Comparison comparison =
      compare(lab.training, lab.held_out, std::move(learners), {}, diagnostics);
  std::size_t looked_at = 0;
  for (const Result& result : comparison.results) {
    if (result.rule != ThresholdRule::kOwn) continue;
    ++looked_at;
    const double expected = result.granularity == "combined" ? 1
                            : result.granularity == "10"     ? 2.0 / 7
                                                             : 0;
    EXPECT_DOUBLE_EQ(result.rates.front().f1.value, expected) << result.granularity;
    EXPECT_EQ(result.benign.alerts, 0U) << result.granularity;
  }
  EXPECT_EQ(looked_at, 3U);
}

}  // namespace
}  // namespace mimir::evaluation
