// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/attack_spec.h"

#include <gtest/gtest.h>

#include "tests/tools/simulator/topologies.h"

namespace mimir::simulator {
namespace {

using Kind = AttackSpec::Kind;
using Method = AttackSpec::Method;
using Pace = AttackSpec::Pace;

/// What is said about a specification: "column: message (hint)" a line.
std::string complaints(std::string_view text) {
  config::Diagnostics diagnostics;
  const Topology shop = built_in("sock-shop");
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
      built_in("sock-shop"), diagnostics);
  ASSERT_TRUE(spec) << diagnostics.render();
  EXPECT_EQ(spec->path, (std::vector<std::string>{"user-db", "user", "outside"}));
  EXPECT_DOUBLE_EQ(spec->bytes_per_minute, 90'000);
  EXPECT_EQ(spec->start_ns, 600 * kNsPerSecond);
  EXPECT_EQ(spec->duration_ns, 120 * kNsPerSecond);
}

TEST(AttackSpec, EveryKindHasItsKeys) {
  config::Diagnostics diagnostics;
  const Topology shop = built_in("sock-shop");
  const auto drip = parse_attack(
      "exfil:path=user-db>user>outside,rate=1B/s,start=0,duration=2h,method=https,pace=drip,"
      "pods=3,packet=8-16",
      1, shop, diagnostics);
  ASSERT_TRUE(drip) << diagnostics.render();
  EXPECT_EQ(drip->method, Method::kHttps);
  EXPECT_EQ(drip->pace, Pace::kDrip);
  EXPECT_EQ(drip->pods, 3U);
  EXPECT_EQ(drip->packet_bytes_min, 8U);
  EXPECT_EQ(drip->packet_bytes_max, 16U);
  const auto scan = parse_attack("scan:from=user,to=carts,rate=2.5,port=22,start=1,duration=9", 1,
                                 shop, diagnostics);
  ASSERT_TRUE(scan) << diagnostics.render();
  EXPECT_EQ(scan->kind, Kind::kScan);
  EXPECT_EQ(scan->path, (std::vector<std::string>{"user", "carts"}));
  EXPECT_DOUBLE_EQ(scan->probes_per_s, 2.5);
  EXPECT_EQ(scan->port, 22);
  const auto lateral = parse_attack(
      "lateral:path=front-end>user>user-db,rate=2kB/min,start=1,"
      "duration=9",
      1, shop, diagnostics);
  ASSERT_TRUE(lateral) << diagnostics.render();
  EXPECT_EQ(lateral->kind, Kind::kLateral);
  EXPECT_EQ(lateral->path.size(), 3U);
}

TEST(AttackSpec, AWrongNamePointsAtItAndNamesTheNearest) {
  EXPECT_EQ(complaints("exfil:path=user-bd>user>outside,rate=1MB/min,start=1,duration=2"),
            "12: no service is called 'user-bd' (did you mean 'user-db'?)\n");
  EXPECT_EQ(complaints("exfil:path=user-db>user>outside,rat=1MB/min,start=1,duration=2"),
            "33: an attack has no key 'rat' (did you mean 'rate'?)\n"
            "1: the attack has no rate (add rate=1MB/min)\n");
}

TEST(AttackSpec, EveryFaultIsReportedAtOnce) {
  EXPECT_EQ(complaints("exfil:path=user>user-db,rate=fast,start=-1,method=smtp,pods=0"),
            "51: 'smtp' is not simulated (give tcp, http, https, udp, icmp or dns)\n"
            "17: the path ends in 'user-db', not in outside (data that stays is no exfiltration: "
            "end the path with >outside)\n"
            "30: 'fast' is no rate (write a rate like 1MB/min or 500B/s)\n"
            "41: '-1' is no time (write seconds, or a number and s, min or h)\n"
            "1: the attack has no duration (add duration=120)\n"
            "61: '0' is no number in range (give a number from 1 to 32)\n");
  EXPECT_EQ(complaints("exfil:path=user-db>user>outside,rate=1B/s,start=0,duration=1,method=dns,"
                       "packet=9-200"),
            "12: names leave through the DNS, which is not on the path (end the path with "
            ">kube-dns>outside)\n"
            "80: '9-200' is no range of sizes (write two numbers from 1 to 110, such as "
            "300-400)\n");
}

TEST(AttackSpec, OddTextsAreRefusedWithoutHarm) {
  for (const std::string_view text :
       {"", ":", "exfil", "exfil:", "exfil:,", "exfil:path", "exfil:path=", "exfil:path=outside",
        "exfil:path=>outside,rate=1B/s,start=0,duration=1", "flood:rate=1",
        "exfil:path=user>outside,rate=1MB/min,start=0,duration=0",
        "exfil:path=user>outside,rate=0B/s,start=0,duration=1",
        "exfil:path=user>outside,rate=nan,start=inf,duration=1e999",
        "exfil:path=user>user>outside,rate=1MB/min,start=0,duration=9",
        "scan:", "lateral:path=user", "scan:from=outside,rate=1,start=0,duration=1",
        "scan:path=user,rate=1,start=0,duration=1",
        "exfil:path=user>outside,rate=1MB/min,start=0,start=0,duration=9"}) {
    EXPECT_FALSE(complaints(text).empty()) << text;
  }
}

}  // namespace
}  // namespace mimir::simulator
