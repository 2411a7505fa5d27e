// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/labels.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tools/evaluation/truth_file.h"

namespace mimir::evaluation {
namespace {

std::vector<Interval> seconds(const std::vector<std::pair<int, int>>& pairs) {
  std::vector<Interval> intervals;
  for (const auto& [begin, end] : pairs) {
    intervals.push_back({begin * kNsPerSecond, end * kNsPerSecond});
  }
  return intervals;
}

// One letter a window: benign, attack, edge.
std::string labels(int granularity_s, const std::vector<Interval>& attacks, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    const TimeNs length_ns = granularity_s * kNsPerSecond;
    text += "-ae"[static_cast<std::size_t>(label_of(i * length_ns, length_ns, attacks).label)];
  }
  return text;
}

std::string attacked(std::size_t begin, std::size_t end, std::size_t count) {
  return std::string(begin, '-') + std::string(end - begin, 'a') + std::string(count - end, '-');
}

// Golden case G-6a; what its rule leaves between attack and benign is an edge here.
TEST(Labels, AreThoseOfTheGoldenCase) {
  EXPECT_EQ(labels(10, seconds({{60, 120}}), 30), attacked(6, 12, 30));
  EXPECT_EQ(labels(60, seconds({{60, 120}}), 5), attacked(1, 2, 5));
  std::string with_edge = attacked(6, 12, 30);
  with_edge[12] = 'e';
  EXPECT_EQ(labels(10, seconds({{65, 125}}), 30), with_edge);
  EXPECT_EQ(labels(10, seconds({{300, 300}}), 30), attacked(0, 0, 30));
  EXPECT_EQ(labels(60, seconds({{1200, 1500}, {3000, 3300}}), 60),
            attacked(20, 25, 50) + attacked(0, 5, 10));
  EXPECT_EQ(labels(10, {}, 10), attacked(0, 0, 10));
  EXPECT_EQ(labels(10, seconds({{60, 120}, {120, 180}}), 24), attacked(6, 18, 24));
}

TEST(Labels, KeepNeighboursApart) {
  const auto attacks = seconds({{60, 120}, {120, 180}});
  EXPECT_EQ(label_of(110 * kNsPerSecond, 10 * kNsPerSecond, attacks).incident, 0U);
  EXPECT_EQ(label_of(120 * kNsPerSecond, 10 * kNsPerSecond, attacks).incident, 1U);
}

TEST(Labels, CountAShortAttackInItsOnlyWindow) {
  EXPECT_EQ(labels(60, seconds({{70, 90}}), 3), "-a-");
  EXPECT_EQ(labels(60, seconds({{50, 70}}), 3), "ae-");
}

TEST(TruthFile, ReadsWhatTheSimulatorWrites) {
  config::Diagnostics diagnostics;
  const auto incidents = read_truth(
      "{\"id\":2,\"path\":[\"db\",\"outside\"],\"start\":200.5,\"end\":300,"
      "\"rate_bytes_per_minute\":1000}\n\n"
      "{\"id\":1,\"path\":[\"db\",\"app\",\"outside\"],\"start\":100,\"end\":130,"
      "\"rate_bytes_per_minute\":1e6}\n",
      "truth.jsonl", diagnostics);
  ASSERT_TRUE(incidents.has_value()) << diagnostics.render();
  ASSERT_EQ(incidents->size(), 2U);
  EXPECT_EQ((*incidents)[0].path, "db > app > outside");
  EXPECT_EQ((*incidents)[0].rate_bytes_per_minute, 1e6);
  EXPECT_EQ((*incidents)[1].time.begin_ns, 200'500'000'000);
  EXPECT_EQ((*incidents)[1].time.end_ns, 300'000'000'000);
}

TEST(TruthFile, KnowsAScanByItsKind) {
  config::Diagnostics diagnostics;
  const auto incidents = read_truth(
      "{\"id\":1,\"kind\":\"scan\",\"path\":[\"app\"],\"start\":100,\"end\":130,"
      "\"rate_probes_per_second\":10}\n"
      "{\"id\":2,\"kind\":\"exfil\",\"path\":[\"db\",\"outside\"],\"start\":200,\"end\":300,"
      "\"rate_bytes_per_minute\":1000}\n",
      "truth.jsonl", diagnostics);
  ASSERT_TRUE(incidents.has_value()) << diagnostics.render();
  ASSERT_EQ(incidents->size(), 2U);
  EXPECT_EQ((*incidents)[0].kind, "scan");
  EXPECT_EQ((*incidents)[0].path, "app");
  EXPECT_EQ((*incidents)[0].rate_bytes_per_minute, 0);
  EXPECT_EQ((*incidents)[1].kind, kTheft);
  EXPECT_EQ((*incidents)[1].path, "db > outside");
  EXPECT_TRUE(diagnostics.all().empty()) << diagnostics.render();
}

TEST(TruthFile, NamesTheLineThatIsWrong) {
  const std::vector<std::string> wrong = {
      "{\"path\":[\"a\"],\"start\":5,\"end\":4,\"rate_bytes_per_minute\":1}",
      "{\"path\":[\"a\"],\"start\":5,\"rate_bytes_per_minute\":1}",
      "{\"path\":\"a\",\"start\":5,\"end\":6,\"rate_bytes_per_minute\":1}",
      "{\"path\":[\"a\"],\"start\":5,\"end\":6,\"rate_bytes_per_minute\":0}",
      "{\"path\":[\"a\"],\"start\":5,\"end\":1e300,\"rate_bytes_per_minute\":1}",
      "not json"};
  for (const std::string& line : wrong) {
    config::Diagnostics diagnostics;
    EXPECT_FALSE(read_truth("\n" + line, "truth.jsonl", diagnostics).has_value()) << line;
    EXPECT_NE(diagnostics.render().find("truth.jsonl:2:"), std::string::npos)
        << diagnostics.render();
  }
}

}  // namespace
}  // namespace mimir::evaluation
