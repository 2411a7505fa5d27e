// SPDX-License-Identifier: Apache-2.0
#include "model/graph/destination.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/record/connection.h"
#include "tests/model/graph/wordpress.h"
#include "tests/random.h"

namespace mimir::graph {
namespace {

std::vector<entity::Event> shop() {
  return {test::service_event("a", "10.96.0.1", "default", "app", "a"),
          test::service_event("b", "10.96.0.2", "default", "app", "b"),
          test::pod_event("a-0", "10.244.0.1", "default", "app", "a"),
          test::pod_event("a-1", "10.244.0.2", "default", "app", "a"),
          test::pod_event("b-0", "10.244.0.3", "default", "app", "b"),
          test::pod_event("dns-0", "10.244.0.9", "kube-system", "k8s-app", "metrics")};
}

// One flow, of which `client` is known to have sent the SYN.
FlowRecord flow(const std::string& client, std::uint16_t client_port, const std::string& server,
                std::uint16_t server_port, std::uint64_t sent, std::uint64_t answered) {
  FlowRecord record;
  const auto from = std::pair(test::address_of(client), client_port);
  const auto to = std::pair(test::address_of(server), server_port);
  const bool is_low = from < to;
  record.key = {.low_address = std::min(from, to).first,
                .high_address = std::max(from, to).first,
                .low_port = std::min(from, to).second,
                .high_port = std::max(from, to).second,
                .protocol = kProtocolTcp};
  record.signs = is_low ? std::array<std::uint8_t, 2>{kSentSyn, kSentSynAck}
                        : std::array<std::uint8_t, 2>{kSentSynAck, kSentSyn};
  record.bytes = is_low ? std::array<std::uint64_t, 2>{sent, answered}
                        : std::array<std::uint64_t, 2>{answered, sent};
  return record;
}

std::map<std::string, std::uint64_t> seen(const test::World& world,
                                          const std::vector<FlowRecord>& flows) {
  const ObservationConfig observation = propose_cidrs({}, world.entities);
  std::map<std::string, std::uint64_t> result;
  Window window;
  window.records = flows;
  for (const Destination& each : destinations_of(window, world.cluster, observation)) {
    result[world.cluster.class_name(each.source) + " " + entity::to_text(each.network)] +=
        each.bytes;
  }
  return result;
}

TEST(Destination, IsWhereAServiceOpensConnections) {
  const test::World world(shop());
  EXPECT_EQ(
      seen(world, {flow("10.244.0.1", 40000, "203.0.113.7", 443, 900, 100),
                   flow("10.244.0.2", 40000, "203.0.113.9", 443, 30, 100),
                   flow("10.244.0.3", 40000, "198.51.100.1", 443, 7, 100)}),
      (std::map<std::string, std::uint64_t>{{"a 203.0.113.0/24", 930}, {"b 198.51.100.0/24", 7}}));
}

TEST(Destination, IsNoneWhereSomebodyElseAskedOrNobodyLeft) {
  const test::World world(shop());
  EXPECT_TRUE(seen(world, {flow("203.0.113.7", 40000, "10.244.0.1", 80, 100, 9000),
                           flow("10.244.0.1", 40000, "10.244.0.3", 80, 100, 9000),
                           flow("10.244.0.9", 40000, "203.0.113.7", 443, 100, 9000),
                           flow("10.244.0.77", 40000, "203.0.113.7", 443, 100, 9000)})
                  .empty());
}

TEST(Destination, AreCountedByNetworksOf24And48Bits) {
  EXPECT_EQ(entity::to_text(network_of(test::address_of("203.0.113.7"))), "203.0.113.0/24");
  EXPECT_EQ(entity::to_text(network_of(test::address_of("2001:db8:1:2::3"))), "2001:db8:1::/48");
}

TEST(Destination, SumsAreTheSameInAnyOrder) {
  test::Random random(3);
  std::vector<std::vector<Destination>> parts;
  std::map<std::pair<ClassId, entity::Cidr>, std::uint64_t> expected;
  for (int i = 0; i < 8; ++i) {
    parts.emplace_back();
    for (int j = 0; j < 6; ++j) {
      const Destination each{
          .source = static_cast<ClassId>(random.below(3)),
          .network =
              network_of(Address::from_ipv4(static_cast<std::uint32_t>(random.below(4) << 8))),
          .bytes = random.below(1000)};
      merge(parts.back(), {each});
      expected[{each.source, each.network}] += each.bytes;
    }
  }
  std::vector<Destination> forwards;
  std::vector<Destination> backwards;
  for (const auto& part : parts) merge(forwards, part);
  std::reverse(parts.begin(), parts.end());
  for (const auto& part : parts) merge(backwards, part);
  EXPECT_EQ(forwards, backwards);
  ASSERT_EQ(forwards.size(), expected.size());
  for (const Destination& each : forwards) {
    EXPECT_EQ(each.bytes, expected.at({each.source, each.network}));
  }
}

}  // namespace
}  // namespace mimir::graph
