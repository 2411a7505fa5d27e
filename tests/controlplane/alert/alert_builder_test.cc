// SPDX-License-Identifier: Apache-2.0
#include "controlplane/alert/alert_builder.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/model/graph/wordpress.h"

namespace mimir::controlplane {
namespace {

using graph::Edge;
using Path = std::vector<std::string>;

std::string numbered(std::string text, int number) { return text.append(std::to_string(number)); }

// Fourteen services of two pods; s0 holds the data.
std::vector<entity::Event> services() {
  std::vector<entity::Event> events;
  for (int s = 0; s < 14; ++s) {
    const std::string name = numbered("s", s);
    events.push_back(test::service_event(name, numbered("10.96.0.", s + 1), "shop", "app", name));
    for (int p = 0; p < 2; ++p) {
      events.push_back(test::pod_event(numbered(name + "-", p),
                                       numbered("10.244.0.", 2 * s + p + 1), "shop", "app", name));
    }
  }
  return events;
}

struct Rig {
  Rig() : world(services()) {
    model.context.name = "shop";
    model.context.sensitive_service = "s0";
    model.granularities.push_back({.granularity_s = 10, .features = {}, .training = {}});
  }

  Edge edge(const std::string& source, const std::string& target, std::uint64_t bytes) const {
    return {.source = node(source), .target = node(target), .counts = {bytes / 1000 + 1, bytes}};
  }
  graph::NodeId node(const std::string& name) const {
    return name == "outside" ? graph::kOutsideNode : world.pod(name, "shop");
  }

  // The alert of a window of these edges.
  Alert alert_of(std::vector<Edge> edges) const {
    config::Diagnostics diagnostics;
    auto registry = invariant::Registry::build(
        world.cluster, {graph::Observation::kMirror, invariant::Form::kIntended, "s0"},
        diagnostics);
    EXPECT_TRUE(registry.has_value()) << diagnostics.render();
    analysis::ReducedWindow window{.begin_ns = 20 * kNsPerSecond,
                                   .end_ns = 30 * kNsPerSecond,
                                   .edges = graph::EdgeTable::from(std::move(edges)),
                                   .bytes = {.kept = 75, .unmapped = 25},
                                   .packets = {.received = 9, .counted = 9},
                                   .records_lost = 2,
                                   .packets_lost = 4,
                                   .lost_at_ports = 6,
                                   .shed_level = 2,
                                   .is_partial = true};
    analysis::Lens lens(world.cluster, std::move(*registry));
    lens.look_at(window);
    learn::Score score;
    score.value = 3;
    return AlertBuilder(model, world.cluster, "digest")
        .build({.window = window, .lens = lens, .score = score});
  }

  test::World world;
  learn::Model model;
};

TEST(AlertBuilder, NamesThePathAndTheBusiestPodsOfEachHop) {
  Rig rig;
  rig.model.context.edges = {{.source = "s0",
                              .destination = "s1",
                              .granularity_s = 10,
                              .median_bytes = 10'000,
                              .p99_bytes = 20'000,
                              .window_count = 9}};
  const Alert alert =
      rig.alert_of({rig.edge("s0-0", "s1-0", 40'000), rig.edge("s0-1", "s1-0", 60'000),
                    rig.edge("s1-0", "outside", 50'000), rig.edge("s1-1", "outside", 30'000),
                    rig.edge("s1-0", "s1-1", 900'000)});
  EXPECT_EQ(alert.path, (Path{"s0", "s1", "outside"}));
  ASSERT_EQ(alert.hops.size(), 2U);
  EXPECT_EQ(alert.hops[0].source, "shop/s0-1");
  EXPECT_EQ(alert.hops[0].destination, "shop/s1-0");
  EXPECT_EQ(alert.hops[0].bytes, 60'000U);
  EXPECT_EQ(alert.hops[0].packets, 61U);
  EXPECT_EQ(alert.hops[1].source, "shop/s1-0");
  EXPECT_EQ(alert.hops[1].destination, "outside");
  // What a service tells itself is no edge. 80000 / 1500 = 53.3 is above
  // (100000 - 10000) / (20000 - 10000) = 9.
  ASSERT_EQ(alert.edges.size(), 2U);
  EXPECT_EQ(alert.edges[0].source, "s1");
  EXPECT_EQ(alert.edges[0].bytes, 80'000U);
  EXPECT_FALSE(alert.edges[0].is_known);
  EXPECT_NEAR(alert.edges[1].excess(), 9, 1e-12);
}

TEST(AlertBuilder, StatesTheWindowItsLossAndItsModel) {
  const Alert alert = Rig().alert_of({});
  EXPECT_EQ(alert.begin_ns, 20 * kNsPerSecond);
  EXPECT_EQ(alert.end_ns, 30 * kNsPerSecond);
  EXPECT_EQ(alert.granularity_s, 10U);
  EXPECT_TRUE(alert.is_partial);
  EXPECT_EQ(alert.score.value, 3);
  EXPECT_EQ(alert.loss.packets.received, 9U);
  EXPECT_EQ(alert.loss.records_lost, 2U);
  EXPECT_EQ(alert.loss.packets_lost, 4U);
  EXPECT_EQ(alert.loss.lost_at_ports, 6U);
  EXPECT_EQ(alert.loss.shed_level, 2U);
  EXPECT_DOUBLE_EQ(alert.loss.mapped_bytes_ratio, 0.75);
  EXPECT_EQ(alert.model_name, "shop");
  EXPECT_EQ(alert.model_digest, "digest");
  EXPECT_TRUE(alert.path.empty());
  EXPECT_TRUE(alert.edges.empty());
}

// Twelve edges into s13 are more excessive than both edges of the path.
TEST(AlertBuilder, ListsTheEdgesOfThePathWhateverTheirRank) {
  const Rig rig;
  std::vector<Edge> edges{rig.edge("s0-0", "s1-0", 3000), rig.edge("s1-0", "outside", 2000)};
  for (int s = 1; s < 13; ++s) {
    edges.push_back(
        rig.edge(numbered("s", s) + "-0", "s13-0", 100'000 + static_cast<std::uint64_t>(s)));
  }
  const Alert alert = rig.alert_of(edges);
  EXPECT_EQ(alert.path, (Path{"s0", "s1", "outside"}));
  ASSERT_EQ(alert.edges.size(), AlertBuilder::kEdgeMax + 2);
  for (std::size_t i = 0; i < AlertBuilder::kEdgeMax; ++i) {
    EXPECT_EQ(alert.edges[i].bytes, 100'012 - i) << "the most excessive first";
  }
  EXPECT_EQ(alert.edges[10].source, "s0");
  EXPECT_EQ(alert.edges[11].destination, "outside");
}

}  // namespace
}  // namespace mimir::controlplane
