// SPDX-License-Identifier: Apache-2.0
// Every family against a slow and plain computation of its definition, or a circuit
// whose currents are known by Ohm and Kirchhoff.
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "model/graph/pod_graph.h"
#include "model/graph/service_graph.h"
#include "model/invariant/current_flow.h"
#include "model/invariant/registry.h"
#include "tests/model/graph/wordpress.h"
#include "tests/random.h"

namespace mimir::invariant {
namespace {

using graph::Edge;
using graph::EdgeTable;
using graph::NodeId;
using graph::NodeKind;
using graph::PodGraph;
using graph::ServiceGraph;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

std::string numbered(std::string_view prefix, int number) {
  std::string text(prefix);
  text += std::to_string(number);
  return text;
}

// The `number`th address behind a prefix of two bytes.
std::string nth_address(std::string_view prefix, int number) {
  return numbered(numbered(prefix, number / 200) + ".", 1 + number % 200);
}

// Services s0 .. s<count-1> with a VIP and `replicas` pods each; s0 holds the data.
std::vector<entity::Event> many_services(int count, int replicas) {
  std::vector<entity::Event> events;
  for (int s = 0; s < count; ++s) {
    const std::string name = numbered("s", s);
    events.push_back(test::service_event(name, nth_address("10.96.", s), "default", "app", name));
    for (int r = 0; r < replicas; ++r) {
      events.push_back(test::pod_event(numbered(name + "-", r),
                                       nth_address("10.244.", s * replicas + r), "default", "app",
                                       name));
    }
  }
  return events;
}

std::map<std::string, double> values(const test::World& world, const EdgeTable& window,
                                     const std::string& sensitive = "s0") {
  config::Diagnostics diagnostics;
  auto registry = Registry::build(
      world.cluster, {graph::Observation::kNodeAny, Form::kIntended, sensitive}, diagnostics);
  const PodGraph pods(window, world.cluster);
  const ServiceGraph services(pods);
  std::map<std::string, double> result;
  for (const Feature& feature : registry->compute({pods, services})) {
    result[feature.name] = feature.value;
  }
  return result;
}

EdgeTable random_window(test::Random& random, const test::World& world, std::size_t edge_count) {
  const auto node_count = static_cast<std::uint64_t>(world.entities.size()) + 1;
  std::vector<Edge> edges;
  for (std::size_t i = 0; i < edge_count; ++i) {
    const std::uint64_t source = random.below(node_count);
    const std::uint64_t target = random.below(node_count);
    const auto node = [](std::uint64_t n) {
      return n == 0 ? graph::kOutsideNode : graph::kFirstEntityNode + static_cast<NodeId>(n - 1);
    };
    edges.push_back({.source = node(source),
                     .target = node(target),
                     .counts = {1, random.below(3) == 0 ? 0 : 1 + random.below(1000000)}});
  }
  return EdgeTable::from(edges);
}

void expect_same(double actual, double expected, const std::string& what) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(actual)) << what << " is " << actual;
  } else {
    EXPECT_NEAR(actual, expected, 1e-9 * std::max(1.0, std::abs(expected))) << what;
  }
}

std::string class_name(const test::World& world, NodeId node) {
  return world.cluster.class_name(world.cluster.class_of(node));
}

double naive_variation(const std::vector<double>& values) {
  if (values.empty()) return kNan;
  double mean = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  double variance = 0;
  for (const double value : values) {
    variance += (value - mean) * (value - mean) / static_cast<double>(values.size());
  }
  return values.size() == 1 ? 0.0 : (mean == 0 ? kNan : std::sqrt(variance) / mean);
}

TEST(Oracle, ReciprocityAndEdgeVariationAreTheirDefinitions) {
  const test::World world(many_services(4, 3));
  test::Random random(1);
  for (int round = 0; round < 40; ++round) {
    const EdgeTable window = random_window(random, world, 10 + random.below(80));
    const auto actual = values(world, window);
    for (const auto& [name, value] : actual) {
      double mutual = 0;
      double total = 0;
      std::vector<double> weights;
      const std::string inner = name.substr(name.find('(') + 1, name.size() - name.find('(') - 2);
      const std::size_t split = inner.find_first_of(",>");
      if (split == std::string::npos || name.starts_with("bytes(")) continue;
      const std::string first = inner.substr(0, split);
      const std::string second = inner.substr(split + 1);
      for (const Edge& edge : window.edges()) {
        if (edge.counts.bytes == 0) continue;
        const std::string from = class_name(world, edge.source);
        const std::string to = class_name(world, edge.target);
        const auto weight = static_cast<double>(edge.counts.bytes);
        if ((from == first && to == second) || (from == second && to == first)) {
          total += weight;
          const Edge* back = window.find(edge.target, edge.source);
          if (back != nullptr && edge.source != edge.target) {
            mutual += std::min(weight, static_cast<double>(back->counts.bytes));
          }
        }
        if (from == first && to == second && world.cluster.kind(edge.source) != NodeKind::kVip &&
            world.cluster.kind(edge.target) != NodeKind::kVip) {
          weights.push_back(weight);
        }
      }
      if (name.starts_with("reciprocity")) {
        expect_same(value, total == 0 ? kNan : mutual / total, name);
      } else {
        expect_same(value, naive_variation(weights), name);
      }
    }
  }
}

TEST(Oracle, HarmonicCentralityIsTheOneOfAllPairsShortestPaths) {
  const test::World world(many_services(6, 2));
  test::Random random(2);
  for (int round = 0; round < 40; ++round) {
    const EdgeTable window = random_window(random, world, random.below(60));
    const std::size_t n = world.cluster.class_count();
    std::vector<std::vector<double>> bytes(n, std::vector<double>(n, 0.0));
    double total = 0;
    for (const Edge& edge : window.edges()) {
      const auto weight = static_cast<double>(edge.counts.bytes);
      bytes[world.cluster.class_of(edge.source)][world.cluster.class_of(edge.target)] += weight;
      total += weight;
    }
    // Floyd and Warshall.
    std::vector<std::vector<double>> distance(n, std::vector<double>(n));
    std::vector<bool> present(n, false);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        distance[i][j] =
            bytes[i][j] > 0 ? total / bytes[i][j] : std::numeric_limits<double>::infinity();
        if (bytes[i][j] > 0) present[i] = present[j] = true;
      }
    }
    for (std::size_t k = 0; k < n; ++k) {
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < n; ++j) {
          distance[i][j] = std::min(distance[i][j], distance[i][k] + distance[k][j]);
        }
      }
    }
    const auto actual = values(world, window);
    for (graph::ClassId id = 0; id < n; ++id) {
      const std::string name = "harmonic_centrality(" + world.cluster.class_name(id) + ")";
      if (!actual.contains(name)) continue;
      double sum = present[id] ? 0.0 : kNan;
      for (std::size_t other = 0; other < n; ++other) {
        if (other != id) sum += 1.0 / distance[other][id];
      }
      expect_same(actual.at(name), sum, name);
    }
  }
}

// raw by the pseudo-inverse of the whole Laplacian, of the part with outside in it.
std::vector<double> naive_currents(const PodGraph& graph, const test::World& world) {
  const std::size_t n = graph.nodes().size();
  Eigen::MatrixXd wires = Eigen::MatrixXd::Zero(static_cast<int>(n), static_cast<int>(n));
  for (const graph::PodEdge& edge : graph.edges()) {
    if (edge.source == edge.target) continue;
    const auto weight = static_cast<double>(edge.counts.bytes);
    wires(edge.source, edge.target) += weight;
    wires(edge.target, edge.source) += weight;
  }
  std::vector<double> raw(n, kNan);
  const auto outside = graph.find(graph::kOutsideNode);
  if (!outside) return {};
  std::vector<std::uint32_t> queue = {*outside};
  std::vector<bool> reached(n, false);
  reached[*outside] = true;
  for (std::size_t i = 0; i < queue.size(); ++i) {
    for (std::uint32_t j = 0; j < n; ++j) {
      if (wires(queue[i], j) > 0 && !reached[j]) {
        reached[j] = true;
        queue.push_back(j);
      }
    }
  }
  Eigen::MatrixXd laplacian = Eigen::MatrixXd::Zero(static_cast<int>(n), static_cast<int>(n));
  for (std::size_t i = 0; i < n; ++i) {
    if (!reached[i]) continue;
    raw[i] = 0;
    for (std::size_t j = 0; j < n; ++j) {
      const auto a = static_cast<int>(i);
      const auto b = static_cast<int>(j);
      laplacian(a, a) += wires(a, b);
      laplacian(a, b) -= wires(a, b);
    }
  }
  const Eigen::MatrixXd inverse = laplacian.completeOrthogonalDecomposition().pseudoInverse();
  bool any = false;
  for (std::uint32_t s = 0; s < n; ++s) {
    if (!reached[s] || graph.nodes()[s].kind != NodeKind::kPod ||
        graph.nodes()[s].class_id != world.class_named("s0")) {
      continue;
    }
    any = true;
    const Eigen::VectorXd potential = inverse.col(s) - inverse.col(*outside);
    for (std::uint32_t v = 0; v < n; ++v) {
      for (std::uint32_t u = 0; u < n; ++u) {
        if (reached[v] && u != v) {
          raw[v] += 0.5 * std::abs(wires(v, u) * (potential[v] - potential[u]));
        }
      }
    }
  }
  return any ? raw : std::vector<double>{};
}

void expect_naive_currents(const test::World& world, const EdgeTable& window) {
  const Services services(world.cluster, graph::Observation::kNodeAny);
  CurrentFlow flow(services, services.slot_of[world.class_named("s0")], Form::kIntended);
  const PodGraph pods(window, world.cluster);
  const auto actual = flow.currents(pods);
  const std::vector<double> expected = naive_currents(pods, world);
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expect_same(actual[i], expected[i], world.cluster.node_name(pods.nodes()[i].id));
  }
}

TEST(Oracle, CurrentFlowIsTheOneOfThePseudoInverse) {
  const test::World world(many_services(5, 3));
  test::Random random(3);
  for (int round = 0; round < 40; ++round) {
    expect_naive_currents(world, random_window(random, world, random.below(70)));
  }
}

TEST(Oracle, CurrentFlowIsTheSameByTheDenseSolver) {
  const test::World world(many_services(20, 4));
  test::Random random(4);
  expect_naive_currents(world, random_window(random, world, 3000));
}

Edge wire(NodeId low, NodeId high, std::uint64_t bytes) {
  return {.source = low, .target = high, .counts = {1, bytes}};
}

TEST(CurrentFlow, DividesBetweenBranchesAsOhmSays) {
  // From s0-0 three parallel ways out: by s1-0 (4 and 4 bytes in series conduct 2), by
  // s1-1 (6 and 3 conduct 2), by s1-2 (12 and 6 conduct 4): a quarter, a quarter, a half.
  const test::World world(many_services(2, 3));
  const NodeId source = world.pod("s0-0");
  const EdgeTable window = EdgeTable::from({
      wire(source, world.pod("s1-0"), 4), wire(world.pod("s1-0"), graph::kOutsideNode, 4),
      wire(world.pod("s1-1"), source, 6), wire(graph::kOutsideNode, world.pod("s1-1"), 3),
      wire(source, world.pod("s1-2"), 5), wire(world.pod("s1-2"), source, 7),
      wire(world.pod("s1-2"), graph::kOutsideNode, 6),
      wire(world.pod("s1-2"), world.pod("s1-2"), 1000),  // with itself: no current
      wire(world.pod("s0-2"), world.pod("s0-1"), 50),    // not connected
  });
  const Services services(world.cluster, graph::Observation::kNodeAny);
  CurrentFlow flow(services, services.slot_of[world.class_named("s0")], Form::kIntended);
  const PodGraph pods(window, world.cluster);
  const auto currents = flow.currents(pods);
  const auto at = [&](NodeId node) { return currents[*pods.find(node)]; };
  EXPECT_NEAR(at(source), 0.5, 1e-12);
  EXPECT_NEAR(at(graph::kOutsideNode), 0.5, 1e-12);
  EXPECT_NEAR(at(world.pod("s1-0")), 0.25, 1e-12);
  EXPECT_NEAR(at(world.pod("s1-1")), 0.25, 1e-12);
  EXPECT_NEAR(at(world.pod("s1-2")), 0.5, 1e-12);
  EXPECT_TRUE(std::isnan(at(world.pod("s0-1"))));

  const auto features = values(world, window);
  // Mean 1/3, deviations 1/12, 1/12, 1/6: sqrt(1/72) over 1/3.
  EXPECT_NEAR(features.at("current_flow_variation(s1)"), 3 * std::sqrt(1.0 / 72.0), 1e-12);
  EXPECT_EQ(features.at("current_flow_variation(s0)"), 0.0) << "one pod is connected";
}

TEST(CurrentFlow, IsUndefinedWhereNoSensitivePodIsConnected) {
  const test::World world(many_services(3, 2));
  const auto features =
      values(world, EdgeTable::from({wire(world.pod("s1-0"), graph::kOutsideNode, 5),
                                     wire(world.pod("s0-0"), world.pod("s2-0"), 5)}));
  for (const auto& [name, value] : features) {
    EXPECT_TRUE(std::isnan(value) || !name.starts_with("current_flow")) << name;
  }
}

class VipWindow : public ::testing::Test {
 protected:
  // s1-0 asks s0 by its VIP, is served by both of its pods, and is answered.
  std::vector<Edge> served() const {
    const NodeId client = world_.pod("s1-0");
    return {wire(client, world_.vip("s0"), 300),       wire(client, world_.pod("s0-0"), 100),
            wire(client, world_.pod("s0-1"), 200),     wire(world_.vip("s0"), client, 7000),
            wire(world_.pod("s0-0"), client, 3000),    wire(world_.pod("s0-1"), client, 4000),
            wire(client, graph::kOutsideNode, 1000000)};
  }
  double deviation(const std::vector<Edge>& edges) const {
    return values(world_, EdgeTable::from(edges)).at("vip_deviation");
  }

  const test::World world_{many_services(3, 2)};
};

TEST_F(VipWindow, HasNoDeviationWhereEveryByteCameByTheVip) { EXPECT_EQ(deviation(served()), 0.0); }

TEST_F(VipWindow, ShowsWhatWentAroundTheVip) {
  std::vector<Edge> edges = served();
  edges.push_back(wire(world_.pod("s0-0"), world_.pod("s1-0"), 500));
  EXPECT_DOUBLE_EQ(deviation(edges), 500.0 / 7800.0);
}

TEST_F(VipWindow, ShowsAPodThatNeverUsedTheVip) {
  std::vector<Edge> edges = served();
  edges.push_back(wire(world_.pod("s0-0"), world_.pod("s1-1"), 500));
  EXPECT_DOUBLE_EQ(deviation(edges), 500.0 / 7800.0);
}

TEST_F(VipWindow, ShowsServicesThatNeverUsedEachOthersVips) {
  std::vector<Edge> edges = served();
  edges.push_back(wire(world_.pod("s0-0"), world_.pod("s2-1"), 500));
  edges.push_back(wire(world_.pod("s0-0"), world_.pod("s0-1"), 900));  // among themselves
  EXPECT_DOUBLE_EQ(deviation(edges), 500.0 / 7800.0);
}

TEST_F(VipWindow, ExemptsAServiceWithoutAddress) {
  std::vector<entity::Event> events = many_services(2, 2);
  events.push_back(test::pod_event("loose-0", "10.250.0.1", "default", "app", "loose"));
  const test::World world(events);
  const auto features =
      values(world, EdgeTable::from({wire(world.pod("s0-0"), world.pod("loose-0"), 500)}));
  EXPECT_TRUE(std::isnan(features.at("vip_deviation")));
}

TEST(Registry, LeavesOutInMirrorWhatNeedsVips) {
  const test::World world(many_services(3, 2));
  config::Diagnostics diagnostics;
  auto registry = Registry::build(
      world.cluster, {graph::Observation::kMirror, Form::kIntended, "s0"}, diagnostics);
  ASSERT_TRUE(registry);
  // s0, s1, s2, outside, unknown: 15 - 2, 20, 5, 5, 4, 20.
  EXPECT_EQ(registry->columns().size(), 67U);
  for (const std::string& name : registry->columns()) EXPECT_NE(name, "vip_deviation");
}

TEST(Registry, GivesNothingButNanForAnEmptyWindow) {
  const test::World world(many_services(3, 2));
  for (const auto& [name, value] : values(world, EdgeTable())) {
    EXPECT_TRUE(std::isnan(value)) << name;
  }
  // Edges without bytes are no traffic either.
  for (const auto& [name, value] :
       values(world, EdgeTable::from({wire(world.pod("s0-0"), world.pod("s1-0"), 0)}))) {
    EXPECT_TRUE(std::isnan(value)) << name;
  }
}

TEST(Registry, SaysWhichServicesThereAreWhenTheSensitiveOneIsNot) {
  const test::World world(many_services(2, 1));
  for (const std::string name : {"s9", "outside", ""}) {
    config::Diagnostics diagnostics;
    EXPECT_FALSE(Registry::build(
        world.cluster, {graph::Observation::kMirror, Form::kIntended, name}, diagnostics));
    ASSERT_EQ(diagnostics.all().size(), 1U);
    EXPECT_EQ(diagnostics.all()[0].message,
              "sensitive service: the cluster has no application `" + name + "`");
    EXPECT_EQ(diagnostics.all()[0].hint, "its applications are: s0, s1");
  }
}

TEST(Registry, ComputesTheSameAfterOtherWindows) {
  const test::World world(many_services(5, 3));
  config::Diagnostics diagnostics;
  auto registry = Registry::build(
      world.cluster, {graph::Observation::kNodeAny, Form::kIntended, "s0"}, diagnostics);
  test::Random random(9);
  PodGraph pods;
  ServiceGraph services;
  for (int round = 0; round < 30; ++round) {
    const EdgeTable window = random_window(random, world, random.below(90));
    pods.build(window, world.cluster);
    services.build(pods);
    const auto fresh = values(world, window);
    for (const Feature& feature : registry->compute({pods, services})) {
      const double expected = fresh.at(feature.name);
      EXPECT_TRUE(feature.value == expected || (std::isnan(feature.value) && std::isnan(expected)))
          << feature.name;
    }
  }
}

}  // namespace
}  // namespace mimir::invariant
