// SPDX-License-Identifier: Apache-2.0
#include "tools/top_text.h"

#include <string>

#include <gtest/gtest.h>

#include "config/diagnostic.h"
#include "config/json_member.h"

namespace mimir::tools {
namespace {

config::Json json(const std::string& text) {
  config::Diagnostics diagnostics;
  auto parsed = config::parse_json(text, "status", diagnostics);
  EXPECT_TRUE(parsed.has_value()) << diagnostics.render();
  return parsed.value_or(config::Json());
}

/// 2 s apart: 5 million packets, 40 of them missed; core 0 a quarter busy, core 1 not at all.
config::Json earlier() {
  return json(R"({"published_ns":1000000000000,
      "ports":[{"device":"p0","link_up":true,"received":1000,"missed":10,"errors":1}],
      "workers":[{"busy_cycles":500,"idle_cycles":500,"polls":7},
                 {"busy_cycles":70,"idle_cycles":10,"polls":3}]})");
}

config::Json later(const char* more = "") {
  return json(R"({"version":"1.2.3","published":"2026-01-05T00:06:10.000000+0000",
      "published_ns":1002000000000,"listening":true,"model":{"name":"shop"},
      "ports":[{"device":"p0","link_up":true,"received":5001000,"missed":50,"errors":1,
                "no_buffer":2}],
      "workers":[{"busy_cycles":750,"idle_cycles":1250,"polls":9,"ring_records":16,
                  "ring_records_max":48,"ring_capacity":64},
                 {"busy_cycles":70,"idle_cycles":90,"polls":4,"ring_capacity":64}],
      "windows":[{"granularity_s":10,"complete":7,"partial":1,"without_data":2,"alerts":1,
                  "last_end_s":990},
                 {"granularity_s":60,"last_end_s":0}],
      "packets":{"received":400,"counted":390,"dropped":{"not_ip":9,"too_late":1},
                 "balances":true},
      "records":{"written":5,"delivered":5,"lost_ring_full":0,"balances":true},
      "incidents":{"open":1,"opened":3},
      "outputs":[{"name":"file","up":true,"waiting":0},{"name":"siem","up":false,"waiting":4}])" +
              std::string(more) + "}");
}

TEST(Top, RatesAreWhatGrewBetweenTwoLooks) {
  const config::Json activity = activity_of(earlier(), later());
  EXPECT_EQ(number_of(activity, "seconds"), 2);
  const config::Json& port = list_of(activity, "ports").at(0);
  EXPECT_DOUBLE_EQ(number_of(port, "mpps"), 2.5);
  EXPECT_EQ(number_of(port, "lost_pps"), 20);
  const config::Json::Array& workers = list_of(activity, "workers");
  EXPECT_EQ(number_of(workers.at(0), "busy_ratio"), 0.25);
  EXPECT_EQ(number_of(workers.at(0), "ring_ratio"), 0.25);
  EXPECT_EQ(number_of(workers.at(0), "ring_most_ratio"), 0.75);
  EXPECT_EQ(number_of(workers.at(1), "busy_ratio"), 0);
  EXPECT_EQ(number_of(list_of(activity, "windows").at(0), "lag_s"), 12);
  EXPECT_TRUE(member(list_of(activity, "windows").at(1), "lag_s").is_null()) << "there was none";
}

TEST(Top, AReplayHasNoLagAndNoTimeNoRate) {
  const config::Json replay = activity_of(earlier(), later(R"(,"replay":true)"));
  EXPECT_TRUE(member(list_of(replay, "windows").at(0), "lag_s").is_null());
  const config::Json still = activity_of(later(), later());
  EXPECT_EQ(number_of(list_of(still, "ports").at(0), "mpps"), 0);
  EXPECT_TRUE(member(list_of(still, "workers").at(0), "busy_ratio").is_null());
}

TEST(Top, IsAPageForPeople) {
  EXPECT_EQ(top_text(activity_of(earlier(), later())),
            "mimir 1.2.3  shop  2026-01-05T00:06:10  over 2.0 s\n"
            "port         2.5000 Mpps  up  p0  50 missed, 1 errors, 2 no buffer  LOSING\n"
            "core 0  busy  25.0 % [########......................]  ring  25.0 %, at most  75.0 %\n"
            "core 1  busy   0.0 % [..............................]  ring   0.0 %, at most   0.0 %\n"
            "windows    10 s  12 s ago  8 judged, 2 without traffic, 1 alarming\n"
            "windows    60 s  - ago  0 judged, 0 without traffic, 0 alarming\n"
            "packets              400 received = 390 counted + 10 dropped\n"
            "                       9    2.2500 %  not_ip\n"
            "                       1    0.2500 %  too_late\n"
            "records                5 written = 5 delivered + 0 lost, ring full\n"
            "incidents              1 open, 3 opened\n"
            "output  siem  DOWN  4 waiting\n");
}

}  // namespace
}  // namespace mimir::tools
