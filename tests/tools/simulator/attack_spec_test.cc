// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/attack_spec.h"

#include <gtest/gtest.h>

namespace mimir::simulator {
namespace {

/// What is said about a specification: "column: message (hint)" a line.
std::string complaints(std::string_view text) {
  config::Diagnostics diagnostics;
  const Topology shop = sock_shop();
  EXPECT_FALSE(parse_attack(text, 3, shop, diagnostics)) << text;
  std::string said;
  for (const config::Diagnostic& each : diagnostics.all()) {
    EXPECT_EQ(each.place.file, "--attack");
    EXPECT_EQ(each.place.line, 3U);
    EXPECT_EQ(each.source_line, text);
    said += std::to_string(each.place.column) + ": " + each.message + " (" + each.hint + ")\n";
  }
  return said;
}

TEST(AttackSpec, IsReadWithItsUnits) {
  config::Diagnostics diagnostics;
  const auto spec = parse_attack(
      "exfil:path=user-db>user>outside,rate=1.5kB/s,start=10min,duration=120,method=tcp", 1,
      sock_shop(), diagnostics);
  ASSERT_TRUE(spec) << diagnostics.render();
  EXPECT_EQ(spec->path, (std::vector<std::string>{"user-db", "user", "outside"}));
  EXPECT_DOUBLE_EQ(spec->bytes_per_minute, 90'000);
  EXPECT_EQ(spec->start_ns, 600 * kNsPerSecond);
  EXPECT_EQ(spec->duration_ns, 120 * kNsPerSecond);
}

TEST(AttackSpec, AWrongNamePointsAtItAndNamesTheNearest) {
  EXPECT_EQ(complaints("exfil:path=user-bd>user>outside,rate=1MB/min,start=1,duration=2"),
            "12: no service is called 'user-bd' (did you mean 'user-db'?)\n");
  EXPECT_EQ(complaints("exfil:path=user-db>user>outside,rat=1MB/min,start=1,duration=2"),
            "33: an attack has no key 'rat' (did you mean 'rate'?)\n"
            "1: the attack has no rate (add rate=1MB/min)\n");
}

TEST(AttackSpec, EveryFaultIsReportedAtOnce) {
  EXPECT_EQ(complaints("exfil:path=user>user-db,rate=fast,start=-1,method=dns"),
            "17: the path ends in 'user-db', not in outside (data that stays is no exfiltration: "
            "end the path with >outside)\n"
            "30: 'fast' is no rate (write a rate like 1MB/min or 500B/s)\n"
            "41: '-1' is no time (write seconds, or a number and s, min or h)\n"
            "51: method 'dns' is not simulated (give tcp)\n"
            "1: the attack has no duration (add duration=120)\n");
}

TEST(AttackSpec, OddTextsAreRefusedWithoutHarm) {
  for (const std::string_view text :
       {"", ":", "exfil", "exfil:", "exfil:,", "exfil:path", "exfil:path=", "exfil:path=outside",
        "exfil:path=>outside,rate=1B/s,start=0,duration=1", "flood:rate=1",
        "exfil:path=user>outside,rate=1MB/min,start=0,duration=0",
        "exfil:path=user>outside,rate=0B/s,start=0,duration=1",
        "exfil:path=user>outside,rate=nan,start=inf,duration=1e999",
        "exfil:path=user>user>outside,rate=1MB/min,start=0,duration=9",
        "exfil:path=user>outside,rate=1MB/min,start=0,start=0,duration=9"}) {
    EXPECT_FALSE(complaints(text).empty()) << text;
  }
}

}  // namespace
}  // namespace mimir::simulator
