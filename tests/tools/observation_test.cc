// SPDX-License-Identifier: Apache-2.0
#include "tools/observation.h"

#include <string>

#include <gtest/gtest.h>

#include "config/diagnostic.h"

namespace mimir::tools {
namespace {

config::Json json(const std::string& text) {
  config::Diagnostics diagnostics;
  auto parsed = config::parse_json(text, "window", diagnostics);
  EXPECT_TRUE(parsed.has_value()) << diagnostics.render();
  return parsed.value_or(config::Json());
}

/// A window with `edges`, the text of a list.
config::Json window(const std::string& edges, const char* more = "") {
  return json(R"({"begin_s":1767571570,"begin":"2026-01-05T00:06:10.000000+0000",
      "granularity_s":10,"partial":false,"has_data":true,"alert":true,"score":0.98,
      "threshold":0.34,"packets":2000,"loss_ratio":0.001,"mapped_bytes_ratio":0.995)" +
              std::string(more) + R"(,"edges":)" + edges + "}");
}

constexpr const char* kTheft = R"([
    {"src":"user","dst":"outside","bytes":179000,"packets":300,"expected_bytes":0,"p99_bytes":0,
     "excess":9,"seen_in_training":false,"on_path":true},
    {"src":"user-db","dst":"user","bytes":197000,"packets":310,"expected_bytes":15700,
     "p99_bytes":38600,"excess":7,"seen_in_training":true,"on_path":true},
    {"src":"front-end","dst":"user","bytes":999,"packets":9,"expected_bytes":1000,
     "p99_bytes":2000,"excess":0,"seen_in_training":true,"on_path":false}])";

constexpr const char* kHead =
    "2026-01-05T00:06:10  10 s  2000 packets  score +0.980 of 0.340  lost 0.100 %  "
    "mapped 99.50 %  ALERT\n";
constexpr const char* kFromDb =
    "    197 kB  user-db -> user  (310 packets; expected 15.7 kB, 99 % below 38.6 kB)  "
    "ON THE PATH OF AN ALERT\n";
constexpr const char* kToOutside =
    "    179 kB  user -> outside  (300 packets; never seen in training)  ON THE PATH OF AN "
    "ALERT\n";

TEST(Observation, TheHeaviestEdgesComeFirst) {
  Observation observation({.count_max = 2});
  EXPECT_EQ(observation.add_as_text(window(kTheft)),
            std::string(kHead) + kFromDb + kToOutside + "  and 1 lighter edges\n");
  EXPECT_EQ(observation.describe(),
            "1 windows of 10 s that began from 2026-01-05T00:06:10 to 2026-01-05T00:06:10: 2000 "
            "packets, 0 without traffic of the cluster; 3 edges, 2 shown; at least 99.50 % of the "
            "bytes mapped, at most 0.100 % of the packets lost\n");
}

TEST(Observation, OnlyEdgesOfAServiceAreShownAtEitherEnd) {
  Observation observation({.services = {"user-db"}});
  EXPECT_EQ(observation.add_as_text(window(kTheft)), std::string(kHead) + kFromDb);
  Observation either({.services = {"front-end", "outside"}});
  const std::string text = either.add_as_text(window(kTheft));
  EXPECT_NE(text.find(kToOutside), std::string::npos);
  EXPECT_NE(text.find("999 B  front-end -> user"), std::string::npos);
  EXPECT_EQ(text.find("user-db"), std::string::npos);
}

TEST(Observation, SaysWhatTheHistoryHasForgotten) {
  Observation observation({});
  EXPECT_NE(observation.add_as_text(window(kTheft, R"(,"edge_count":120)"))
                .find("  of 120 edges, 3 are remembered\n"),
            std::string::npos);
  EXPECT_NE(observation.describe().find("; 120 edges, 3 shown;"), std::string::npos);
}

TEST(Observation, AnEdgeIsALineForPrograms) {
  Observation observation({.services = {"outside"}});
  EXPECT_EQ(observation.add_as_json(window(kTheft)),
            R"({"begin":"2026-01-05T00:06:10.000000+0000","begin_s":1767571570,)"
            R"("granularity_s":10,"partial":false,"alert":true,"src":"user","dst":"outside",)"
            R"("bytes":179000,"packets":300,"expected_bytes":0,"p99_bytes":0,"excess":9,)"
            R"("seen_in_training":false,"on_path":true})"
            "\n");
}

std::string said_of(const config::Json& window, const EdgeWish& wish = {}) {
  Observation observation(wish);
  EXPECT_EQ(observation.add_as_text(window), "");
  return observation.describe();
}

TEST(Observation, WhoFindsNothingIsToldWhatWasSeenAndWhatToCheck) {
  EXPECT_EQ(Observation({}).describe(), "no window was seen\n");
  const std::string unknown = said_of(window(kTheft), {.services = {"userdb"}});
  EXPECT_TRUE(unknown.starts_with("no edge was found in 1 windows of 10 s")) << unknown;
  EXPECT_NE(unknown.find("check: services seen are front-end, outside, user, user-db\n"),
            std::string::npos);
  const std::string quiet = said_of(json(R"({"packets":0,"has_data":false,"edges":[]})"));
  EXPECT_NE(quiet.find("check: does the mirror send?"), std::string::npos) << quiet;
  const std::string strange = said_of(json(R"({"packets":9,"has_data":false,"edges":[]})"));
  EXPECT_NE(strange.find("check: addresses without a name"), std::string::npos) << strange;
  EXPECT_NE(strange.find("at least 0.00 % of the bytes mapped"), std::string::npos) << strange;
  const std::string lonely = said_of(window("[]"));
  EXPECT_NE(lonely.find("check: services that talk to none but themselves"), std::string::npos);
}

}  // namespace
}  // namespace mimir::tools
