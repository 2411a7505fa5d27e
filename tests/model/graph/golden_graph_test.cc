// SPDX-License-Identifier: Apache-2.0
// Real traffic: two windows of 10 s of a WordPress run, against the figures that an
// independent implementation gave for them.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/graph/edge_table.h"
#include "model/graph/pod_graph.h"
#include "model/graph/reduction.h"
#include "model/graph/service_graph.h"
#include "tests/model/graph/wordpress.h"

namespace mimir::graph {
namespace {

using test::address_of;
using test::wordpress_pod;
using test::World;

class WordpressWindow : public ::testing::Test {
 protected:
  void SetUp() override {
    for (std::size_t i = 0; i < 2; ++i) {
      const auto conversations = test::wordpress_conversations(883 + static_cast<int>(i));
      if (!conversations) GTEST_SKIP() << "the recorded conversations are not there";
      conversation_count_[i] = conversations->size();
      named_[i] = edges_of(*conversations, world_.entities, nodes_);
      reduced_[i] = reduce(named_[i], nodes_, world_.cluster, test::wordpress_observation());
      pods_[i].build(reduced_[i].edges, world_.cluster);
      services_[i].build(pods_[i]);
    }
  }

  Counts between(std::size_t window, NodeId source, NodeId target) const {
    const Edge* edge = reduced_[window].edges.find(source, target);
    return edge == nullptr ? Counts{} : edge->counts;
  }
  Counts class_counts(std::size_t window, const char* source, const char* target) const {
    return services_[window].counts(world_.class_named(source), world_.class_named(target));
  }

  const World world_{test::wordpress_events()};
  NodeTable nodes_{world_.entities.size()};
  std::array<std::size_t, 2> conversation_count_{};
  std::array<EdgeTable, 2> named_;
  std::array<Reduction, 2> reduced_;
  std::array<PodGraph, 2> pods_;
  std::array<ServiceGraph, 2> services_;
};

TEST_F(WordpressWindow, HasTheCountedNodesAndEdgesAtEveryStage) {
  EXPECT_EQ(conversation_count_, (std::array<std::size_t, 2>{149, 140}));
  EXPECT_EQ(named_[0].total(), (Counts{104745, 87602994}));
  EXPECT_EQ(named_[1].total(), (Counts{93932, 80530991}));
  EXPECT_EQ(named_[0].edges().size(), 295U);
  EXPECT_EQ(named_[1].edges().size(), 278U);

  const std::array<std::size_t, 2> without_bytes = {17, 14};
  const std::array<std::size_t, 2> pod_edges = {241, 237};
  const std::array<std::uint64_t, 2> pod_bytes = {80385540, 73604265};
  for (std::size_t i = 0; i < 2; ++i) {
    std::size_t zero = 0;
    for (const Edge& edge : named_[i].edges()) zero += edge.counts.bytes == 0 ? 1 : 0;
    EXPECT_EQ(zero, without_bytes[i]);
    EXPECT_EQ(pods_[i].nodes().size(), 21U);
    EXPECT_EQ(pods_[i].edges().size(), pod_edges[i]);
    EXPECT_EQ(reduced_[i].edges.edges().size(), pod_edges[i]) << "none lacks bytes here";
    EXPECT_EQ(pods_[i].total().bytes, pod_bytes[i]);
    EXPECT_EQ(reduced_[i].bytes.kept, pod_bytes[i]);
    EXPECT_EQ(reduced_[i].bytes.total(), named_[i].total().bytes);
  }
  EXPECT_EQ(pods_[0].into_outside(), (Counts{5014, 13954820}));
  EXPECT_EQ(pods_[1].into_outside(), (Counts{4848, 13539981}));
}

TEST_F(WordpressWindow, CountsExternalTrafficOnceADirection) {
  const std::vector<std::pair<const char*, std::array<Counts, 2>>> expected = {
      {"24scj", {{{174, 769147}, {354, 40404}}}}, {"7bd6l", {{{106, 450712}, {202, 25976}}}},
      {"7fq6l", {{{152, 663025}, {284, 34300}}}}, {"clhq4", {{{134, 621005}, {272, 30450}}}},
      {"h5tj2", {{{143, 637308}, {280, 31774}}}}, {"nzwvr", {{{166, 758130}, {316, 37168}}}},
      {"qtxkf", {{{79, 334302}, {144, 18412}}}},  {"s8vfp", {{{101, 421590}, {214, 22974}}}},
      {"sgwls", {{{152, 726656}, {282, 31526}}}}, {"w9h7b", {{{207, 830587}, {418, 47134}}}},
      {"xnwx2", {{{133, 601002}, {274, 29800}}}}};
  for (const auto& [suffix, counts] : expected) {
    const NodeId pod = world_.pod(wordpress_pod(suffix));
    EXPECT_EQ(between(0, pod, kOutsideNode), counts[0]) << suffix;
    EXPECT_EQ(between(0, kOutsideNode, pod), counts[1]) << suffix;
  }
  const NodeId dns = world_.pod("kube-dns-86f4d74b45-vjpwb", "kube-system");
  EXPECT_EQ(between(0, dns, kOutsideNode), (Counts{10, 722}));
  EXPECT_EQ(between(0, kOutsideNode, dns), (Counts{42, 3930}));
}

TEST_F(WordpressWindow, ConservesBytesThroughTheServicesAddress) {
  const NodeId pod = world_.pod(wordpress_pod("24scj"));
  const NodeId vip = world_.vip("my-release-pxc");
  EXPECT_EQ(between(0, vip, pod), (Counts{1540, 3393122}));
  EXPECT_EQ(between(0, pod, vip), (Counts{1817, 263327}));
  Counts to_pod;
  Counts from_pod;
  for (int i = 0; i < 7; ++i) {
    const NodeId database = world_.pod("my-release-pxc-" + std::to_string(i));
    to_pod += between(0, database, pod);
    from_pod += between(0, pod, database);
  }
  EXPECT_EQ(to_pod, (Counts{1540, 3393122}));
  EXPECT_EQ(from_pod, (Counts{1817, 263327}));
}

TEST_F(WordpressWindow, HasTheEightEdgesBetweenServices) {
  struct Row {
    const char* source;
    const char* target;
    std::array<Counts, 2> counts;
  };
  const std::vector<Row> rows = {
      {"kube-dns", "outside", {{{10, 722}, {11, 790}}}},
      {"my-release-pxc", "my-release-pxc", {{{40392, 6529048}, {33634, 5232652}}}},
      {"my-release-pxc", "wwwppp-wordpress", {{{24054, 55467032}, {22370, 50727052}}}},
      {"outside", "kube-dns", {{{42, 3930}, {42, 3930}}}},
      {"outside", "outside", {{{3457, 7140634}, {3285, 6900843}}}},
      {"outside", "wwwppp-wordpress", {{{3040, 349918}, {3108, 358820}}}},
      {"wwwppp-wordpress", "my-release-pxc", {{{29162, 4080792}, {27352, 3741830}}}},
      {"wwwppp-wordpress", "outside", {{{1547, 6813464}, {1552, 6638348}}}},
  };
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(services_[i].edges().size(), rows.size());
    for (const Row& row : rows) {
      EXPECT_EQ(class_counts(i, row.source, row.target), row.counts[i])
          << row.source << " > " << row.target;
    }
  }
}

TEST_F(WordpressWindow, IsTheSameWhetherSummedBeforeOrAfterReduction) {
  EdgeTable named = named_[0];
  named.merge(named_[1]);
  EdgeTable reduced = reduced_[1].edges;
  reduced.merge(reduced_[0].edges);
  EXPECT_EQ(reduce(named, nodes_, world_.cluster, test::wordpress_observation()).edges, reduced);
}

TEST_F(WordpressWindow, NeedsAGatewayToTellRequestsFromProbes) {
  ObservationConfig config = test::wordpress_observation();
  config.gateway.reset();
  const Reduction reduction = reduce(named_[0], nodes_, world_.cluster, config);
  // Without one, the gateway is an address like any other, and so outside.
  const Edge* edge = reduction.edges.find(world_.pod(wordpress_pod("24scj")), kOutsideNode);
  ASSERT_NE(edge, nullptr);
  EXPECT_EQ(edge->counts, (Counts{174 + 192, 769147 + 776495}));
}

}  // namespace
}  // namespace mimir::graph
