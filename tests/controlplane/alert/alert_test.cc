// SPDX-License-Identifier: Apache-2.0
#include "controlplane/alert/alert.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mimir::controlplane {
namespace {

using config::Json;

detector::EdgeEvidence edge(std::string source, std::string destination, std::uint64_t bytes,
                            double expected = 0, double p99 = 0, bool is_known = false) {
  detector::EdgeEvidence evidence;
  evidence.source = std::move(source);
  evidence.destination = std::move(destination);
  evidence.packets = 7;
  evidence.bytes = bytes;
  evidence.expected_bytes = expected;
  evidence.p99_bytes = p99;
  evidence.is_known = is_known;
  return evidence;
}

// Twelve contributions, of which eight are listed.
Alert theft() {
  Alert alert;
  alert.begin_ns = 1'795'556'890 * kNsPerSecond;
  alert.end_ns = 1'795'556'900 * kNsPerSecond + 4'512'345;
  alert.granularity_s = 10;
  alert.score.intercept = -0.3;
  alert.score.threshold = 0.62;
  alert.score.value = alert.score.intercept;
  for (int i = 0; i < 12; ++i) {
    learn::Contribution part;
    part.feature = std::string(1, static_cast<char>('a' + i));
    part.granularity_s = 10;
    part.observed = i == 3 ? std::nan("") : 0.1 * i;
    part.expected = 0.5;
    part.spread = 0.25;
    part.z = 1.5 - i;
    part.weight = 0.7;
    part.contribution = part.weight * part.z;
    alert.score.value += part.contribution;
    alert.score.contributions.push_back(part);
  }
  alert.score.missing_count = 1;
  alert.score.unseen = {"new(a)"};
  alert.path = {"user-db", "user", "outside"};
  alert.hops = {{"user-db-0", "user-0", 30, 41'000'000}, {"user-0", "outside", 28, 38'000'000}};
  alert.edges = {edge("user", "outside", 38'900'000),
                 edge("user-db", "user", 41'200'000, 3'100'000, 5'000'000, true),
                 edge("front-end", "user", 999)};
  alert.loss.packets.received = 1000;
  alert.loss.packets.counted = 880;
  alert.loss.packets.dropped[static_cast<std::size_t>(Drop::kNotIp)] = 100;
  alert.loss.packets.dropped[static_cast<std::size_t>(Drop::kTooLate)] = 20;
  alert.loss.records_lost = 2;
  alert.loss.packets_lost = 5;
  alert.loss.lost_at_ports = 250;
  alert.loss.shed_level = 3;
  alert.loss.mapped_bytes_ratio = 0.998;
  alert.model_name = "shop";
  alert.model_digest = "9f2c";
  return alert;
}

std::vector<std::string> keys_of(const Json& value) {
  std::vector<std::string> keys;
  for (const auto& member : *value.members()) keys.push_back(member.first);
  return keys;
}

const Json& at(const Json& value, std::string_view key) {
  static const Json kNone;
  const Json* const found = value.find(key);
  EXPECT_NE(found, nullptr) << key;
  return found == nullptr ? kNone : *found;
}

TEST(Alert, HasTheEnvelopeOfAnEveAlert) {
  const Json json = to_json(theft());
  EXPECT_EQ(keys_of(json), (std::vector<std::string>{"timestamp", "event_type", "alert", "mimir"}));
  EXPECT_EQ(*at(json, "timestamp").string(), "2026-11-24T21:48:20.004512+0000");
  EXPECT_EQ(*at(json, "event_type").string(), "alert");
  EXPECT_EQ(config::to_text(at(json, "alert")),
            R"({"action":"allowed","gid":7700,"signature_id":7700101,"rev":1,)"
            R"("signature":"MIMIR exfiltration path user-db -> user -> outside",)"
            R"("category":"Data Exfiltration","severity":1,)"
            R"("metadata":{"mitre_tactic_id":["TA0010"],"mitre_technique_id":["T1041"],)"
            R"("detector":["exfiltration"],"severity_label":["high"]}})");
}

TEST(Alert, SaysEverythingOfOursUnderMimir) {
  const Json json = to_json(theft());
  const Json& ours = at(json, "mimir");
  EXPECT_EQ(keys_of(ours),
            (std::vector<std::string>{"schema", "kind", "window", "score", "path", "hops",
                                      "explanation", "edges", "related", "capture", "model"}));
  EXPECT_EQ(*at(ours, "schema").string(), "mimir-eve/1.3");
  EXPECT_EQ(config::to_text(at(ours, "window")),
            R"({"granularity_s":10,"start":"2026-11-24T21:48:10.000000+0000",)"
            R"("end":"2026-11-24T21:48:20.004512+0000","state":"complete"})");
  EXPECT_EQ(
      keys_of(at(ours, "score")),
      (std::vector<std::string>{"value", "threshold", "missing_features", "unseen_features"}));
  EXPECT_EQ(config::to_text(at(ours, "path")), R"(["user-db","user","outside"])");
  EXPECT_EQ(config::to_text((*at(ours, "hops").elements())[1]),
            R"({"src_pod":"user-0","dst_pod":"outside","bytes":38000000,"packets":28})");
  // (41.2 - 3.1) / (5.0 - 3.1) = 20.05..
  const Json& row = (*at(ours, "edges").elements())[1];
  EXPECT_EQ(keys_of(row),
            (std::vector<std::string>{"src", "dst", "bytes", "packets", "expected_bytes",
                                      "p99_bytes", "excess", "seen_in_training"}));
  EXPECT_NEAR(*at(row, "excess").number(), 38.1 / 1.9, 1e-9);
  EXPECT_TRUE(*at(row, "seen_in_training").boolean());
  EXPECT_EQ(config::to_text(at(ours, "capture")),
            R"({"received":1000,"counted":880,"dropped":{"not_ip":100,"too_late":20},)"
            R"("records_lost":2,"packets_in_lost_records":5,"lost_at_ports":250,)"
            R"("kept_flows_ratio":0.125,"loss_ratio":0.22,"mapped_bytes_ratio":0.998})");
  EXPECT_EQ(config::to_text(at(ours, "model")), R"({"name":"shop","sha256":"9f2c"})");
}

TEST(Alert, AddsUpToItsScore) {
  const Alert alert = theft();
  const Json json = to_json(alert);
  const Json& explanation = at(at(json, "mimir"), "explanation");
  const auto& listed = *at(explanation, "contributions").elements();
  ASSERT_EQ(listed.size(), 8U);
  double sum = *at(explanation, "intercept").number() + *at(explanation, "other").number();
  for (const Json& part : listed) {
    sum += *at(part, "contribution").number();
    EXPECT_NEAR(*at(part, "contribution").number(),
                *at(part, "weight").number() * *at(part, "z").number(), 1e-12);
  }
  EXPECT_NEAR(sum, *at(at(at(json, "mimir"), "score"), "value").number(), 1e-12);
  // The last four of 0.7 x (1.5 - i): 0.7 x (4 x 1.5 - (8 + 9 + 10 + 11)).
  EXPECT_NEAR(*at(explanation, "other").number(), -22.4, 1e-12);
  EXPECT_EQ(keys_of(listed[0]),
            (std::vector<std::string>{"feature", "granularity_s", "observed", "expected", "spread",
                                      "z", "weight", "contribution"}));
  EXPECT_NE(config::to_text(listed[3]).find("\"observed\":null"), std::string::npos);
}

TEST(Alert, OfAPartialWindowWithoutTrafficSaysSo) {
  const Json json = to_json(Alert{.is_partial = true,
                                  .score = {},
                                  .path = {},
                                  .hops = {},
                                  .edges = {},
                                  .loss = {},
                                  .model_name = {},
                                  .model_digest = {}});
  const Json& ours = at(json, "mimir");
  EXPECT_EQ(*at(at(ours, "window"), "state").string(), "partial");
  EXPECT_EQ(at(at(ours, "capture"), "loss_ratio").number(), 0.0);
  EXPECT_EQ(*at(at(json, "alert"), "signature").string(),
            "MIMIR structure of the service graph changed");
  EXPECT_EQ(config::to_text(at(ours, "edges")), "[]");
}

TEST(Alert, IsSummarisedAlongItsPath) {
  EXPECT_EQ(summarise(theft()),
            "user-db sent 41.2 MB to user in 10 s (expected 3.1 MB, 99th percentile 5 MB); "
            "user sent 38.9 MB to outside in 10 s (an edge never seen in training)");
}

TEST(Alert, WithoutAPathIsSummarisedByItsMostUnusualEdge) {
  Alert alert = theft();
  alert.path.clear();
  EXPECT_EQ(summarise(alert),
            "no path to the outside stands out; most unusual: user sent 38.9 MB to outside in 10 s "
            "(an edge never seen in training)");
  alert.edges.clear();
  EXPECT_EQ(summarise(alert), "");
}

TEST(Alert, TellsBytesInAUnitThatNeedsNoExponent) {
  const auto told = [](std::uint64_t bytes) {
    Alert alert;
    alert.granularity_s = 60;
    alert.path = {"a", "b"};
    alert.edges = {edge("a", "b", bytes)};
    const std::string text = summarise(alert);
    return text.substr(7, text.find(" to b") - 7);
  };
  EXPECT_EQ(told(0), "0 B");
  EXPECT_EQ(told(999), "999 B");
  EXPECT_EQ(told(1000), "1 kB");
  EXPECT_EQ(told(999'400), "999 kB");
  EXPECT_EQ(told(999'600), "1 MB");
  EXPECT_EQ(told(1'234'567'890), "1.23 GB");
  EXPECT_EQ(told(45'600'000'000'000), "45.6 TB");
}

TEST(Timestamp, IsUtcToTheMicrosecondOnBothSidesOf1970) {
  EXPECT_EQ(to_timestamp(0), "1970-01-01T00:00:00.000000+0000");
  EXPECT_EQ(to_timestamp(1'999), "1970-01-01T00:00:00.000001+0000");
  EXPECT_EQ(to_timestamp(-1), "1969-12-31T23:59:59.999999+0000");
  EXPECT_EQ(to_timestamp(-1'500'000'000), "1969-12-31T23:59:58.500000+0000");
  EXPECT_EQ(to_timestamp(4'294'967'296 * kNsPerSecond), "2106-02-07T06:28:16.000000+0000");
  EXPECT_EQ(to_timestamp(951'782'400 * kNsPerSecond), "2000-02-29T00:00:00.000000+0000");
  EXPECT_EQ(to_timestamp(std::numeric_limits<TimeNs>::max()), "2262-04-11T23:47:16.854775+0000");
}

}  // namespace
}  // namespace mimir::controlplane
