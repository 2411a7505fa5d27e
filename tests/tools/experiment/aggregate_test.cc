// SPDX-License-Identifier: Apache-2.0
#include "tools/experiment/aggregate.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tools/report/experiment_report.h"

namespace mimir::experiment {
namespace {

constexpr std::string_view kEvaluation = R"({"results": [
  {"learner": "model", "granularity": "10", "rule": "own", "false_alerts": 2, "benign_days": 0.5,
   "rates": [{"rate_bytes_per_minute": 1e6, "windows": {"true_negative": 90, "false_positive": 2,
              "false_negative": 3, "true_positive": 15, "unjudged_attack": 1,
              "unjudged_benign": 7}}]},
  {"learner": "model", "granularity": "10", "rule": "f1", "rates": [{"windows": {}}]},
  {"learner": "other", "granularity": "10", "rule": "own", "rates": [{"windows": {}}]}]})";

Outcome outcome() {
  config::Diagnostics diagnostics;
  Outcome outcome;
  outcome.settings.app = "shop, \"the\"";
  outcome.settings.seed = 4;
  outcome.evaluation = *config::parse_json(kEvaluation, "e", diagnostics);
  return outcome;
}

// 2 x 15 / (2 x 15 + 2 + 3 + 1): the attack window without a score is missed.
TEST(Rows, AreTheModelsAtItsOwnThresholds) {
  const std::vector<Row> rows = rows_of(outcome(), 30);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].missed, 4U);
  EXPECT_EQ(rows[0].false_alerts, 2U);
  EXPECT_EQ(rows[0].granularity, "10");
  EXPECT_NEAR(f1_of(rows[0]), 30.0 / 36, 1e-12);
}

TEST(Rows, AreQuotedWhereTheyMustBe) {
  const std::string csv = to_csv(rows_of(outcome(), 30));
  EXPECT_NE(csv.find("\n\"shop, \"\"the\"\"\","), std::string::npos) << csv;
}

// Seed 1: 10 hits, 0 wrong. Seed 2: 10 hits, 20 wrong. Together 40 / (40 + 20).
TEST(Pooled, AddsCountsAndKeepsTheWorstAndTheBestSeed) {
  std::vector<Row> rows(3);
  rows[0].settings.seed = 1;
  rows[0].true_positive = 10;
  rows[1].settings.seed = 2;
  rows[1].true_positive = 4;
  rows[1].false_positive = 15;
  rows[2].settings.seed = 2;
  rows[2].true_positive = 6;
  rows[2].missed = 5;
  const Pooled sum = pooled(rows);
  EXPECT_NEAR(sum.f1, 40.0 / 60, 1e-12);
  EXPECT_NEAR(sum.worst, 20.0 / 40, 1e-12);
  EXPECT_EQ(sum.best, 1);
  EXPECT_EQ(sum.seed_count, 2U);
}

TEST(Degrees, AreTheAngleBetweenMixes) {
  const auto degrees = [](std::vector<double> a, std::vector<double> b) {
    return degrees_between(a, b);
  };
  EXPECT_NEAR(degrees({1, 2, 3}, {2, 4, 6}), 0, 1e-5);
  EXPECT_NEAR(degrees({1, 0}, {0, 5}), 90, 1e-9);
  EXPECT_NEAR(degrees({1, 1, 0}, {1, 0, 0}), 45, 1e-9);
}

std::vector<Row> rows_of_two_loads() {
  std::vector<Row> rows;
  for (const std::uint64_t percent : {100U, 160U}) {
    for (const std::uint64_t seed : {1U, 2U}) {
      for (const char* granularity : {"10", "60", "combined"}) {
        for (const double rate : {1e6, 1e5}) {
          Row row;
          row.settings.app = "<shop>";
          row.settings.load_percent = percent;
          row.settings.seed = seed;
          row.granularity = granularity;
          row.rate_bytes_per_minute = rate;
          row.true_positive = 10;
          rows.push_back(row);
        }
      }
    }
  }
  return rows;
}

TEST(Page, DrawsWhatWasVariedAndNothingElse) {
  const std::string page = report::to_html(rows_of_two_loads(), 4, 6);
  EXPECT_NE(page.find("4 of 6 experiments."), std::string::npos);
  EXPECT_NE(page.find("F1 by rate"), std::string::npos);
  EXPECT_NE(page.find("F1 by granularity"), std::string::npos);
  EXPECT_NE(page.find("F1 by load, combined"), std::string::npos);
  EXPECT_EQ(page.find("F1 by distance"), std::string::npos) << "one mix makes no curve";
  EXPECT_EQ(page.find("F1 by amount"), std::string::npos);
  EXPECT_NE(page.find("where one thing differs"), std::string::npos);
  std::vector<Row> alone = rows_of_two_loads();
  alone.resize(6);
  EXPECT_EQ(report::to_html(alone, 1, 1).find("where one thing differs"), std::string::npos);
  EXPECT_EQ(page.find("<shop>"), std::string::npos);
  EXPECT_NE(page.find("&lt;shop&gt;"), std::string::npos);
  EXPECT_EQ(page.find("http"), std::string::npos) << "it needs no network";
}

// The text of the page's figure of that title.
std::string figure(const std::string& page, const std::string& title) {
  const std::size_t at = page.find(title);
  EXPECT_NE(at, std::string::npos) << title;
  const std::size_t begin = page.rfind("<figure>", at);
  return page.substr(begin, page.find("</figure>", at) - begin);
}

// F1 is 20 / 30 at one load, granularity and rate, and 1 everywhere else.
TEST(Page, ShowsWhichGranularityAndWhichDifferenceCostsWhat) {
  std::vector<Row> rows = rows_of_two_loads();
  for (Row& row : rows) {
    const bool is_load = row.settings.load_percent == 160 && row.rate_bytes_per_minute == 1e5;
    if (is_load && row.granularity == "10") row.missed = 10;
    if (is_load && row.granularity == "combined") row.missed = 20;
  }
  rows.push_back(rows.back());
  rows.back().settings.training_minutes = 20;  // differs in two things
  rows.push_back(rows.front());
  rows.back().settings.training_minutes = 20;
  rows.back().granularity = "combined";
  const std::string page = report::to_html(rows, 4, 6);
  const std::string lengths = figure(page, "F1 by load at 0.1 MB/min, by granularity");
  EXPECT_NE(lengths.find("10 s: 0.6667 at 160"), std::string::npos);
  EXPECT_NE(lengths.find("10 s: 1 at 100"), std::string::npos);
  EXPECT_NE(lengths.find("60 s: 1 at 160"), std::string::npos);
  const std::string differences = figure(page, "F1 by rate, where one thing differs");
  EXPECT_NE(differences.find("load 160 %: 0.5 at"), std::string::npos);
  EXPECT_NE(differences.find("base: 1 at"), std::string::npos);
  EXPECT_NE(differences.find("20 min: 1 at"), std::string::npos);
  EXPECT_EQ(figure(page, "F1 by amount of training data").find("160"), std::string::npos);
}

TEST(Page, StandsWithoutARow) {
  EXPECT_NE(report::to_html({}, 0, 3).find("0 of 3 experiments."), std::string::npos);
}

}  // namespace
}  // namespace mimir::experiment
