// SPDX-License-Identifier: Apache-2.0
#include "model/learn/feature.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/learn/model.h"

namespace mimir::learn {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

const std::vector<std::string> kColumns = {"share(a)", "bytes(a>b)", "bytes(b>a)",
                                           "bytes(a>outside)", "bytes(outside>a)"};

// 40 benign windows in which a answers b with 5 bytes for each of its own, and then one in
// which a speaks with outside, which is not benign.
FeatureTable table_of_calls() {
  FeatureTable table(kColumns);
  for (int i = 0; i < 40; ++i) {
    const double asked = 1000 + 10.0 * i;
    table.append({.begin_ns = i, .granularity_s = 10},
                 std::vector<double>{0.5, 5 * asked, asked, kNaN, kNaN});
  }
  table.append({.begin_ns = 40, .granularity_s = 10, .attack = true},
               std::vector<double>{0.5, 5000, 1000, 1500, 120});
  return table;
}

std::vector<std::size_t> benign_rows() {
  std::vector<std::size_t> rows(40);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i;
  return rows;
}

std::vector<std::string> names_of(const std::vector<Feature>& features) {
  std::vector<std::string> names;
  for (const Feature& feature : features) names.push_back(feature.name);
  return names;
}

double z_of(const std::vector<Feature>& features, const std::string& name,
            const std::vector<std::string>& columns, const std::vector<double>& values) {
  RowReader reader(features, columns);
  reader.read(values);
  for (std::size_t i = 0; i < features.size(); ++i) {
    if (features[i].name == name) return reader.z(i);
  }
  return kNaN;
}

TEST(Features, AreWhatBenignWindowsKnowAndFirstContacts) {
  const auto features = fit_features(table_of_calls(), benign_rows(), 1e-3);
  EXPECT_EQ(names_of(features), (std::vector<std::string>{"bytes(a>b)", "bytes(b>a)",
                                                          "first_contact(outside)", "share(a)"}));
  ASSERT_TRUE(features[0].law);
  EXPECT_EQ(features[0].law->given, "bytes(b>a)");
  EXPECT_NEAR(features[0].law->slope, 5, 1e-6);
  EXPECT_FALSE(features[3].law);
  EXPECT_TRUE(fit_features(table_of_calls(), benign_rows(), 1e-3,
                           std::vector<std::string>{"bytes", "first_contact", "share"})
                  .empty());
  EXPECT_TRUE(fit_features(FeatureTable({"share(a)"}), {}, 1e-3).empty());
}

TEST(Features, ASizeIsJudgedByTheOtherDirection) {
  const auto features = fit_features(table_of_calls(), benign_rows(), 1e-3);
  // Ten times the load, and all is as it should be.
  EXPECT_NEAR(z_of(features, "bytes(a>b)", kColumns, {0.5, 1e6, 2e5, kNaN, kNaN}), 0, 1e-3);
  EXPECT_GT(z_of(features, "bytes(a>b)", kColumns, {0.5, 2e6, 2e5, kNaN, kNaN}), 5);
  EXPECT_LT(z_of(features, "bytes(a>b)", kColumns, {0.5, 0, 2e5, kNaN, kNaN}), -5);
  EXPECT_EQ(z_of(features, "bytes(a>b)", kColumns, {0.5, kNaN, kNaN, kNaN, kNaN}), 0);
}

TEST(Features, WhatLeavesOverNewPairsAddsUpInTheFirstContact) {
  const auto features = fit_features(table_of_calls(), benign_rows(), 1e-3);
  std::vector<std::string> columns = kColumns;
  columns.insert(columns.end(), {"bytes(c>outside)", "bytes(c>a)"});
  const std::vector<double> values = {0.5, 5000, 1000, 1500, 120, 500, 30};
  // 1500 and 500 leave the cluster; what comes in or stays is none.
  EXPECT_DOUBLE_EQ(z_of(features, "first_contact(outside)", columns, values), 10 * 2000 / 2500.0);
  EXPECT_EQ(z_of(features, "first_contact(outside)", kColumns, {0.5, 5000, 1000, kNaN, kNaN}), 0);
}

TEST(Features, ANewDestinationIsAFirstContactOfAKnownService) {
  const auto features = fit_features(table_of_calls(), benign_rows(), 1e-3);
  std::vector<std::string> columns = kColumns;
  columns.emplace_back("bytes(a>elsewhere)");
  EXPECT_DOUBLE_EQ(
      z_of(features, "first_contact(outside)", columns, {0.5, 5000, 1000, kNaN, kNaN, 4500}), 9);
}

TEST(Features, AScoreSaysWhatWasExpectedOfThatWindow) {
  Model model;
  GranularityModel fine;
  fine.granularity_s = 10;
  fine.features = fit_features(table_of_calls(), benign_rows(), 1e-3);
  for (Feature& feature : fine.features) feature.weight = feature.law ? 0.5 : 0;
  fine.threshold = 1;
  model.granularities = {fine};
  const auto result = score(model, 10, {kColumns, std::vector<double>{0.5, 2e4, 2000, 9, kNaN}});
  ASSERT_TRUE(result);
  const Contribution& first = result->contributions.front();
  EXPECT_EQ(first.feature, "bytes(a>b)");
  EXPECT_EQ(first.observed, 2e4);
  EXPECT_NEAR(first.expected, 1e4, 1);
  EXPECT_NEAR(first.spread, fine.features[0].law->unit(2000), 1e-9);
  EXPECT_NEAR(first.contribution, 0.5 * first.z, 1e-12);
  EXPECT_EQ(result->unseen, (std::vector<std::string>{"bytes(a>outside)"}));
}

}  // namespace
}  // namespace mimir::learn
