// SPDX-License-Identifier: Apache-2.0
#include "model/learn/train.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

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
    EXPECT_EQ(granularity.features[3].spread, (Spread{.median = 7, .iqr = 1}));
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

// A coarse window is judged with fine windows attacked at its own rate, and those
// that the attack does not touch; the other rate's are another world.
TEST(Train, CombinesWindowsOfOneRate) {
  TrainingSet set;
  set.table = FeatureTable({"x"});
  Draw draw(41);
  const auto append = [&](std::int64_t second, std::uint32_t granularity_s, double rate) {
    WindowInfo window;
    window.begin_ns = second * kNsPerSecond;
    window.granularity_s = granularity_s;
    window.attack = rate > 0;
    window.run = "r";
    window.rate_bytes_per_minute = rate;
    set.table.append(window, std::vector{draw.symmetric() + rate});
  };
  for (std::int64_t second = 0; second < 6000; second += 10) {
    append(second, 10, 0);
    if (second % 60 != 0) continue;
    append(second, 60, 0);
    for (const double rate : {1.0, 50.0}) {
      append(second, 10, rate);
      append(second, 60, rate);
    }
  }
  const Model model = train_or_default(set);

  // The same by scoring: for each coarse window the loudest of its six fine ones.
  Confusion counts;
  const std::vector<std::string> names = {"x"};
  for (std::size_t coarse = 0; coarse < set.table.row_count(); ++coarse) {
    const WindowInfo& window = set.table.window(coarse);
    if (window.granularity_s != 60) continue;
    std::vector<Score> fine;
    for (std::size_t row = 0; row < set.table.row_count(); ++row) {
      const WindowInfo& other = set.table.window(row);
      const TimeNs offset_ns = other.begin_ns - window.begin_ns;
      const bool same_world = offset_ns == 0
                                  ? other.rate_bytes_per_minute == window.rate_bytes_per_minute
                                  : !other.attack;
      if (other.granularity_s == 10 && offset_ns >= 0 && offset_ns < 60 * kNsPerSecond &&
          same_world) {
        fine.push_back(*score(model, 10, {names, set.table.row(row)}));
      }
    }
    ASSERT_EQ(fine.size(), 6U);
    const std::vector<Score> own = {*score(model, 60, {names, set.table.row(coarse)})};
    const auto combined = combine(model, std::vector<ScoresWithin>{{10, fine}, {60, own}});
    counts.add(window.attack, combined->score.alert());
  }
  EXPECT_EQ(counts, model.combination->training);
  EXPECT_EQ(counts.true_positive + counts.false_negative, 200U);
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
