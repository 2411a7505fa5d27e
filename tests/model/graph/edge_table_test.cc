// SPDX-License-Identifier: Apache-2.0
#include "model/graph/edge_table.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "model/graph/node_table.h"
#include "tests/model/graph/wordpress.h"
#include "tests/random.h"

namespace mimir::graph {
namespace {

using test::address_of;

std::vector<Edge> random_edges(test::Random& random, std::size_t count) {
  std::vector<Edge> edges(count);
  for (Edge& edge : edges) {
    edge = {.source = static_cast<NodeId>(random.below(9)),
            .target = static_cast<NodeId>(random.below(9)),
            .counts = {.packets = random.below(5),
                       .bytes = random.below(4) * 100,
                       .applications = 1U << random.below(4)}};
  }
  return edges;
}

std::map<std::pair<NodeId, NodeId>, Counts> naive_sum(const std::vector<Edge>& edges) {
  std::map<std::pair<NodeId, NodeId>, Counts> sum;
  for (const Edge& edge : edges) {
    Counts& counts = sum[{edge.source, edge.target}];
    counts.packets += edge.counts.packets;
    counts.bytes += edge.counts.bytes;
    counts.applications |= edge.counts.applications;
  }
  return sum;
}

TEST(EdgeTable, IsTheSumOfItsEdgesInWhateverOrderTheyMerge) {
  test::Random random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::vector<Edge>> parts(5);
    std::vector<Edge> all;
    for (auto& part : parts) {
      part = random_edges(random, random.below(40));
      all.insert(all.end(), part.begin(), part.end());
    }
    std::vector<std::size_t> order = {0, 1, 2, 3, 4};
    const EdgeTable expected = EdgeTable::from(all);
    do {
      EdgeTable merged;
      for (const std::size_t i : order) merged.merge(EdgeTable::from(parts[i]));
      ASSERT_EQ(merged, expected);
    } while (std::next_permutation(order.begin(), order.end()));

    const auto sum = naive_sum(all);
    ASSERT_EQ(expected.edges().size(), sum.size()) << "edges without bytes are kept";
    auto next = sum.begin();
    for (const Edge& edge : expected.edges()) {
      EXPECT_EQ(std::pair(edge.source, edge.target), next->first);
      EXPECT_EQ(edge.counts, next->second);
      ++next;
    }
  }
}

TEST(EdgeTable, FindsTheEdgesItHasAndNoOthers) {
  const EdgeTable table = EdgeTable::from({{.source = 3, .target = 1, .counts = {1, 10}},
                                           {.source = 1, .target = 3, .counts = {0, 0}}});
  ASSERT_NE(table.find(3, 1), nullptr);
  EXPECT_EQ(table.find(3, 1)->counts, (Counts{1, 10}));
  EXPECT_NE(table.find(1, 3), nullptr);
  EXPECT_EQ(table.find(1, 1), nullptr);
  EXPECT_EQ(table.find(3, 3), nullptr);
  EXPECT_EQ(EdgeTable().find(0, 0), nullptr);
}

entity::Event at(TimeNs time_ns, entity::Event event) {
  event.time_ns = time_ns;
  return event;
}

FlowRecord record(const Address& low, const Address& high, TimeNs first_ns, Counts up,
                  Counts down) {
  FlowRecord result;
  result.key.low_address = low;
  result.key.high_address = high;
  result.first_ns = first_ns;
  result.last_ns = first_ns + 60;  // when the address may be another's
  result.packets = {up.packets, down.packets};
  result.bytes = {up.bytes, down.bytes};
  return result;
}

TEST(EdgesOf, AnAddressMeansItsHolderAtTheRecordsTime) {
  const Address shared = address_of("10.0.0.5");
  const Address other = address_of("10.0.0.9");
  const test::World world({at(0, test::pod_event("old-0", "10.0.0.5", "default", "app", "old")),
                           at(0, test::pod_event("peer-0", "10.0.0.9", "default", "app", "peer")),
                           at(100, test::pod_event("new-0", "10.0.0.5", "default", "app", "new"))});
  std::vector<FlowRecord> records = {record(shared, other, 50, {1, 60}, {2, 120}),
                                     record(shared, other, 60, {1, 40}, {0, 0}),
                                     record(shared, other, 150, {3, 180}, {0, 0})};
  records[0].application = Application::kHttp1;
  records[1].application = Application::kTls;
  Window window;
  window.records = records;
  NodeTable nodes(world.entities.size());
  const EdgeTable table = edges_of(window, world.entities, nodes);

  ASSERT_EQ(table.edges().size(), 4U);
  // http1 and tls are 1 and 21: both ways, and nothing of who had the address later.
  EXPECT_EQ(table.find(world.pod("old-0"), world.pod("peer-0"))->counts,
            (Counts{2, 100, 0x200002}));
  EXPECT_EQ(table.find(world.pod("peer-0"), world.pod("old-0"))->counts,
            (Counts{2, 120, 0x200002}));
  EXPECT_EQ(table.find(world.pod("new-0"), world.pod("peer-0"))->counts, (Counts{3, 180}));
  EXPECT_EQ(table.find(world.pod("peer-0"), world.pod("new-0"))->counts, (Counts{0, 0}));
}

TEST(NodeTable, NumbersAddressesByAppearanceBehindTheEntities) {
  NodeTable nodes(10);
  EXPECT_EQ(nodes.intern(address_of("9.9.9.9")), 12U);
  EXPECT_EQ(nodes.intern(address_of("1.1.1.1")), 13U);
  EXPECT_EQ(nodes.intern(address_of("9.9.9.9")), 12U);
  EXPECT_TRUE(nodes.is_address(12));
  EXPECT_TRUE(nodes.is_entity(11));
  EXPECT_FALSE(nodes.is_entity(kUnknownNode));
  EXPECT_EQ(nodes.address(13), address_of("1.1.1.1"));
  EXPECT_EQ(nodes.find(address_of("8.8.8.8")), std::nullopt);
  nodes.clear();
  EXPECT_EQ(nodes.intern(address_of("1.1.1.1")), 12U);
}

}  // namespace
}  // namespace mimir::graph
