// SPDX-License-Identifier: Apache-2.0
#include "model/analysis/analyzer.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/model/graph/wordpress.h"

namespace mimir::analysis {
namespace {

// Two services of one pod each; b holds the data.
std::vector<entity::Event> two_services() {
  return {test::service_event("a", "10.96.0.1", "default", "app", "a"),
          test::service_event("b", "10.96.0.2", "default", "app", "b"),
          test::pod_event("a-0", "10.244.0.1", "default", "app", "a"),
          test::pod_event("b-0", "10.244.0.2", "default", "app", "b")};
}

learn::GranularityModel granularity(std::uint32_t granularity_s, double weight_a, double weight_b,
                                    double intercept) {
  learn::GranularityModel model;
  model.granularity_s = granularity_s;
  model.features = {
      {.name = "external_share(a)", .spread = {.median = 0.5, .iqr = 0.25}, .weight = weight_a},
      {.name = "external_share(b)", .spread = {.median = 0.5, .iqr = 0.125}, .weight = weight_b}};
  model.intercept = intercept;
  model.threshold = 1;
  return model;
}

// A window in which a and b send these bytes outside.
ReducedWindow window_of_bytes(const test::World& world, WindowIndex index, std::uint64_t a,
                              std::uint64_t b) {
  ReducedWindow window{.begin_ns = index * 10 * kNsPerSecond,
                       .end_ns = (index + 1) * 10 * kNsPerSecond,
                       .edges = {},
                       .bytes = {},
                       .packets = {}};
  window.edges = graph::EdgeTable::from(
      {{.source = world.pod("a-0"), .target = graph::kOutsideNode, .counts = {1, a}},
       {.source = world.pod("b-0"), .target = graph::kOutsideNode, .counts = {1, b}}});
  return window;
}

struct Said {
  std::uint32_t granularity_s;
  TimeNs begin_ns;
  double value;
  double threshold;
  bool no_data;
  std::size_t contribution_count;
};

struct Rig {
  explicit Rig(learn::Model made) : world(two_services()), model(std::move(made)) {
    config::Diagnostics diagnostics;
    auto registry = invariant::Registry::build(
        world.cluster, {graph::Observation::kMirror, invariant::Form::kIntended, "b"}, diagnostics);
    EXPECT_TRUE(registry.has_value()) << diagnostics.render();
    analyzer.emplace(world.cluster, observation, std::move(*registry), model,
                     [this](const Verdict& verdict) {
                       said.push_back({verdict.window.granularity_s(), verdict.window.begin_ns,
                                       verdict.score.value, verdict.score.threshold,
                                       verdict.score.no_data, verdict.score.contributions.size()});
                       edge_counts.push_back(verdict.lens.services().edges().size());
                     });
  }

  test::World world;
  learn::Model model;
  graph::ObservationConfig observation;
  std::vector<Said> said;
  std::vector<std::size_t> edge_counts;
  std::optional<Analyzer> analyzer;
};

learn::Model one_granularity() {
  learn::Model model;
  model.granularities = {granularity(10, 2, 3, 0.5)};
  return model;
}

learn::Model two_granularities() {
  learn::Model model;
  model.granularities = {granularity(10, 2, 3, 0.5), granularity(60, 1, 0, -1)};
  model.combination = learn::Combination{
      .weights = {0.5, 4}, .intercept = 0.25, .threshold = 7, .alpha = 0, .training = {}};
  return model;
}

// Shares 3/4 and 1/4: z = 1 and -2; 0.5 + 2 x 1 + 3 x -2 = -3.5.
TEST(Analyzer, ScoresAWindowAsByHand) {
  Rig rig(one_granularity());
  rig.analyzer->add(window_of_bytes(rig.world, 3, 3000, 1000));
  rig.analyzer->flush();
  ASSERT_EQ(rig.said.size(), 1U);
  EXPECT_EQ(rig.said[0].granularity_s, 10U);
  EXPECT_EQ(rig.said[0].begin_ns, 30 * kNsPerSecond);
  EXPECT_DOUBLE_EQ(rig.said[0].value, -3.5);
  EXPECT_EQ(rig.said[0].threshold, 1);
  EXPECT_EQ(rig.said[0].contribution_count, 2U);
  EXPECT_EQ(rig.edge_counts, std::vector<std::size_t>{2});
}

// The same shares from flow records: the pods' addresses are above 8.8.8.8, so what
// they send goes from high to low.
TEST(Analyzer, ScoresTheRecordsOfAWindowAsByHand) {
  Rig rig(one_granularity());
  std::vector<FlowRecord> records(2);
  for (std::size_t i = 0; i < 2; ++i) {
    records[i].key.low_address = Address::from_ipv4(0x08080808);
    records[i].key.high_address = Address::from_ipv4(0x0af40001 + static_cast<std::uint32_t>(i));
    records[i].key.protocol = kProtocolTcp;
    records[i].bytes = {50, i == 0 ? std::uint64_t{3000} : std::uint64_t{1000}};
    records[i].packets = {1, 2};
    records[i].first_ns = records[i].last_ns = 31 * kNsPerSecond;
  }
  rig.analyzer->add(Window{.index = 3,
                           .begin_ns = 30 * kNsPerSecond,
                           .end_ns = 40 * kNsPerSecond,
                           .records = records,
                           .packets = {},
                           .facts = {}});
  ASSERT_EQ(rig.said.size(), 1U);
  EXPECT_DOUBLE_EQ(rig.said[0].value, -3.5);
  EXPECT_EQ(rig.edge_counts, std::vector<std::size_t>{4}) << "both directions";
}

// Base windows of one minute: shares of a 3/4, then 1/2 (0.5 + 0 + 0 = 0.5 is the
// larger). The minute: 4000 of 6000, z(a) = 2/3, score -1 + 2/3. Together
// 0.25 + 0.5 x 0.5 + 4 x (-1/3) = -5/6.
TEST(Analyzer, CombinesTheGranularitiesForTheCoarsest) {
  Rig rig(two_granularities());
  rig.analyzer->add(window_of_bytes(rig.world, 6, 3000, 1000));
  rig.analyzer->add(window_of_bytes(rig.world, 7, 1000, 1000));
  ASSERT_EQ(rig.said.size(), 2U) << "the minute is still open";
  EXPECT_DOUBLE_EQ(rig.said[0].value, -3.5);
  EXPECT_DOUBLE_EQ(rig.said[1].value, 0.5);
  rig.analyzer->flush();
  ASSERT_EQ(rig.said.size(), 3U);
  EXPECT_EQ(rig.said[2].granularity_s, 60U);
  EXPECT_EQ(rig.said[2].begin_ns, 60 * kNsPerSecond);
  EXPECT_NEAR(rig.said[2].value, -5.0 / 6.0, 1e-12);
  EXPECT_EQ(rig.said[2].threshold, 7);
}

// The second minute must not hear the 0.5 of the first: its own windows say -3.5 and
// its shares are 3/4: 0.25 + 0.5 x -3.5 + 4 x (-1 + 1) = -1.5.
TEST(Analyzer, ForgetsTheWindowsOfAMinuteThatIsOver) {
  Rig rig(two_granularities());
  rig.analyzer->add(window_of_bytes(rig.world, 6, 1000, 1000));
  rig.analyzer->add(window_of_bytes(rig.world, 12, 3000, 1000));
  rig.analyzer->flush();
  ASSERT_EQ(rig.said.size(), 4U);
  EXPECT_EQ(rig.said[1].granularity_s, 60U);
  EXPECT_NEAR(rig.said[1].value, 0.25 + 0.5 * 0.5 + 4 * -1, 1e-12);
  EXPECT_EQ(rig.said[2].granularity_s, 10U);
  EXPECT_NEAR(rig.said[3].value, -1.5, 1e-12);
}

TEST(Analyzer, SaysThatAnEmptyWindowHasNoData) {
  Rig rig(one_granularity());
  ReducedWindow empty{
      .begin_ns = 0, .end_ns = 10 * kNsPerSecond, .edges = {}, .bytes = {}, .packets = {}};
  rig.analyzer->add(empty);
  ASSERT_EQ(rig.said.size(), 1U);
  EXPECT_TRUE(rig.said[0].no_data);
  EXPECT_TRUE(rig.edge_counts[0] == 0);
}

}  // namespace
}  // namespace mimir::analysis
