// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/core_placement.h"

#include <vector>

#include <gtest/gtest.h>

namespace mimir::source {
namespace {

using Ids = std::vector<int>;

// Two sockets of three, as Linux often numbers them: even ones here, odd ones there.
const std::vector<Cpu> kTwoNodes{{4, 0}, {5, 1}, {6, 0}, {7, 1}, {8, 0}, {9, 1}};

TEST(CorePlacement, GoesRoundAndRoundWhereNothingIsKnown) {
  const std::vector<Cpu> two{{2, -1}, {3, -1}};
  EXPECT_EQ(place_cores(two, std::vector<int>(5, -1)), (Ids{2, 3, 2, 3, 2, 3}));
  const std::vector<Cpu> one{{7, 0}};
  EXPECT_EQ(place_cores(one, std::vector<int>{0, 1, -1}), (Ids{7, 7, 7, 7}));
}

TEST(CorePlacement, GivesAWorkerACoreOnTheNodeOfItsPort) {
  EXPECT_EQ(place_cores(kTwoNodes, std::vector<int>{1, 1, 0, 0, 1}), (Ids{4, 5, 7, 6, 8, 9}));
  EXPECT_EQ(place_cores(kTwoNodes, std::vector<int>{0, 0}), (Ids{4, 6, 8}));
}

TEST(CorePlacement, PrefersAFarCoreOfItsOwnToANearSharedOne) {
  EXPECT_EQ(place_cores(kTwoNodes, std::vector<int>{0, 0, 0}), (Ids{4, 6, 8, 5}));
  // When all are taken, near ones are shared first.
  EXPECT_EQ(place_cores(kTwoNodes, std::vector<int>{0, 0, 0, 0, 0, 1, 0}),
            (Ids{4, 6, 8, 5, 7, 9, 5, 4}));
}

TEST(CorePlacement, ANodeWithoutACoreOfOursIsLikeAnyOther) {
  EXPECT_EQ(place_cores(kTwoNodes, std::vector<int>{3, 3}), (Ids{4, 5, 6}));
}

}  // namespace
}  // namespace mimir::source
