// SPDX-License-Identifier: Apache-2.0
#include "model/detector/bounded_table.h"

#include <map>

#include <gtest/gtest.h>

#include "tests/random.h"

namespace mimir::detector {
namespace {

struct Weight {
  double weight = 0;
  [[nodiscard]] double rank() const { return weight; }
};

TEST(BoundedTable, IsAMapWhileThereIsRoom) {
  BoundedTable<Weight> table(1024);
  std::map<Key, double> oracle;
  test::Random random(3);
  for (int i = 0; i < 200; ++i) {
    const Key key = mix(random.below(100));
    const double weight = static_cast<double>(random.below(1000));
    table.claim(key).weight = weight;
    oracle[key] = weight;
    if (i % 7 == 0) {
      table.erase(key);
      oracle.erase(key);
    }
  }
  for (Key i = 0; i < 200; ++i) {
    const auto known = oracle.find(mix(i));
    const Weight* const found = table.find(mix(i));
    ASSERT_EQ(found != nullptr, known != oracle.end()) << i;
    if (found != nullptr) {
      EXPECT_EQ(found->weight, known->second);
    }
  }
  EXPECT_EQ(table.forgotten_count(), 0U);
}

TEST(BoundedTable, ForgetsWhatTellsLeastAndCountsIt) {
  BoundedTable<Weight> table(64);
  for (Key heavy = 0; heavy < 16; ++heavy) table.claim(mix(heavy)).weight = 2;
  for (Key light = 100; light < 100'000; ++light) table.claim(mix(light)).weight = 1;
  for (Key heavy = 0; heavy < 16; ++heavy) {
    ASSERT_NE(table.find(mix(heavy)), nullptr) << "sixteen over eight buckets of eight fit";
    EXPECT_EQ(table.find(mix(heavy))->weight, 2);
  }
  EXPECT_EQ(table.forgotten_count(), 16 + 99'900 - table.capacity());
}

// Of eight equals a newcomer replaces one that its own bits choose: an entry outlives n of
// them with the probability (7/8)^n, half of them about five.
TEST(BoundedTable, OfEqualsNoneIsAlwaysTheOneToGo) {
  int survived = 0;
  for (Key trial = 0; trial < 1000; ++trial) {
    BoundedTable<Weight> table(8);
    for (Key i = 0; i < 8; ++i) (void)table.claim(mix(trial * 100 + i));
    for (Key i = 8; i < 13; ++i) (void)table.claim(mix(trial * 100 + i));
    if (table.find(mix(trial * 100 + trial % 8)) != nullptr) ++survived;
  }
  EXPECT_NEAR(survived, 1000 * 0.5129, 60);
}

}  // namespace
}  // namespace mimir::detector
