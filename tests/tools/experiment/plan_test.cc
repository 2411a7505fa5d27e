// SPDX-License-Identifier: Apache-2.0
#include "tools/experiment/plan.h"

#include <algorithm>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace mimir::experiment {
namespace {

constexpr std::string_view kPlan = R"(
applications:
  - {app: sock-shop, sensitive: user-db, mixes: ["buy=1", "browse=1"]}
  - {topology: own.yaml, sensitive: store}
seeds: [1, 2, 3]
load_percents: [100, 40]
training_minutes: [60, 20, 120]
)";

std::vector<Settings> experiments(std::string text) {
  config::Diagnostics diagnostics;
  const auto plan = read_plan(text, "plan.yaml", diagnostics);
  EXPECT_TRUE(plan) << diagnostics.render();
  return plan ? experiments_of(*plan) : std::vector<Settings>();
}

// By hand: the base, 1 more load, 2 more amounts, and 2 mixes of the first application.
TEST(Plan, VariesOneListAtATime) {
  const auto all = experiments(std::string(kPlan));
  EXPECT_EQ(all.size(), 3U * (1 + 1 + 2 + 2) + 3U * (1 + 1 + 2));
  for (const Settings& settings : all) {
    const int varied = (settings.load_percent != 100) + (settings.training_minutes != 60) +
                       (settings.mix.empty() ? 0 : 1);
    EXPECT_LE(varied, 1);
  }
}

TEST(Plan, VariesEverythingWithEverythingWhenAskedTo) {
  const auto all = experiments(std::string(kPlan) + "full: true\n");
  EXPECT_EQ(all.size(), 3U * 2 * 3 * 3 + 3U * 2 * 3 * 1);
  std::set<std::string> texts;
  for (const Settings& settings : all) texts.insert(config::to_text(to_json(settings)));
  EXPECT_EQ(texts.size(), all.size()) << "each once";
}

TEST(Plan, KnowsEachExperimentOnce) {
  EXPECT_EQ(
      experiments("applications: [{app: a}]\nseeds: [1, 1]\nload_percents: [100, 100]\n").size(),
      1U);
}

TEST(Plan, IsReadBackFromItsResults) {
  for (const Settings& settings : experiments(std::string(kPlan) + "full: true\n")) {
    const auto again = settings_of(to_json(settings));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, settings);
  }
  EXPECT_FALSE(settings_of(config::Json()));
}

// Only what a model is made of tells it from others.
TEST(Plan, TrainsOneModelForAllLoadsAndMixes) {
  std::set<std::string> models;
  for (const Settings& settings : experiments(std::string(kPlan) + "full: true\n")) {
    models.insert(config::to_text(training_json(settings)));
  }
  EXPECT_EQ(models.size(), 2U * 3 * 3);
}

TEST(Plan, SaysWhatIsWrongAtItsPlace) {
  config::Diagnostics diagnostics;
  EXPECT_FALSE(read_plan("applications:\n  - {ap: x}\nseeds: [0]\n", "plan.yaml", diagnostics));
  ASSERT_EQ(diagnostics.all().size(), 2U) << diagnostics.render();
  EXPECT_EQ(diagnostics.all()[0].place.line, 2U);
  EXPECT_EQ(diagnostics.all()[1].place.line, 3U);
  config::Diagnostics none;
  EXPECT_FALSE(read_plan("seeds: [1]\n", "plan.yaml", none));
  EXPECT_NE(none.render().find("plan.applications names none"), std::string::npos);
}

}  // namespace
}  // namespace mimir::experiment
