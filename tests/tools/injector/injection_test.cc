// SPDX-License-Identifier: Apache-2.0
#include "tools/injector/injection.h"

#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "model/graph/pod_graph.h"
#include "model/graph/reduction.h"
#include "tests/model/graph/wordpress.h"
#include "tools/injector/counter_random.h"
#include "tools/injector/placement.h"

namespace mimir::injector {
namespace {

using graph::Counts;
using graph::Edge;
using graph::EdgeTable;
using graph::NodeId;
using graph::Observation;

constexpr std::uint64_t kTenSeconds = 10'000;

Stop pod(std::string service) { return {Stop::Kind::kPod, std::move(service)}; }
Stop vip(std::string service) { return {Stop::Kind::kVip, std::move(service)}; }
const Stop kOut{Stop::Kind::kOutside};

Rate steady(std::uint64_t bytes_per_minute) {
  return {.bytes_per_minute = bytes_per_minute, .packet_bytes = 500, .deviation_packet_bytes = 0};
}

TEST(Amounts, AreTheFloorOfRateTimesTime) {
  struct Row {
    std::uint64_t rate;
    std::uint64_t window_s;
    Counts expected;
  };
  const std::vector<Row> rows = {
      {10'000, 10, {3, 1'666}},
      {10'000, 30, {10, 5'000}},
      {10'000, 60, {20, 10'000}},
      {50'000, 10, {16, 8'333}},
      {50'000, 60, {100, 50'000}},
      {100'000, 10, {33, 16'666}},
      {1'000'000, 10, {333, 166'666}},
      {1'000'000, 60, {2'000, 1'000'000}},
      {10'000'000, 10, {3333, 1'666'666}},
      {10'000'000, 60, {20'000, 10'000'000}},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(amounts(steady(row.rate), {}, 1, row.window_s * 1000).at(0), row.expected)
        << row.rate << " B/min in " << row.window_s << " s";
  }
}

TEST(Amounts, BelowSixtyBytesAreLeftOverToTheNextWindow) {
  // 150 bytes a minute are 25 in 10 s: 25 and 50 wait, 75 go.
  const std::vector<Counts> expected = {{0, 0}, {0, 0}, {0, 75}, {0, 0}, {0, 0}, {0, 75}};
  EXPECT_EQ(amounts(steady(150), {}, 6, kTenSeconds), expected);
  // 360 a minute are 60 each time, which is enough.
  EXPECT_EQ(amounts(steady(360), {}, 1, kTenSeconds).at(0), (Counts{0, 60}));
  EXPECT_EQ(amounts(steady(354), {}, 2, kTenSeconds), (std::vector<Counts>{{0, 0}, {0, 118}}));
}

TEST(Amounts, ExceedNoIntegerAtTheHighestRates) {
  const std::uint64_t rate = 9'000'000'000'000'000;  // below 2^53
  EXPECT_EQ(amounts(steady(rate), {}, 1, 3'600'000).at(0).bytes, 60 * rate);
  EXPECT_EQ(amounts(steady(rate), {}, 1, 10'000).at(0).bytes, rate / 6);
}

TEST(Amounts, HaveTheMeanAndDeviationThatWereAsked) {
  Rate rate{.bytes_per_minute = 1'000'000, .deviation_bytes_per_minute = 150'000};
  const std::vector<Counts> drawn = amounts(rate, {.seed = 3}, 20'000, 60'000);
  double mean = 0;
  double packet = 0;
  for (const Counts& counts : drawn) {
    mean += static_cast<double>(counts.bytes) / 20'000;
    packet += static_cast<double>(counts.bytes) / static_cast<double>(counts.packets) / 20'000;
  }
  double variance = 0;
  for (const Counts& counts : drawn) {
    variance += std::pow(static_cast<double>(counts.bytes) - mean, 2) / 20'000;
  }
  EXPECT_NEAR(mean, 1'000'000, 4 * 150'000 / std::sqrt(20'000.0));
  EXPECT_NEAR(std::sqrt(variance), 150'000, 3'000);
  EXPECT_NEAR(packet, 500, 4);
}

TEST(Amounts, KeepRateAndPacketSizeWithinBounds) {
  const Rate wild{.bytes_per_minute = 1'000'000,
                  .deviation_bytes_per_minute = 2'000'000,
                  .packet_bytes = 500,
                  .deviation_packet_bytes = 5'000};
  std::size_t none = 0;
  for (const Counts& counts : amounts(wild, {.seed = 1}, 5'000, 60'000)) {
    none += counts.bytes == 0 ? 1 : 0;
    EXPECT_GE(counts.packets, counts.bytes / 1460);
    EXPECT_LE(counts.packets, counts.bytes / 40);
  }
  EXPECT_NEAR(static_cast<double>(none), 5'000 * 0.3085, 150) << "half a deviation below 0";
}

TEST(Amounts, DependOnTheirKeyAlone) {
  const Rate rate{.bytes_per_minute = 1'000'000, .deviation_bytes_per_minute = 150'000};
  const auto one = amounts(rate, {.seed = 1, .rate = 2, .attack = 3}, 6, kTenSeconds);
  EXPECT_EQ(amounts(rate, {.seed = 1, .rate = 2, .attack = 3}, 6, kTenSeconds), one);
  EXPECT_NE(amounts(rate, {.seed = 2, .rate = 2, .attack = 3}, 6, kTenSeconds), one);
  EXPECT_NE(amounts(rate, {.seed = 1, .rate = 3, .attack = 3}, 6, kTenSeconds), one);
  EXPECT_NE(amounts(rate, {.seed = 1, .rate = 2, .attack = 4}, 6, kTenSeconds), one);
  EXPECT_NE(one[0], one[1]);
}

TEST(CounterRandom, GivesTheSameNumbersEverywhere) {
  // SplitMix64 from state 0: the published first number.
  CounterRandom random({});
  EXPECT_EQ(random.next(), 0xe220a8397b1dcdafU);
}

class Injection : public ::testing::Test {
 protected:
  NodeId database() const { return world_.pod("my-release-pxc-0"); }
  NodeId web() const { return world_.pod(test::wordpress_pod("24scj")); }
  NodeId dns() const { return world_.pod("kube-dns-86f4d74b45-vjpwb", "kube-system"); }
  NodeId dns_vip() const { return world_.vip("kube-dns", "kube-system"); }

  std::vector<Hop> hops_of(const TemplatePath& path, Observation observation) const {
    std::vector<NodeId> nodes;
    for (const Stop& stop : path) {
      if (stop.kind == Stop::Kind::kOutside) {
        nodes.push_back(graph::kOutsideNode);
      } else if (stop.kind == Stop::Kind::kVip) {
        nodes.push_back(stop.service == "kube-dns" ? dns_vip() : world_.vip(stop.service));
      } else {
        nodes.push_back(stop.service == kData ? database() : stop.service == kWeb ? web() : dns());
      }
    }
    return hops(path, nodes, observation);
  }

  // Two database pods, one web pod, and what they said.
  EdgeTable window() const {
    return EdgeTable::from(
        {{.source = database(), .target = web(), .counts = {10, 1000}},
         {.source = world_.pod("my-release-pxc-3"), .target = web(), .counts = {10, 1000}},
         {.source = web(), .target = graph::kOutsideNode, .counts = {5, 800}}});
  }

  static constexpr const char* kData = "my-release-pxc";
  static constexpr const char* kWeb = "wwwppp-wordpress";
  const test::World world_{test::wordpress_events()};
};

TEST_F(Injection, LeavesBothSightsOfATranslatedHop) {
  const NodeId data_vip = world_.vip(kData);
  const NodeId web_vip = world_.vip(kWeb);
  constexpr NodeId kOutside = graph::kOutsideNode;
  const Observation any = Observation::kNodeAny;
  EXPECT_EQ(hops_of({pod(kData), vip(kWeb), pod(kWeb), kOut}, any),
            (std::vector<Hop>{{database(), web_vip}, {database(), web()}, {web(), kOutside}}));
  EXPECT_EQ(hops_of({pod(kData), vip(kData), pod(kWeb), kOut}, any),
            (std::vector<Hop>{{database(), web()}, {data_vip, web()}, {web(), kOutside}}));
  EXPECT_EQ(
      hops_of({pod(kData), vip(kData), pod(kWeb), vip("kube-dns"), pod("kube-dns"), kOut}, any),
      (std::vector<Hop>{{database(), web()},
                        {data_vip, web()},
                        {web(), dns_vip()},
                        {web(), dns()},
                        {dns(), kOutside}}));
  EXPECT_EQ(hops_of({pod(kData), pod(kWeb), kOut}, any),
            (std::vector<Hop>{{database(), web()}, {web(), kOutside}}));
  EXPECT_EQ(hops_of({pod(kData), kOut}, any), (std::vector<Hop>{{database(), kOutside}}));
}

TEST_F(Injection, LeavesOneEdgeAHopInMirror) {
  const std::vector<Hop> expected = {{database(), web()}, {web(), graph::kOutsideNode}};
  for (const Stop& between : {vip(kData), vip(kWeb)}) {
    EXPECT_EQ(hops_of({pod(kData), between, pod(kWeb), kOut}, Observation::kMirror), expected);
  }
}

// How many edges of `after` differ from `before` by exactly `counts`.
std::size_t grown_by(const EdgeTable& before, const EdgeTable& after, const Counts& counts) {
  std::size_t found = 0;
  for (const Edge& edge : after.edges()) {
    const Edge* old = before.find(edge.source, edge.target);
    const Counts was = old == nullptr ? Counts{} : old->counts;
    found += edge.counts.bytes - was.bytes == counts.bytes &&
                     edge.counts.packets - was.packets == counts.packets
                 ? 1
                 : 0;
  }
  return found;
}

TEST_F(Injection, ChangesThePathsEdgesAndTheirReversesAndNoOthers) {
  const std::vector<std::pair<TemplatePath, std::size_t>> cases = {
      {{pod(kData), vip(kWeb), pod(kWeb), kOut}, 3},
      {{pod(kData), vip(kData), pod(kWeb), vip("kube-dns"), pod("kube-dns"), kOut}, 5}};
  for (const auto& [path, edges] : cases) {
    const std::vector<EdgeTable> windows = {window()};
    const auto attack = inject(path, steady(10'000), {.seed = 4}, windows, 30'000, world_.cluster,
                               Observation::kNodeAny);
    ASSERT_TRUE(attack);
    const EdgeTable& after = attack->windows.at(0);
    EXPECT_EQ(attack->amounts.at(0), (Counts{10, 5'000}));
    EXPECT_EQ(grown_by(windows[0], after, {10, 5'000}), edges);
    EXPECT_EQ(grown_by(windows[0], after, {10, 400}), edges);
    EXPECT_EQ(after.total().bytes, windows[0].total().bytes + edges * 5'400);
    EXPECT_EQ(after.total().packets, windows[0].total().packets + edges * 20);
  }
}

TEST_F(Injection, IsTheSameAttackInWindowsAndInTheirSum) {
  const std::vector<EdgeTable> windows(6, window());
  const Rate rate{.bytes_per_minute = 1'000'000, .deviation_bytes_per_minute = 150'000};
  const auto attack = inject({pod(kData), pod(kWeb), kOut}, rate, {.seed = 8}, windows, kTenSeconds,
                             world_.cluster, Observation::kMirror);
  ASSERT_TRUE(attack);
  EdgeTable sum;
  EdgeTable expected;
  Counts total;
  for (std::size_t i = 0; i < 6; ++i) {
    sum.merge(attack->windows[i]);
    expected.merge(windows[i]);
    total += attack->amounts[i];
  }
  // Floors differ by a byte a window, and acknowledgements add up exactly.
  EXPECT_EQ(sum, with_traffic(expected, attack->hops, total));
}

TEST_F(Injection, ChoosesPodsOfTheWindowFirst) {
  const TemplatePath path = {pod(kData), pod(kWeb), pod("kube-dns"), kOut};
  std::set<NodeId> data;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto nodes = choose_nodes(path, window(), world_.cluster, {.seed = seed});
    ASSERT_TRUE(nodes);
    data.insert((*nodes)[0]);
    EXPECT_EQ((*nodes)[1], web()) << "the only one that spoke";
    EXPECT_EQ((*nodes)[2], dns()) << "silent, but there";
    EXPECT_EQ((*nodes)[3], graph::kOutsideNode);
  }
  EXPECT_EQ(data, (std::set<NodeId>{database(), world_.pod("my-release-pxc-3")}));
}

TEST_F(Injection, ChoosesTheSamePodsAtEveryRate) {
  const TemplatePath path = {pod(kData), pod(kWeb), kOut};
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(choose_nodes(path, window(), world_.cluster, {.seed = seed, .rate = 0}),
              choose_nodes(path, window(), world_.cluster, {.seed = seed, .rate = 5}));
  }
}

TEST_F(Injection, SaysNoWhereTheClusterLacksAStop) {
  EXPECT_FALSE(choose_nodes({pod("nobody"), kOut}, window(), world_.cluster, {}));
  std::vector<entity::Event> events = test::wordpress_events();
  events.push_back(test::pod_event("batch-0", "172.17.0.60", "default", "app", "batch"));
  const test::World world(events);
  EXPECT_FALSE(
      choose_nodes({pod("batch"), vip("batch"), pod(kWeb), kOut}, EdgeTable(), world.cluster, {}));
  EXPECT_FALSE(inject({pod("batch"), kOut}, steady(1), {}, {}, kTenSeconds, world.cluster,
                      Observation::kMirror));
}

TEST_F(Injection, GivesTheRecordedWindowItsTabledSizes) {
  const auto conversations = test::wordpress_conversations(883);
  if (!conversations) GTEST_SKIP() << "the recorded conversations are not there";
  graph::NodeTable nodes(world_.entities.size());
  const EdgeTable benign = graph::reduce(graph::edges_of(*conversations, world_.entities, nodes),
                                         nodes, world_.cluster, test::wordpress_observation())
                               .edges;
  struct Row {
    TemplatePath path;
    std::uint64_t bytes;
    std::size_t nodes;
    std::size_t edges;
  };
  const std::vector<Row> rows = {
      {{pod(kData), vip(kData), pod(kWeb), kOut}, 80925498, 21, 241},
      {{pod(kData), pod(kWeb), kOut}, 80745512, 21, 241},
      {{pod(kData), vip(kWeb), pod(kWeb), kOut}, 80925498, 22, 243},
      {{pod(kData), kOut}, 80565526, 21, 243},
      {{pod(kData), vip("kube-dns"), pod("kube-dns"), kOut}, 80925498, 22, 245}};
  for (const Row& row : rows) {
    const auto attack = inject(row.path, steady(1'000'000), {.seed = 1}, {&benign, 1}, kTenSeconds,
                               world_.cluster, Observation::kNodeAny);
    ASSERT_TRUE(attack);
    const graph::PodGraph pods(attack->windows.at(0), world_.cluster);
    EXPECT_EQ(pods.total().bytes, row.bytes) << to_text(row.path);
    EXPECT_EQ(pods.nodes().size(), row.nodes) << to_text(row.path);
    EXPECT_EQ(pods.edges().size(), row.edges) << to_text(row.path);
  }
}

TEST(Placement, KeepsAttacksApartWithinTheirStretch) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const PlacementSpec spec{.first_window = 10,
                             .window_count = 40,
                             .attack_windows = 2,
                             .attack_count = 9,
                             .path_count = 4,
                             .seed = seed};
    const std::vector<Occurrence> placed = place(spec);
    ASSERT_EQ(placed.size(), 9U);
    EXPECT_GE(placed.front().begin, 10U);
    EXPECT_LE(placed.back().end, 50U);
    for (std::size_t i = 0; i < placed.size(); ++i) {
      EXPECT_EQ(placed[i].end - placed[i].begin, 2U);
      EXPECT_EQ(placed[i].path, i % 4);
      EXPECT_TRUE(i == 0 || placed[i].begin > placed[i - 1].end) << "a benign window between";
    }
    EXPECT_EQ(place(spec), placed);
  }
}

TEST(Placement, ReachesEveryPlaceThereIs) {
  std::set<std::size_t> begins;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const auto placed = place(
        {.window_count = 6, .attack_windows = 2, .attack_count = 1, .path_count = 1, .seed = seed});
    begins.insert(placed.at(0).begin);
  }
  EXPECT_EQ(begins, (std::set<std::size_t>{0, 1, 2, 3, 4}));
}

TEST(Placement, PlacesWhatFitsWhenRoomIsScarce) {
  // Five attacks and four gaps in nine windows: one way only.
  const auto tight = place({.window_count = 9, .attack_count = 5, .path_count = 1});
  ASSERT_EQ(tight.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(tight[i].begin, 2 * i);
  // With eight not every gap can be.
  const auto tighter = place({.window_count = 8, .attack_count = 5, .path_count = 1});
  ASSERT_EQ(tighter.size(), 5U);
  for (std::size_t i = 1; i < 5; ++i) EXPECT_GE(tighter[i].begin, tighter[i - 1].end);
  EXPECT_EQ(place({.window_count = 3, .attack_count = 5, .path_count = 1}).size(), 3U);
  EXPECT_TRUE(
      place({.window_count = 1, .attack_windows = 2, .attack_count = 5, .path_count = 1}).empty());
  EXPECT_TRUE(place({.window_count = 9, .attack_count = 5, .path_count = 0}).empty());
}

TEST(Placement, IsTheSameStretchOfTimeInFinerWindows) {
  EXPECT_EQ(finer({.begin = 4, .end = 5, .path = 2}, 6),
            (Occurrence{.begin = 24, .end = 30, .path = 2}));
}

}  // namespace
}  // namespace mimir::injector
