// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flow/tag_group.h"

#include <array>

#include <gtest/gtest.h>

#include "tests/random.h"

namespace mimir::flow {
namespace {

TEST(TagGroup, TellsEqualTagsAsALoopDoes) {
  test::Random random(7);
  for (int round = 0; round < 2000; ++round) {
    std::array<std::uint8_t, 2 * TagGroup::kTagCount> tags{};
    for (std::uint8_t& tag : tags) tag = static_cast<std::uint8_t>(random.next() % 4 * 0x55);
    const std::size_t at = random.next() % TagGroup::kTagCount;  // aligned to nothing
    const auto wanted = static_cast<std::uint8_t>(random.next() % 4 * 0x55);
    std::uint32_t expected = 0;
    for (std::size_t i = 0; i < TagGroup::kTagCount; ++i) {
      expected |= std::uint32_t{tags[at + i] == wanted} << i;
    }
    EXPECT_EQ(TagGroup(tags.data() + at).equal_to(wanted), expected);
  }
}

TEST(TagGroup, KnowsWhatLiesBeforeTheFirstBit) {
  EXPECT_EQ(before_first(0), ~std::uint32_t{0});
  EXPECT_EQ(before_first(1), 0u);
  EXPECT_EQ(before_first(0b101000), 0b111u);
  EXPECT_EQ(first_bit(0b101000), 3u);
}

}  // namespace
}  // namespace mimir::flow
