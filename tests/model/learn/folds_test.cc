// SPDX-License-Identifier: Apache-2.0
#include "model/learn/folds.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "tests/model/learn/draw.h"

namespace mimir::learn {
namespace {

TEST(Folds, AreContiguousAndTheFirstOnesTakeTheRest) {
  EXPECT_EQ(contiguous_folds(12, 5), (Folds{0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 4}));
  EXPECT_EQ(contiguous_folds(3, 5), (Folds{0, 1, 2}));
  EXPECT_TRUE(contiguous_folds(0, 5).empty());
}

TEST(Folds, NeverSplitARunAndLeaveNoFoldEmpty) {
  Draw draw(5);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> runs;
    std::vector<std::uint8_t> attack;
    const std::size_t run_count = 1 + draw.below(9);
    for (std::size_t row = 0; row < 60; ++row) {
      runs.push_back(std::string("run").append(std::to_string(draw.below(run_count))));
      attack.push_back(draw.below(4) == 0 ? 1 : 0);
    }
    const Folds folds = group_folds(runs, attack, 5);
    ASSERT_EQ(folds.size(), runs.size());
    std::map<std::string, std::set<std::uint32_t>> folds_of_run;
    for (std::size_t row = 0; row < runs.size(); ++row) {
      folds_of_run[runs[row]].insert(folds[row]);
    }
    for (const auto& [run, used] : folds_of_run) EXPECT_EQ(used.size(), 1U) << run;
    const std::set<std::uint32_t> used(folds.begin(), folds.end());
    EXPECT_EQ(used.size(), std::min<std::size_t>(5, folds_of_run.size()));
    EXPECT_EQ(*used.rbegin() + 1, used.size());
  }
}

TEST(Folds, SpreadAttackedRowsBeforeRows) {
  // a: two attacked rows; b: one in five; c: one alone. b and c balance a, though the
  // rows alone would put c beside a.
  const std::vector<std::string> runs = {"a", "a", "b", "b", "b", "b", "b", "c"};
  const std::vector<std::uint8_t> attack = {1, 1, 1, 0, 0, 0, 0, 1};
  EXPECT_EQ(group_folds(runs, attack, 2), (Folds{0, 0, 1, 1, 1, 1, 1, 1}));
}

}  // namespace
}  // namespace mimir::learn
