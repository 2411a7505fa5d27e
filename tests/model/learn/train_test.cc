// SPDX-License-Identifier: Apache-2.0
#include "model/learn/train.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "model/learn/folds.h"
#include "model/learn/lasso.h"
#include "tests/model/learn/draw.h"
#include "tests/model/learn/models.h"

namespace mimir::learn {
namespace {

Model train_or_default(const TrainingSet& set, const TrainingOptions& options = {}) {
  config::Diagnostics diagnostics;
  const std::optional<Model> model = train(set, options, diagnostics);
  EXPECT_TRUE(model) << diagnostics.render();
  return model.value_or(Model{});
}

std::string refusal(const TrainingSet& set, const TrainingOptions& options = {}) {
  config::Diagnostics diagnostics;
  EXPECT_FALSE(train(set, options, diagnostics));
  EXPECT_TRUE(diagnostics.has_errors());
  std::string messages;
  for (const config::Diagnostic& diagnostic : diagnostics.all()) {
    messages += diagnostic.message + "\n";
  }
  return messages;
}

// Rows for which `keep` says so.
template <typename Keep>
TrainingSet only(const TrainingSet& set, Keep keep) {
  TrainingSet rest;
  rest.context = set.context;
  rest.table = FeatureTable({set.table.names().begin(), set.table.names().end()});
  for (std::size_t row = 0; row < set.table.row_count(); ++row) {
    if (keep(set.table.window(row))) rest.table.append(set.table.window(row), set.table.row(row));
  }
  return rest;
}

TEST(Train, TellsSeparableWindowsApartAndSaysWhy) {
  const TrainingSet set = separable_set(900);
  const Model model = train_or_default(set);
  EXPECT_EQ(model.context, set.context);
  ASSERT_EQ(model.granularities.size(), 2U);
  for (const GranularityModel& granularity : model.granularities) {
    ASSERT_EQ(granularity.features.size(), 4U);  // "never" has no benign value
    EXPECT_EQ(granularity.features[0].name, "flow");
    EXPECT_EQ(granularity.features[3].name, "steady");
    EXPECT_EQ(granularity.features[3].spread, (Spread{.median = 7, .iqr = 1e-3}));
    EXPECT_EQ(granularity.features[3].weight, 0);
    EXPECT_EQ(granularity.training.f1(), 1);
  }
  EXPECT_EQ(model.granularities[0].training.true_positive, 360U);
  EXPECT_EQ(model.granularities[0].training.true_negative, 1440U);
  ASSERT_TRUE(model.combination);
  EXPECT_EQ(model.combination->training, (Confusion{.true_negative = 240, .true_positive = 60}));

  // Windows of a third run, drawn anew.
  const std::vector<std::string> names = {"share", "flow", "noise", "new"};
  Draw draw(77);
  for (int i = 0; i < 200; ++i) {
    const double lift = i % 2;
    const std::vector<double> values = {0.5 + 0.2 * draw.symmetric() + 4 * lift,
                                        100 + 10 * draw.symmetric() + 40 * lift, draw.symmetric(),
                                        1};
    const std::optional<Score> result = score(model, 10, {names, values});
    ASSERT_TRUE(result);
    EXPECT_EQ(result->alert(), lift == 1);
    EXPECT_EQ(result->unseen, (std::vector<std::string>{"new"}));
    EXPECT_EQ(result->missing_count, 1U);
    if (lift == 1) {
      EXPECT_EQ(result->contributions[0].feature, "share");
      EXPECT_NEAR(result->contributions[0].expected, 0.5, 0.05);
    }
  }
}

// The scaler sees benign windows alone: their median, not that of all rows.
TEST(Train, TakesExpectationsFromBenignWindows) {
  TrainingSet set;
  set.table = FeatureTable({"x"});
  for (int i = 0; i < 40; ++i) {
    WindowInfo window;
    window.begin_ns = i * kNsPerSecond;
    window.granularity_s = 1;
    window.attack = i >= 21;
    set.table.append(window, std::vector{static_cast<double>(i)});
  }
  const Model model = train_or_default(set);
  EXPECT_EQ(model.granularities[0].features[0].spread, (Spread{.median = 10, .iqr = 10}));
  EXPECT_FALSE(model.combination);
}

TEST(Train, GivesEqualModelsForRowsAndColumnsInAnyOrder) {
  const TrainingSet set = separable_set(600);
  TrainingSet mixed;
  mixed.context = set.context;
  mixed.table = FeatureTable({"steady", "flow", "never", "share", "noise"});
  const std::size_t row_count = set.table.row_count();
  for (std::size_t i = 0; i < row_count; ++i) {
    const std::size_t row = i * 7919 % row_count;  // a prime that does not divide it
    std::vector<double> values;
    for (const std::string& name : mixed.table.names()) {
      values.push_back(set.table.at(row, *set.table.find(name)));
    }
    mixed.table.append(set.table.window(row), values);
  }
  EXPECT_EQ(train_or_default(set), train_or_default(mixed));
}

TEST(Train, LeavesEmptyWindowsOut) {
  TrainingSet set = separable_set(600);
  const Model before = train_or_default(set);
  WindowInfo window;
  window.granularity_s = 10;
  window.run = "monday";
  window.begin_ns = 5;
  const std::vector<double> nothing(5, std::numeric_limits<double>::quiet_NaN());
  for (int i = 0; i < 50; ++i) set.table.append(window, nothing);
  EXPECT_EQ(train_or_default(set), before);
}

// Two runs of a hundred minutes, the first ten seconds of each minute attacked at two
// rates, in the order that rows are learned in.
TrainingSet two_rates() {
  TrainingSet set;
  set.table = FeatureTable({"x"});
  Draw draw(41);
  for (const char* run : {"r", "s"}) {
    for (std::int64_t second = 0; second < 6000; second += 10) {
      for (const std::uint32_t granularity_s : {10U, 60U}) {
        for (const double rate : {0.0, 1.0, 50.0}) {
          if (second % 60 != 0 && (granularity_s == 60 || rate > 0)) continue;
          WindowInfo window;
          window.begin_ns = second * kNsPerSecond;
          window.granularity_s = granularity_s;
          window.attack = rate > 0;
          window.run = run;
          window.rate_bytes_per_minute = rate;
          // The second run begins louder than the first one ends.
          const double lift = run[0] == 's' && second < 60 ? 5 : 0;
          set.table.append(window, std::vector{draw.symmetric() + rate + lift});
        }
      }
    }
  }
  return set;
}

// The scores of the windows of 10 s within `coarse`, as they were when it was: its first
// attacked at its rate, the others benign.
std::vector<Score> fine_scores(const Model& model, const FeatureTable& table,
                               const WindowInfo& coarse) {
  std::vector<Score> scores;
  for (std::size_t row = 0; row < table.row_count(); ++row) {
    const WindowInfo& window = table.window(row);
    const TimeNs offset_ns = window.begin_ns - coarse.begin_ns;
    const double rate = offset_ns == 0 ? coarse.rate_bytes_per_minute : 0;
    if (window.run == coarse.run && window.granularity_s == 10 && offset_ns >= 0 &&
        offset_ns < 60 * kNsPerSecond && window.rate_bytes_per_minute == rate) {
      scores.push_back(score(model, 10, {table.names(), table.row(row)}).value_or(Score{}));
    }
  }
  return scores;
}

TEST(Train, CombinesWindowsOfOneRunAndRate) {
  const TrainingSet set = two_rates();
  const Model model = train_or_default(set);
  ASSERT_TRUE(model.combination);

  std::vector<double> loudest;
  std::vector<double> targets;
  std::vector<std::uint8_t> attack;
  std::vector<std::string> runs;
  Confusion counts;
  for (std::size_t row = 0; row < set.table.row_count(); ++row) {
    const WindowInfo& window = set.table.window(row);
    if (window.granularity_s != 60) continue;
    const std::vector<Score> fine = fine_scores(model, set.table, window);
    ASSERT_EQ(fine.size(), 6U);
    const std::vector<Score> own = {
        score(model, 60, {set.table.names(), set.table.row(row)}).value_or(Score{})};
    const std::optional<CombinedScore> combined =
        combine(model, std::vector<ScoresWithin>{{10, fine}, {60, own}});
    ASSERT_TRUE(combined);
    for (const Loudest& part : combined->loudest) loudest.push_back(part.value);
    targets.push_back(window.attack ? 1 : 0);
    attack.push_back(window.attack ? 1 : 0);
    runs.push_back(window.run);
    counts.add(window.attack, combined->score.alert());
  }
  EXPECT_EQ(counts, model.combination->training);
  EXPECT_EQ(counts.true_positive + counts.false_negative, 400U);
  const LassoPath path = cross_validate_lasso({loudest, 2, targets}, group_folds(runs, attack, 3));
  EXPECT_EQ(path.fit.weights, model.combination->weights);
  EXPECT_EQ(path.fit.intercept, model.combination->intercept);
}

// Within a run x tells attacks apart, but it means the opposite in the other one: only
// folds that hold runs together see that nothing is to be learned.
TEST(Train, JudgesByRunsItHasNotSeen) {
  TrainingSet set;
  set.table = FeatureTable({"x"});
  for (int i = 0; i < 120; ++i) {
    WindowInfo window;
    window.begin_ns = i * kNsPerSecond;
    window.granularity_s = 1;
    window.attack = i % 3 == 0;
    for (const char* run : {"a", "b"}) {
      window.run = run;
      const double sign = run[0] == 'a' ? 1 : -0.5;
      set.table.append(window, std::vector{window.attack ? sign : 0.01 * (i % 5)});
    }
  }
  config::Diagnostics diagnostics;
  const std::optional<Model> model = train(set, {}, diagnostics);
  ASSERT_TRUE(model);
  EXPECT_EQ(model->granularities[0].features[0].weight, 0);
}

// Attacks that resemble benign windows set no threshold that matters: the budget does. Scores of
// benign windows end, but none is known to end where twenty of them do.
TEST(Train, KeepsToTheBudgetAsFewPeaksLeaveItOpen) {
  TrainingSet set;
  set.table = FeatureTable({"x"});
  Draw draw(17);
  for (int i = 0; i < 800; ++i) {
    WindowInfo window;
    window.begin_ns = i * 60 * kNsPerSecond;
    window.granularity_s = 60;
    window.attack = i % 2 == 1;
    set.table.append(window, std::vector{draw.symmetric() + (window.attack ? 0.5 : 0.0)});
  }
  const Model model = train_or_default(set, {.false_alerts_per_day = 0.1});
  std::vector<double> scores;
  for (std::size_t row = 0; row < set.table.row_count(); row += 2) {
    scores.push_back(score(model, 60, {set.table.names(), set.table.row(row)})->value);
  }
  std::sort(scores.begin(), scores.end());
  // 95 % of 400 by linear interpolation: 0.05 between the 380th and the 381st.
  const double start = scores[379] + 0.05 * (scores[380] - scores[379]);
  double mean = 0;
  for (std::size_t i = 380; i < 400; ++i) mean += (scores[i] - start) / 20;
  const double ratio = 0.1 * 60 / 86400 / 0.05;
  const double expected = start + 20 * mean * (std::pow(ratio, -1.0 / 20) - 1);
  EXPECT_GT(expected, scores.back());
  EXPECT_NEAR(model.granularities[0].threshold, expected, 1e-9);
}

TEST(Train, RefusesByName) {
  const TrainingSet set = separable_set(600);
  EXPECT_EQ(refusal(TrainingSet{}), "training windows: there are none\n");
  EXPECT_EQ(refusal(only(set, [](const WindowInfo& w) { return w.attack; })),
            "training windows of 10 s: none is benign\n"
            "training windows of 60 s: none is benign\n");
  EXPECT_EQ(
      refusal(only(set, [](const WindowInfo& w) { return w.granularity_s == 10 && !w.attack; })),
      "training windows of 10 s: none is attacked\n");
  EXPECT_EQ(refusal(set, {.window_count_min = 161}),
            "training windows of 60 s: 160 benign, 161 needed\n");
}

TEST(Train, WarnsWhenNothingTellsAttacksApart) {
  TrainingSet set;
  set.table = FeatureTable({"x"});
  for (int i = 0; i < 100; ++i) {
    WindowInfo window;
    window.begin_ns = i * kNsPerSecond;
    window.granularity_s = 1;
    window.attack = i % 10 == 0;
    set.table.append(window, std::vector{5.0});
  }
  config::Diagnostics diagnostics;
  const std::optional<Model> model = train(set, {}, diagnostics);
  ASSERT_TRUE(model);
  EXPECT_FALSE(diagnostics.has_errors());
  ASSERT_EQ(diagnostics.all().size(), 1U);
  EXPECT_EQ(diagnostics.all()[0].message,
            "training windows of 1 s: no feature tells attacked from benign ones");
  EXPECT_FALSE(score(*model, 1, {set.table.names(), std::vector{1e9}})->alert());
}

}  // namespace
}  // namespace mimir::learn
