// SPDX-License-Identifier: Apache-2.0
#include "config/quantity.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "tests/random.h"

namespace mimir::config {
namespace {

constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kUint64Max = std::numeric_limits<std::uint64_t>::max();

TEST(Duration, HasSevenUnits) {
  EXPECT_EQ(parse_duration_ns("7ns"), 7);
  EXPECT_EQ(parse_duration_ns("7us"), 7'000);
  EXPECT_EQ(parse_duration_ns("500ms"), 500'000'000);
  EXPECT_EQ(parse_duration_ns("10s"), 10'000'000'000);
  EXPECT_EQ(parse_duration_ns("30min"), 1'800'000'000'000);
  EXPECT_EQ(parse_duration_ns("2h"), 7'200'000'000'000);
  EXPECT_EQ(parse_duration_ns("1d"), 86'400'000'000'000);
  EXPECT_EQ(parse_duration_ns("0s"), 0);
}

TEST(Duration, IsNothingElse) {
  for (const char* text : {"", "10", "s", "-1s", "+1s", " 1s", "1 s", "1s ", "1.5s", "1e3s", "0x1s",
                           "1S", "1sec", "1m", "1h30min", "ten", "\xff", "99999999999999999999s"}) {
    EXPECT_EQ(parse_duration_ns(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_duration_ns(std::string("1s\0", 3)), std::nullopt);
}

TEST(Duration, FitsOrIsRefused) {
  EXPECT_EQ(parse_duration_ns("9223372036854775807ns"), kInt64Max);
  EXPECT_EQ(parse_duration_ns("9223372036854775808ns"), std::nullopt);
  EXPECT_EQ(parse_duration_ns("106751d"), 106751 * 86'400'000'000'000);
  EXPECT_EQ(parse_duration_ns("106752d"), std::nullopt);
}

TEST(Duration, IsToldInTheLargestExactUnit) {
  EXPECT_EQ(to_duration_text(90'000'000'000), "90s");
  EXPECT_EQ(to_duration_text(120'000'000'000), "2min");
  EXPECT_EQ(to_duration_text(172'800'000'000'000), "2d");
  EXPECT_EQ(to_duration_text(1'500'000'000), "1500ms");
  EXPECT_EQ(to_duration_text(1), "1ns");
  EXPECT_EQ(to_duration_text(0), "0s");
  EXPECT_EQ(to_duration_text(-2'000'000'000), "-2s");
}

TEST(Duration, ReadsBackWhatItTold) {
  test::Random random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t factors[] = {1, 1'000'000'000, 60'000'000'000, 86'400'000'000'000};
    const std::uint64_t factor = factors[random.below(4)];
    const auto ns = static_cast<std::int64_t>(
        random.below(static_cast<std::uint64_t>(kInt64Max) / factor) * factor);
    ASSERT_EQ(parse_duration_ns(to_duration_text(ns)), ns);
  }
  EXPECT_EQ(parse_duration_ns(to_duration_text(kInt64Max)), kInt64Max);
}

TEST(Bytes, AreBinaryAndMayLackAUnit) {
  EXPECT_EQ(parse_bytes("4096"), 4096U);
  EXPECT_EQ(parse_bytes("4096B"), 4096U);
  EXPECT_EQ(parse_bytes("1KiB"), 1024U);
  EXPECT_EQ(parse_bytes("64MiB"), 67'108'864U);
  EXPECT_EQ(parse_bytes("2GiB"), 2'147'483'648U);
  EXPECT_EQ(parse_bytes("1TiB"), 1'099'511'627'776U);
  for (const char* text : {"", "B", "MiB", "1MB", "1 MiB", "1.5GiB", "-1", "1mib", "1b", "1KiBB"}) {
    EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
  }
}

// The seconds are those of `date -u -d DATE +%s`.
TEST(Utc, DatesAndTimesAreReadAndNothingElse) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  EXPECT_EQ(parse_utc_ns("1970-01-01"), 0);
  EXPECT_EQ(parse_utc_ns("2000-02-29"), 951'782'400 * kSecond);
  EXPECT_EQ(parse_utc_ns("2026-12-31"), 1'798'675'200 * kSecond);
  EXPECT_EQ(parse_utc_ns("2100-03-01"), 4'107'542'400 * kSecond);
  EXPECT_EQ(parse_utc_ns("2026-12-31T23:59:59Z"), 1'798'761'599 * kSecond);
  EXPECT_EQ(parse_utc_ns("2261-12-31"), 9'214'560'000 * kSecond);
  for (const char* text :
       {"", "2026", "2026-12", "2026-13-01", "2026-00-01", "2026-02-29", "2100-02-29", "2026-1-01",
        "2026/12/31", "1969-12-31", "2262-01-01", "2026-12-31T24:00:00Z", "2026-12-31T12:00:00",
        "2026-12-31T12:00:00+", "2026-12-31 12:00:00Z", "2026-12-3a", "20261231T120000Z"}) {
    EXPECT_EQ(parse_utc_ns(text), std::nullopt) << text;
  }
}

TEST(Bytes, FitOrAreRefused) {
  EXPECT_EQ(parse_bytes("18446744073709551615"), kUint64Max);
  EXPECT_EQ(parse_bytes("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_bytes("16777215TiB"), kUint64Max - (std::uint64_t{1} << 40) + 1);
  EXPECT_EQ(parse_bytes("16777216TiB"), std::nullopt);
}

TEST(Bytes, ReadBackWhatWasTold) {
  EXPECT_EQ(to_bytes_text(0), "0B");
  EXPECT_EQ(to_bytes_text(1536), "1536B");
  EXPECT_EQ(to_bytes_text(67'108'864), "64MiB");
  test::Random random(2);
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t bytes = random.next() << random.below(64);
    ASSERT_EQ(parse_bytes(to_bytes_text(bytes)), bytes);
  }
}

}  // namespace
}  // namespace mimir::config
