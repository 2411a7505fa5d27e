// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/ego_net.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "tests/random.h"
#include "tests/tools/evaluation/small_shop.h"

namespace mimir::evaluation {
namespace {

// Every pair of nodes asked plainly.
EgoNet naive(const graph::PodGraph& graph, std::uint32_t node) {
  const auto between = [&](std::uint32_t a, std::uint32_t b) {
    return static_cast<double>(graph.bytes(a, b) + graph.bytes(b, a));
  };
  std::vector<std::uint32_t> members = {node};
  const auto size = static_cast<std::uint32_t>(graph.nodes().size());
  for (std::uint32_t other = 0; other < size; ++other) {
    if (other != node && between(node, other) > 0) members.push_back(other);
  }
  EgoNet net;
  net.neighbor_count = static_cast<std::uint32_t>(members.size() - 1);
  for (std::size_t i = 0; i < members.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double bytes = between(members[i], members[j]);
      if (bytes > 0) ++net.edge_count;
      net.bytes += bytes;
    }
  }
  return net;
}

TEST(EgoNets, AreThoseOfAskingEveryPair) {
  const test::SmallShop shop;
  test::Random random(5);
  for (int round = 0; round < 20; ++round) {
    std::vector<graph::Edge> edges;
    for (int i = 0; i < 25; ++i) {
      edges.push_back({static_cast<graph::NodeId>(random.below(11)),
                       static_cast<graph::NodeId>(random.below(11)),
                       {1, 1 + random.below(1000)}});
    }
    const graph::PodGraph graph(graph::EdgeTable::from(edges), shop.world.cluster);
    const auto nets = ego_nets(graph);
    for (std::uint32_t node = 0; node < nets.size(); ++node) {
      const EgoNet expected = naive(graph, node);
      EXPECT_EQ(nets[node].neighbor_count, expected.neighbor_count);
      EXPECT_EQ(nets[node].edge_count, expected.edge_count);
      EXPECT_EQ(nets[node].bytes, expected.bytes);
    }
  }
}

TEST(PowerLaw, FindsTheLawThatMadeThePoints) {
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 1; i < 30; ++i) {
    x.push_back(i);
    y.push_back(3 * std::pow(i, 1.4));
  }
  const PowerLaw law = PowerLaw::fit(x, y);
  EXPECT_NEAR(law.scale, 3, 1e-9);
  EXPECT_NEAR(law.exponent, 1.4, 1e-9);
  EXPECT_EQ(outlierness(law, 0, 0), 0);
  // Ten times the law at 8: 10 ln(9 x 3 x 8^1.4 + 1).
  const double expected = 3 * std::pow(8, 1.4);
  EXPECT_NEAR(outlierness(law, 8, 10 * expected), 10 * std::log(9 * expected + 1), 1e-6);
  EXPECT_EQ(PowerLaw::fit(std::vector<double>{2, 2}, std::vector<double>{3, 5}).exponent, 0);
}

}  // namespace
}  // namespace mimir::evaluation
