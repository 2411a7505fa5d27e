// SPDX-License-Identifier: Apache-2.0
// What pods send above their law, against sums and maxima over the edges.
#include "model/invariant/pod_excess.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/model/graph/wordpress.h"
#include "tests/random.h"

namespace mimir::invariant {
namespace {

std::vector<entity::Event> web_and_database() {
  std::vector<entity::Event> events = {
      test::service_event("web", "10.96.0.1", "default", "app", "web"),
      test::service_event("db", "10.96.0.2", "default", "app", "db")};
  for (const std::string replica : {"0", "1", "2"}) {
    events.push_back(
        test::pod_event("web-" + replica, "10.244.0.1" + replica, "default", "app", "web"));
    events.push_back(
        test::pod_event("db-" + replica, "10.244.1.1" + replica, "default", "app", "db"));
  }
  return events;
}

// 10 bytes to outside for each to the database, 2 for each from outside.
learn::PodLaw pages() {
  return {.source = "web",
          .target = "outside",
          .granularity_s = 10,
          .base = 50,
          .terms = {{.service = "db", .slope = 10}, {.service = "outside", .slope = 2}},
          .noise = 20};
}

double value_of(PodExcess& invariant, const std::vector<graph::Edge>& edges,
                const test::World& world, std::uint32_t granularity_s) {
  const graph::PodGraph pods(graph::EdgeTable::from(edges), world.cluster);
  const graph::ServiceGraph services(pods);
  std::vector<double> values(invariant.columns().size());
  invariant.compute({.pods = pods, .services = services, .granularity_s = granularity_s}, values);
  return values.at(0);
}

TEST(PodExcess, IsThatOfTheLoudestPod) {
  const test::World world(web_and_database());
  const Services services(world.cluster, graph::Observation::kMirror);
  const learn::PodLaw law = pages();
  PodExcess invariant(services, {&law, 1});
  ASSERT_EQ(invariant.columns().size(), 1U);
  EXPECT_EQ(invariant.columns()[0], "pod_excess(web>outside)");
  test::Random random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<graph::Edge> edges;
    std::optional<double> largest;
    for (const std::string name : {"web-0", "web-1", "web-2"}) {
      const graph::NodeId web = world.pod(name);
      const auto counts = [&random](std::uint64_t payload_max) {
        const std::uint64_t packets = 1 + random.below(20);
        return graph::Counts{packets, 40 * packets + random.below(payload_max)};
      };
      const graph::Counts asked = counts(5000);
      const graph::Counts queries_0 = counts(3000);
      const graph::Counts queries_1 = counts(3000);
      const graph::Counts sent = counts(90'000);
      edges.push_back({graph::kOutsideNode, web, asked});
      edges.push_back({web, world.pod("db-0"), queries_0});
      edges.push_back({web, world.pod("db-1"), queries_1});
      edges.push_back({world.pod("db-0"), web, {1, 99'999}});  // answers, of which no law speaks
      edges.push_back({web, graph::kOutsideNode, sent});
      const auto payload = [](const graph::Counts& c) {
        return static_cast<double>(c.bytes) - 40 * static_cast<double>(c.packets);
      };
      const double expected =
          50 + 10 * (payload(queries_0) + payload(queries_1)) + 2 * payload(asked);
      const double unit = std::sqrt(400 * (expected + 1500) + 0.0025 * expected * expected);
      const double z = std::clamp((payload(sent) - expected) / unit, -10.0, 10.0);
      largest = std::max(largest.value_or(z), z);
    }
    EXPECT_NEAR(value_of(invariant, edges, world, 10), *largest, 1e-9);
    EXPECT_TRUE(std::isnan(value_of(invariant, edges, world, 60))) << "no law of a minute";
  }
}

TEST(PodExcess, IsNotMovedByAcknowledgementsNorByVips) {
  const test::World world(web_and_database());
  const Services services(world.cluster, graph::Observation::kNodeAny);
  const learn::PodLaw law = pages();
  PodExcess invariant(services, {&law, 1});
  const graph::NodeId web = world.pod("web-0");
  std::vector<graph::Edge> edges = {{web, graph::kOutsideNode, {10, 9000}},
                                    {graph::kOutsideNode, web, {10, 800}},
                                    {web, world.pod("db-0"), {4, 660}}};
  const double before = value_of(invariant, edges, world, 10);
  edges.push_back({graph::kOutsideNode, web, {300, 12'000}});
  edges.push_back({web, world.vip("db"), {4, 660}});
  EXPECT_EQ(value_of(invariant, edges, world, 10), before);
  edges.push_back({web, graph::kOutsideNode, {30, 40'000}});
  EXPECT_GT(value_of(invariant, edges, world, 10), before + 1);
}

TEST(PodExcess, OfSilenceAndOfWhomTheClusterLacksIsNone) {
  const test::World world(web_and_database());
  const Services services(world.cluster, graph::Observation::kMirror);
  std::vector<learn::PodLaw> laws = {pages(), pages()};
  laws[1].source = "gone";
  laws[0].terms.push_back({.service = "gone", .slope = 7});
  PodExcess invariant(services, laws);
  EXPECT_EQ(invariant.columns().size(), 1U);
  EXPECT_TRUE(std::isnan(
      value_of(invariant, {{world.pod("db-0"), world.pod("web-0"), {1, 900}}}, world, 10)));
  // 160 expected: 50, and 10 times the 11 bytes that went to the database.
  const double z = value_of(invariant,
                            {{world.pod("web-0"), graph::kOutsideNode, {1, 200}},
                             {world.pod("web-0"), world.pod("db-0"), {1, 51}}},
                            world, 10);
  EXPECT_DOUBLE_EQ(z, 0);
}

}  // namespace
}  // namespace mimir::invariant
