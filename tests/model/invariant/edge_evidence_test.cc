// SPDX-License-Identifier: Apache-2.0
// What the law of sizes and first contacts are made of, against sums over the edges.
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "model/invariant/edge_bytes.h"
#include "model/invariant/new_destination.h"
#include "tests/model/graph/wordpress.h"
#include "tests/random.h"

namespace mimir::invariant {
namespace {

using graph::NodeId;

std::vector<entity::Event> three_services() {
  std::vector<entity::Event> events;
  for (const std::string name : {"a", "b", "c"}) {
    const std::string number = std::to_string(name[0] - 'a');
    events.push_back(test::service_event(name, "10.96.0.1" + number, "default", "app", name));
    for (const std::string replica : {"0", "1"}) {
      std::string pod = name;
      pod += "-" + replica;
      events.push_back(
          test::pod_event(pod, "10.244." + number + ".1" + replica, "default", "app", name));
    }
  }
  return events;
}

std::map<std::string, double> values_of(Invariant& invariant, const graph::EdgeTable& edges,
                                        const test::World& world,
                                        const std::vector<graph::Destination>& destinations = {}) {
  const graph::PodGraph pods(edges, world.cluster);
  const graph::ServiceGraph services(pods);
  std::vector<double> values(invariant.columns().size());
  invariant.compute({.pods = pods, .services = services, .destinations = destinations}, values);
  std::map<std::string, double> named;
  for (std::size_t i = 0; i < values.size(); ++i) named[invariant.columns()[i]] = values[i];
  return named;
}

TEST(EdgeBytes, AreTheSumsOfTheEdgesBetweenTheirPods) {
  const test::World world(three_services());
  const Services services(world.cluster, graph::Observation::kMirror);
  EdgeBytes invariant(services);
  test::Random random(11);
  const std::vector<std::pair<std::string, NodeId>> nodes = {
      {"a", world.pod("a-0")}, {"a", world.pod("a-1")}, {"b", world.pod("b-0")},
      {"b", world.pod("b-1")}, {"c", world.pod("c-0")}, {"outside", graph::kOutsideNode}};
  for (int round = 0; round < 50; ++round) {
    std::vector<graph::Edge> edges;
    std::map<std::pair<std::string, std::string>, double> sums;
    for (int i = 0; i < 6; ++i) {
      const auto& [from, source] = nodes[random.below(nodes.size())];
      const auto& [to, target] = nodes[random.below(nodes.size())];
      const std::uint64_t bytes = 1 + random.below(5000);
      edges.push_back({.source = source, .target = target, .counts = {1, bytes}});
      if (from != to) sums[{from, to}] += static_cast<double>(bytes);
    }
    const auto named = values_of(invariant, graph::EdgeTable::from(edges), world);
    EXPECT_EQ(named.size(), 5U * 4U);  // a, b, c, outside, unknown
    for (const std::string from : {"a", "b", "c", "outside"}) {
      for (const std::string to : {"a", "b", "c", "outside"}) {
        if (from == to) continue;
        std::string name = "bytes(";
        name += from;
        name += ">";
        name += to;
        name += ")";
        const double value = named.at(name);
        if (sums.contains({from, to})) {
          EXPECT_EQ(value, (sums[{from, to}])) << name;
        } else if (sums.contains({to, from})) {
          EXPECT_EQ(value, 0) << name;
        } else {
          EXPECT_TRUE(std::isnan(value)) << name;
        }
      }
    }
  }
}

TEST(NewDestination, IsWhatGoesWhereTrainingDidNotSeeTheServiceSend) {
  const test::World world(three_services());
  const Services services(world.cluster, graph::Observation::kMirror);
  const auto network = [](std::string_view text) {
    return graph::network_of(test::address_of(text));
  };
  NewDestination invariant(services, {{"a", {network("203.0.113.1")}}});
  const graph::ClassId a = world.class_named("a");
  const graph::ClassId b = world.class_named("b");
  const auto named = values_of(invariant, {}, world,
                               {{.source = a, .network = network("198.51.100.4"), .bytes = 5},
                                {.source = a, .network = network("203.0.113.200"), .bytes = 1000},
                                {.source = a, .network = network("203.0.114.1"), .bytes = 70},
                                {.source = b, .network = network("203.0.113.1"), .bytes = 9}});
  EXPECT_EQ(named.size(), 3U);
  EXPECT_EQ(named.at("bytes(a>elsewhere)"), 75);
  EXPECT_EQ(named.at("bytes(b>elsewhere)"), 9);
  EXPECT_TRUE(std::isnan(named.at("bytes(c>elsewhere)")));
}

TEST(NewDestination, SaysNothingOfAClientOfTheWorld) {
  const test::World world(three_services());
  const Services services(world.cluster, graph::Observation::kMirror);
  std::vector<entity::Cidr> many;
  for (std::uint32_t i = 0; i <= kKnownNetworkMax; ++i) {
    many.push_back(graph::network_of(Address::from_ipv4(0xcb000000U + (i << 8U))));
  }
  NewDestination open(services, {{"a", many}});
  EXPECT_EQ(values_of(open, {}, world).count("bytes(a>elsewhere)"), 0U);
  many.pop_back();
  NewDestination closed(services, {{"a", many}});
  EXPECT_EQ(values_of(closed, {}, world).count("bytes(a>elsewhere)"), 1U);
}

}  // namespace
}  // namespace mimir::invariant
