// SPDX-License-Identifier: Apache-2.0
#include "model/graph/reduction.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/graph/observation.h"
#include "model/graph/pod_graph.h"
#include "model/graph/service_graph.h"
#include "tests/model/graph/wordpress.h"
#include "tests/random.h"

namespace mimir::graph {
namespace {

using test::address_of;

entity::Event node_event(std::string name, std::string_view address) {
  entity::Event event = test::pod_event(std::move(name), address, "", "", "");
  event.entity.kind = entity::Kind::kNode;
  return event;
}

std::vector<entity::Event> shop() {
  return {
      node_event("n1", "10.0.1.1"),
      test::service_event("user", "10.96.0.5", "shop", "app", "user"),
      test::pod_event("user-0", "10.244.1.5", "shop", "app", "user"),
      test::pod_event("user-db-0", "10.244.2.6", "shop", "app", "user-db"),
      test::pod_event("etcd-n1", "10.244.2.9", "kube-system", "component", "etcd"),
  };
}

Conversation said(std::string_view first, std::string_view second, std::uint64_t there,
                  std::uint64_t back) {
  return {.first = address_of(first),
          .second = address_of(second),
          .first_to_second = {.packets = 1, .bytes = there},
          .second_to_first = {.packets = 1, .bytes = back}};
}

class Mirror : public ::testing::Test {
 protected:
  Reduction reduced(const std::vector<Conversation>& conversations,
                    const ObservationConfig& config) {
    nodes_.clear();
    return reduce(edges_of(conversations, world_.entities, nodes_), nodes_, world_.cluster, config);
  }

  const test::World world_{shop()};
  const ObservationConfig config_ = propose_cidrs({}, world_.entities);
  NodeTable nodes_{world_.entities.size()};
};

TEST_F(Mirror, PutsEveryByteUnderOneHeading) {
  const Reduction reduction = reduced(
      {
          said("10.244.1.5", "10.244.2.6", 1, 2),          // pod with pod
          said("10.244.1.5", "198.51.100.7", 4, 8),        // with two users outside
          said("10.244.1.5", "2001:db8::7", 16, 32),       //
          said("10.244.1.5", "10.244.1.99", 64, 128),      // nobody's, in the pods' range
          said("10.244.1.5", "192.168.4.4", 256, 512),     // private, nobody's
          said("10.244.1.5", "10.0.1.1", 1024, 2048),      // the machine
          said("10.0.1.1", "198.51.100.7", 4096, 8192),    // translated copy of egress
          said("10.244.1.5", "10.244.2.9", 16384, 32768),  // infrastructure
          said("10.244.1.5", "224.0.0.251", 65536, 0),     // multicast
          said("198.51.100.7", "203.0.113.9", 131072, 0),  // passing by
      },
      config_);
  EXPECT_EQ(reduction.bytes.kept, 1U + 2 + 4 + 8 + 16 + 32);
  EXPECT_EQ(reduction.bytes.kept_unknown, 64U + 128 + 256 + 512);
  EXPECT_EQ(reduction.bytes.cluster_nodes, 1024U + 2048 + 4096 + 8192);
  EXPECT_EQ(reduction.bytes.infrastructure, 16384U + 32768);
  EXPECT_EQ(reduction.bytes.foreign, 65536U + 131072);
  EXPECT_EQ(reduction.bytes.unmapped + reduction.bytes.duplicate, 0U);
  EXPECT_EQ(reduction.bytes.total(), 262143U);
  EXPECT_DOUBLE_EQ(reduction.bytes.unmapped_share(), 960.0 / 262143.0);

  const NodeId user = world_.pod("user-0", "shop");
  EXPECT_EQ(reduction.edges.edges().size(), 6U);
  EXPECT_EQ(reduction.edges.find(user, kOutsideNode)->counts, (Counts{2, 20}));
  EXPECT_EQ(reduction.edges.find(kOutsideNode, user)->counts, (Counts{2, 40}));
  EXPECT_EQ(reduction.edges.find(user, kUnknownNode)->counts, (Counts{2, 320}));
}

TEST_F(Mirror, TakesAPrivateRangeForOutsideWhenToldSo) {
  ObservationConfig config = config_;
  config.outside_cidrs = {entity::parse_cidr("192.168.0.0/16").value()};
  const Reduction reduction = reduced({said("10.244.1.5", "192.168.4.4", 5, 6)}, config);
  EXPECT_EQ(reduction.bytes.kept, 11U);
  EXPECT_EQ(reduction.bytes.kept_unknown, 0U);
}

TEST_F(Mirror, KnowsAPublicRangeThatTheClusterUses) {
  ObservationConfig config = config_;
  config.pod_cidrs = {entity::parse_cidr("100.200.0.0/16").value()};
  config.node_cidrs = {entity::parse_cidr("2001:db8:1::/64").value()};
  EXPECT_EQ(classify(address_of("100.200.3.4"), config), AddressClass::kUnknown);
  EXPECT_EQ(classify(address_of("100.201.3.4"), config), AddressClass::kOutside);
  EXPECT_EQ(classify(address_of("2001:db8:1::5"), config), AddressClass::kNode);
  EXPECT_EQ(classify(address_of("2001:db8:2::5"), config), AddressClass::kOutside);
}

// A node's own view, in small: user-0 is spoken to from outside and is probed,
// user-db-0 is only probed, and the gateway is 172.17.0.1.
class NodeAny : public Mirror {
 protected:
  const ObservationConfig node_any_{.point = Observation::kNodeAny,
                                    .gateway = address_of("172.17.0.1")};
  const std::vector<Conversation> conversations_ = {
      said("172.17.0.1", "10.244.1.5", 100, 7000),   // requests and probes; answers to both
      said("10.244.1.5", "198.51.100.7", 6000, 0),   // the answers again, to the user
      said("172.17.0.1", "10.244.2.6", 30, 40),      // probes alone
      said("10.244.1.5", "10.244.2.6", 500, 900),    //
      said("10.244.1.5", "172.17.0.9", 11, 12),      // beside the gateway, nobody's
      said("127.0.0.1", "127.0.0.1", 13, 0),         //
      said("198.51.100.7", "198.51.100.8", 14, 15),  // outside with itself
      said("10.244.1.5", "10.0.1.1", 16, 17),        // the machine
  };
};

TEST_F(NodeAny, MakesOneConversationWithOutsideOfTheTwoThatAreSeen) {
  const Reduction reduction = reduced(conversations_, node_any_);
  const NodeId user = world_.pod("user-0", "shop");
  EXPECT_EQ(reduction.edges.find(user, kOutsideNode)->counts, (Counts{1, 6000}));
  EXPECT_EQ(reduction.edges.find(kOutsideNode, user)->counts, (Counts{2, 100}))
      << "the edge without bytes had a packet here";
  EXPECT_EQ(reduction.edges.find(kOutsideNode, kOutsideNode)->counts, (Counts{2, 29}));
  EXPECT_EQ(reduction.edges.edges().size(), 5U);
  EXPECT_EQ(reduction.bytes.kept, 6000U + 100 + 500 + 900 + 29);
  EXPECT_EQ(reduction.bytes.duplicate, 7000U);
  EXPECT_EQ(reduction.bytes.cluster_nodes, 30U + 40 + 16 + 17);
  EXPECT_EQ(reduction.bytes.unmapped, 23U);
  EXPECT_EQ(reduction.bytes.foreign, 13U);
  EXPECT_EQ(reduction.bytes.kept_unknown + reduction.bytes.infrastructure, 0U);
}

TEST_F(NodeAny, LeavesTheGatewayAloneWhereNothingIsOutside) {
  const Reduction reduction = reduced({said("172.17.0.1", "10.244.2.6", 30, 40)}, node_any_);
  EXPECT_TRUE(reduction.edges.empty());
  EXPECT_EQ(reduction.bytes.unmapped, 70U);
}

TEST(Classify, FollowsTheRegistriesAtTheirEdges) {
  const ObservationConfig config;
  const std::vector<std::pair<std::string, AddressClass>> rows = {
      {"0.0.0.0", AddressClass::kIgnored},
      {"9.255.255.255", AddressClass::kOutside},
      {"10.0.0.0", AddressClass::kUnknown},
      {"10.255.255.255", AddressClass::kUnknown},
      {"11.0.0.0", AddressClass::kOutside},
      {"100.63.255.255", AddressClass::kOutside},
      {"100.64.0.0", AddressClass::kUnknown},
      {"100.127.255.255", AddressClass::kUnknown},
      {"100.128.0.0", AddressClass::kOutside},
      {"127.0.0.53", AddressClass::kIgnored},
      {"169.254.169.254", AddressClass::kUnknown},
      {"172.15.255.255", AddressClass::kOutside},
      {"172.16.0.0", AddressClass::kUnknown},
      {"172.32.0.0", AddressClass::kOutside},
      {"192.0.2.1", AddressClass::kOutside},
      {"192.168.0.1", AddressClass::kUnknown},
      {"223.255.255.255", AddressClass::kOutside},
      {"224.0.0.1", AddressClass::kIgnored},
      {"255.255.255.255", AddressClass::kIgnored},
      {"::", AddressClass::kIgnored},
      {"::1", AddressClass::kIgnored},
      {"::2", AddressClass::kOutside},
      {"fbff::1", AddressClass::kOutside},
      {"fc00::1", AddressClass::kUnknown},
      {"fdff::1", AddressClass::kUnknown},
      {"fe80::1", AddressClass::kUnknown},
      {"ff02::fb", AddressClass::kIgnored},
      {"2001:db8::1", AddressClass::kOutside},
  };
  for (const auto& [text, expected] : rows) {
    EXPECT_EQ(classify(address_of(text), config), expected) << text;
  }
}

std::vector<std::string> texts(const std::vector<entity::Cidr>& cidrs) {
  std::vector<std::string> result;
  for (const entity::Cidr& cidr : cidrs) result.push_back(entity::to_text(cidr));
  return result;
}

// Address by address, in a range that every list and two registries divide.
TEST(ReachesOutside, IsWhetherAnyAddressIsOutside) {
  const auto cidr = [](std::string_view text) { return entity::parse_cidr(text).value(); };
  const ObservationConfig config{.pod_cidrs = {cidr("172.32.1.0/25")},
                                 .node_cidrs = {cidr("172.32.0.7/32")},
                                 .outside_cidrs = {cidr("172.31.255.240/28")}};
  test::Random random(3);
  int reached = 0;
  for (int round = 0; round < 2000; ++round) {
    const auto draw = [&random](std::uint32_t base, std::uint64_t span, std::uint64_t bits_min) {
      const auto bits = static_cast<std::uint8_t>(bits_min + random.below(33 - bits_min));
      const auto address = static_cast<std::uint32_t>(base + random.below(span));
      const std::uint32_t mask = bits == 0 ? 0 : ~std::uint32_t{0} << (32 - bits);
      return entity::Cidr{.base = Address::from_ipv4(address & mask), .prefix_bits = bits};
    };
    const entity::Cidr range = draw(0xac1ffe00, 1024, 22);
    std::vector<entity::Cidr> except;
    const std::uint64_t except_count = random.below(4);
    for (std::uint64_t i = 0; i < except_count; ++i) {
      except.push_back(draw(range.base.ipv4(), std::uint64_t{1} << (32 - range.prefix_bits), 23));
    }
    bool expected = false;
    const std::uint64_t size = std::uint64_t{1} << (32 - range.prefix_bits);
    for (std::uint64_t i = 0; i < size && !expected; ++i) {
      const auto address = Address::from_ipv4(static_cast<std::uint32_t>(range.base.ipv4() + i));
      const bool is_excepted = std::any_of(except.begin(), except.end(), [&](const auto& hole) {
        return entity::contains(hole, address);
      });
      expected = !is_excepted && classify(address, config) == AddressClass::kOutside;
    }
    ASSERT_EQ(reaches_outside(range, except, config), expected) << entity::to_text(range);
    reached += expected ? 1 : 0;
  }
  EXPECT_GT(reached, 400);
  EXPECT_LT(reached, 1600);
  EXPECT_TRUE(reaches_outside(cidr("0.0.0.0/0"), {}, config));
  EXPECT_TRUE(reaches_outside(cidr("::/0"), {}, config));
  EXPECT_FALSE(
      reaches_outside(cidr("fc00::/6"), std::vector{cidr("fe00::/7"), cidr("fc00::/7")}, config));
}

TEST(ProposeCidrs, CoversWhatTheEntitiesHaveHeld) {
  const test::World world({
      node_event("n1", "192.168.1.20"),
      test::pod_event("a-0", "10.244.1.5", "shop", "app", "a"),
      test::pod_event("a-1", "10.244.2.7", "shop", "app", "a"),
      test::pod_event("b-0", "10.200.9.9", "shop", "app", "b"),
      test::pod_event("c-0", "fd00:1:2:3::5", "shop", "app", "c"),
      test::service_event("a", "10.96.0.5", "shop", "app", "a"),
      test::service_event("b", "10.96.200.5", "shop", "app", "b"),
  });
  const ObservationConfig config = propose_cidrs({}, world.entities);
  EXPECT_EQ(texts(config.pod_cidrs),
            (std::vector<std::string>{"10.200.9.0/24", "10.244.0.0/22", "fd00:1:2:3::/64"}));
  EXPECT_EQ(texts(config.service_cidrs), (std::vector<std::string>{"10.96.0.0/16"}));
  EXPECT_EQ(texts(config.node_cidrs), (std::vector<std::string>{"192.168.1.20/32"}));
}

TEST(ProposeCidrs, LeavesWhatTheConfigurationSays) {
  const test::World world({test::pod_event("a-0", "10.244.1.5", "shop", "app", "a")});
  ObservationConfig config;
  config.pod_cidrs = {entity::parse_cidr("10.0.0.0/8").value()};
  EXPECT_EQ(texts(propose_cidrs(config, world.entities).pod_cidrs),
            (std::vector<std::string>{"10.0.0.0/8"}));
}

TEST(PodGraph, KeepsTheNodesOfEdgesWithoutBytesAndNotTheEdges) {
  const test::World world(shop());
  const NodeId user = world.pod("user-0", "shop");
  const NodeId database = world.pod("user-db-0", "shop");
  const PodGraph graph(EdgeTable::from({{.source = user, .target = database, .counts = {2, 100}},
                                        {.source = database, .target = user, .counts = {0, 0}},
                                        {.source = kOutsideNode, .target = user, .counts = {}}}),
                       world.cluster);
  ASSERT_EQ(graph.nodes().size(), 3U);
  ASSERT_EQ(graph.edges().size(), 1U);
  const auto from = graph.find(user).value();
  const auto to = graph.find(database).value();
  EXPECT_EQ(graph.bytes(from, to), 100U);
  EXPECT_EQ(graph.bytes(to, from), 0U);
  EXPECT_EQ(graph.row(from).size(), 1U);
  EXPECT_EQ(graph.row(to).size(), 0U);
  EXPECT_EQ(graph.find(kUnknownNode), std::nullopt);
  EXPECT_EQ(graph.total(), (Counts{2, 100}));
}

TEST(ServiceGraph, DrawsPodsAndAddressesOfAServiceTogether) {
  const test::World world(shop());
  const NodeId user = world.pod("user-0", "shop");
  const NodeId vip = world.vip("user", "shop");
  const NodeId database = world.pod("user-db-0", "shop");
  const ServiceGraph graph(
      PodGraph(EdgeTable::from({{.source = database, .target = vip, .counts = {1, 10}},
                                {.source = database, .target = user, .counts = {2, 20}},
                                {.source = vip, .target = user, .counts = {4, 40}}}),
               world.cluster));
  const ClassId users = world.class_named("user");
  ASSERT_EQ(graph.edges().size(), 2U);
  EXPECT_EQ(graph.counts(world.class_named("user-db"), users), (Counts{3, 30}));
  EXPECT_EQ(graph.counts(users, users), (Counts{4, 40}));
  EXPECT_EQ(graph.counts(users, world.class_named("user-db")), Counts{});
}

TEST(PodGraph, IsEmptyForAnEmptyWindow) {
  const test::World world(shop());
  const PodGraph graph(EdgeTable(), world.cluster);
  EXPECT_TRUE(graph.nodes().empty());
  EXPECT_TRUE(graph.edges().empty());
  EXPECT_EQ(graph.into_outside(), Counts{});
  EXPECT_TRUE(ServiceGraph(graph).edges().empty());
}

}  // namespace
}  // namespace mimir::graph
