// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/cursor.h"

#include <array>

#include <gtest/gtest.h>

namespace mimir::wire {
namespace {

constexpr std::array<std::byte, 8> kBytes{std::byte{0x01}, std::byte{0x23}, std::byte{0x45},
                                          std::byte{0x67}, std::byte{0x89}, std::byte{0xab},
                                          std::byte{0xcd}, std::byte{0xef}};

TEST(Cursor, ReadsEveryWidthMostSignificantByteFirst) {
  Cursor in(kBytes);
  EXPECT_EQ(in.big_endian<std::uint8_t>(), 0x01);
  EXPECT_EQ(in.big_endian<std::uint16_t>(), 0x2345);
  EXPECT_EQ(in.big_endian<std::uint32_t>(), 0x6789abcdu);
  EXPECT_EQ(in.left(), 1u);
  Cursor whole(kBytes);
  EXPECT_EQ(whole.big_endian<std::uint64_t>(), 0x0123456789abcdefu);
  EXPECT_EQ(whole.left(), 0u);
  EXPECT_FALSE(whole.failed()) << "reading up to the end is no failure";
}

TEST(Cursor, FailsForGoodOnceItRanShort) {
  Cursor in{std::span(kBytes).first(3)};
  EXPECT_EQ(in.big_endian<std::uint32_t>(), 0u);
  EXPECT_TRUE(in.failed());
  EXPECT_EQ(in.left(), 0u);
  EXPECT_EQ(in.big_endian<std::uint8_t>(), 0) << "a byte is there, but the header was cut";
  EXPECT_TRUE(in.take(0).empty());
  EXPECT_TRUE(in.failed());
}

TEST(Cursor, TakesAllOrNothing) {
  Cursor in(kBytes);
  in.skip(2);
  const std::span<const std::byte> taken = in.take(6);
  EXPECT_EQ(taken.data(), kBytes.data() + 2);
  EXPECT_EQ(taken.size(), 6u);
  EXPECT_FALSE(in.failed());
  EXPECT_TRUE(in.take(1).empty());
  EXPECT_TRUE(in.failed());
}

TEST(Cursor, ForgetsWhatLiesBehindItsLimit) {
  Cursor in(kBytes);
  in.limit(9);
  EXPECT_EQ(in.left(), 8u) << "a limit adds no bytes";
  in.limit(2);
  EXPECT_EQ(in.rest().size(), 2u);
  EXPECT_EQ(in.rest().data(), kBytes.data());
  EXPECT_EQ(in.big_endian<std::uint16_t>(), 0x0123);
  EXPECT_EQ(in.big_endian<std::uint8_t>(), 0);
  EXPECT_TRUE(in.failed());
}

TEST(Cursor, AHeaderIsReadByOffsetAndCheckedOnce) {
  Cursor in(kBytes);
  in.skip(1);
  const auto header = in.header<7>();
  EXPECT_EQ((header.big_endian<std::uint8_t, 0>()), 0x23);
  EXPECT_EQ((header.big_endian<std::uint16_t, 5>()), 0xcdef);
  EXPECT_EQ((header.big_endian<std::uint32_t, 1>()), 0x456789abu);
  EXPECT_EQ((header.bytes<2, 3>().data()), kBytes.data() + 3);
  EXPECT_EQ(in.left(), 0u);
  EXPECT_FALSE(in.failed());
  const auto missing = in.header<4>();
  EXPECT_TRUE(in.failed());
  EXPECT_EQ((missing.big_endian<std::uint32_t, 0>()), 0u);
}

TEST(Cursor, OfNothingIsEmptyAndNotFailed) {
  Cursor in({});
  EXPECT_EQ(in.left(), 0u);
  EXPECT_FALSE(in.failed());
  in.skip(0);
  EXPECT_FALSE(in.failed());
  in.skip(1);
  EXPECT_TRUE(in.failed());
}

}  // namespace
}  // namespace mimir::wire
