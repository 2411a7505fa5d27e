// SPDX-License-Identifier: Apache-2.0
#include "model/learn/feature_table.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace mimir::learn {
namespace {

TEST(FeatureTable, AlignsColumnsByNameAndMarksWhatEitherSideLacks) {
  FeatureTable shop({"a", "b"});
  shop.append({.begin_ns = 10, .granularity_s = 10, .run = "one"}, std::vector{1.0, 2.0});
  FeatureTable wider({"c", "b"});
  wider.append({.begin_ns = 20, .granularity_s = 10, .attack = true, .run = "two"},
               std::vector{3.0, 4.0});

  shop.append(wider);

  ASSERT_EQ(shop.row_count(), 2U);
  EXPECT_EQ(std::vector(shop.names().begin(), shop.names().end()),
            (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(shop.at(0, 0), 1);
  EXPECT_EQ(shop.at(0, 1), 2);
  EXPECT_TRUE(std::isnan(shop.at(0, 2)));
  EXPECT_TRUE(std::isnan(shop.at(1, 0)));
  EXPECT_EQ(shop.at(1, 1), 4);
  EXPECT_EQ(shop.at(1, 2), 3);
  EXPECT_EQ(shop.window(1), wider.window(0));
  EXPECT_EQ(shop.find("c"), 2U);
  EXPECT_EQ(shop.find("d"), std::nullopt);
}

TEST(FeatureTable, AppendsToAnEmptyTableAndToItself) {
  FeatureTable one({"x"});
  one.append({.begin_ns = 1}, std::vector{5.0});
  FeatureTable table;
  table.append(one);
  table.append(table);
  ASSERT_EQ(table.row_count(), 2U);
  EXPECT_EQ(table.row(0)[0], 5);
  EXPECT_EQ(table.row(1)[0], 5);
}

}  // namespace
}  // namespace mimir::learn
