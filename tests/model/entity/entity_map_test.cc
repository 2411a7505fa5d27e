// SPDX-License-Identifier: Apache-2.0
#include "model/entity/entity_map.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "model/entity/address_text.h"

namespace mimir::entity {
namespace {

constexpr TimeNs kLongAgo = std::numeric_limits<TimeNs>::min();

Event pod(TimeNs time_ns, std::string name, std::vector<std::string> ips, std::string node = {}) {
  Event event;
  event.time_ns = time_ns;
  event.entity = {.kind = Kind::kPod,
                  .name = std::move(name),
                  .namespace_name = "default",
                  .node = std::move(node)};
  for (const std::string& ip : ips) event.addresses.push_back(*parse_address(ip));
  event.place = "test:" + std::to_string(time_ns);
  return event;
}

Event of_kind(Kind kind, Event event) {
  event.entity.kind = kind;
  if (kind == Kind::kNode) event.entity.namespace_name.clear();
  return event;
}

Event gone(TimeNs time_ns, std::string name) {
  Event event = pod(time_ns, std::move(name), {});
  event.op = Event::Op::kDelete;
  return event;
}

std::string who(const EntityMap& map, std::string_view ip, TimeNs time_ns) {
  const std::optional<EntityId> id = map.resolve(*parse_address(ip), time_ns);
  return id ? map.entity(*id).name : "-";
}

TEST(EntityMap, AnAddressMeansThePodThatHeldItAtThatTime) {
  const std::vector<Event> events{pod(0, "zero", {"10.0.0.9"}), pod(10, "one", {"10.0.0.1"}),
                                  gone(20, "one"), pod(30, "two", {"10.0.0.1"})};
  const EntityMap map = EntityMap::build(events);
  EXPECT_EQ(who(map, "10.0.0.1", 9), "-");
  EXPECT_EQ(who(map, "10.0.0.1", 10), "one");
  EXPECT_EQ(who(map, "10.0.0.1", 19), "one");
  EXPECT_EQ(who(map, "10.0.0.1", 20), "-");
  EXPECT_EQ(who(map, "10.0.0.1", 29), "-");
  EXPECT_EQ(who(map, "10.0.0.1", 30), "two");
  EXPECT_EQ(who(map, "10.0.0.1", std::numeric_limits<TimeNs>::max() - 1), "two");
  EXPECT_EQ(who(map, "10.0.0.2", 30), "-");
  EXPECT_TRUE(map.conflicts().empty());
}

TEST(EntityMap, WhatIsThereAtTheFirstEventWasThereBefore) {
  const std::vector<Event> events{pod(100, "old", {"10.0.0.1"}), pod(101, "new", {"10.0.0.2"})};
  const EntityMap map = EntityMap::build(events);
  EXPECT_EQ(who(map, "10.0.0.1", 0), "old");
  EXPECT_EQ(who(map, "10.0.0.1", kLongAgo), "old");
  EXPECT_EQ(who(map, "10.0.0.2", 100), "-");
}

TEST(EntityMap, EventsNeedNotBeSorted) {
  const std::vector<Event> events{pod(30, "two", {"10.0.0.1"}), gone(20, "one"),
                                  pod(10, "one", {"10.0.0.1"})};
  const EntityMap map = EntityMap::build(events);
  EXPECT_EQ(who(map, "10.0.0.1", 15), "one");
  EXPECT_EQ(who(map, "10.0.0.1", 25), "-");
  EXPECT_EQ(who(map, "10.0.0.1", 35), "two");
}

TEST(EntityMap, AClaimWithoutADeletionHoldsAndIsAConflict) {
  const std::vector<Event> events{pod(0, "one", {"10.0.0.1"}), pod(10, "two", {"10.0.0.1"}),
                                  gone(20, "one")};
  const EntityMap map = EntityMap::build(events);
  EXPECT_EQ(who(map, "10.0.0.1", 9), "one");
  EXPECT_EQ(who(map, "10.0.0.1", 10), "two");
  EXPECT_EQ(who(map, "10.0.0.1", 20), "two")
      << "the late deletion of the older one changes nothing";
  ASSERT_EQ(map.conflicts().size(), 1U);
  const Conflict& conflict = map.conflicts().front();
  EXPECT_EQ(conflict.address, *parse_address("10.0.0.1"));
  EXPECT_EQ(map.entity(conflict.first).name, "one");
  EXPECT_EQ(map.entity(conflict.second).name, "two");
  EXPECT_EQ(conflict.from_ns, 10);
  EXPECT_EQ(conflict.place, "test:10");
}

TEST(EntityMap, PodsOfTwoNodesCannotShareAnAddress) {
  const std::vector<Event> events{pod(0, "one", {"10.0.0.1"}, "node-a"),
                                  pod(0, "two", {"10.0.0.1"}, "node-b")};
  const EntityMap map = EntityMap::build(events);
  EXPECT_EQ(map.conflicts().size(), 1U);
  EXPECT_EQ(who(map, "10.0.0.1", 0), "two");
}

TEST(EntityMap, AServiceAndAPodCannotShareAnAddress) {
  const std::vector<Event> events{of_kind(Kind::kService, pod(0, "shop", {"10.96.0.1"})),
                                  pod(0, "shop-1", {"10.96.0.1"})};
  EXPECT_EQ(EntityMap::build(events).conflicts().size(), 1U);
}

TEST(EntityMap, APodOnTheHostNetworkIsTheNodeWhoeverCameFirst) {
  const Event node = of_kind(Kind::kNode, pod(0, "node-a", {"192.168.1.5"}));
  const Event proxy = pod(0, "proxy", {"192.168.1.5"}, "node-a");
  for (const auto& events : {std::vector{node, proxy}, std::vector{proxy, node}}) {
    const EntityMap map = EntityMap::build(events);
    EXPECT_EQ(who(map, "192.168.1.5", 0), "node-a");
    EXPECT_TRUE(map.conflicts().empty());
    EXPECT_EQ(map.histories().front().intervals.size(), 1U);
  }
}

TEST(EntityMap, PodsThatShareTheirNodesAddressNameTheNode) {
  const std::vector<Event> events{pod(0, "proxy", {"192.168.1.5"}, "node-a"),
                                  pod(0, "cni", {"192.168.1.5"}, "node-a"), gone(10, "proxy")};
  const EntityMap map = EntityMap::build(events);
  EXPECT_EQ(who(map, "192.168.1.5", 5), "node-a");
  EXPECT_EQ(who(map, "192.168.1.5", 15), "node-a");
  EXPECT_TRUE(map.find(Kind::kNode, "", "node-a"));
  EXPECT_TRUE(map.conflicts().empty());
}

TEST(EntityMap, PodsThatShareAnUnknownNodesAddressMeanTheFirstOfThem) {
  const std::vector<Event> events{pod(0, "etcd", {"10.0.2.15"}), pod(0, "apiserver", {"10.0.2.15"}),
                                  pod(1, "apiserver", {"10.0.2.15"}), pod(1, "etcd", {"10.0.2.15"}),
                                  pod(7, "late", {"10.0.2.15"})};
  const EntityMap map = EntityMap::build(events);
  EXPECT_EQ(who(map, "10.0.2.15", 0), "etcd");
  EXPECT_EQ(who(map, "10.0.2.15", 9), "etcd");
  EXPECT_TRUE(map.conflicts().empty());
}

TEST(EntityMap, AnOlderClaimThatIsRepeatedMeansBothAreThere) {
  const std::vector<Event> events{pod(0, "first", {"10.0.2.15"}, "node-a"),
                                  pod(5, "second", {"10.0.2.15"}, "node-a"),
                                  pod(9, "first", {"10.0.2.15"}, "node-a")};
  const EntityMap map = EntityMap::build(events);
  EXPECT_EQ(map.conflicts().size(), 1U);
  EXPECT_EQ(who(map, "10.0.2.15", 9), "node-a");
}

TEST(EntityMap, AnAdditionStatesAllAddressesOfAnEntity) {
  const std::vector<Event> events{pod(0, "one", {"10.0.0.1", "fd00::1"}),
                                  pod(10, "one", {"10.0.0.2", "fd00::1"})};
  const EntityMap map = EntityMap::build(events);
  EXPECT_EQ(who(map, "10.0.0.1", 9), "one");
  EXPECT_EQ(who(map, "10.0.0.1", 10), "-");
  EXPECT_EQ(who(map, "10.0.0.2", 10), "one");
  EXPECT_EQ(who(map, "fd00::1", 50), "one");
  EXPECT_EQ(map.histories().size(), 3U);
}

TEST(EntityMap, AnEntityThatReturnsKeepsItsIdAndWhatIsKnownOfIt) {
  Event labelled = pod(0, "one", {"10.0.0.1"}, "node-a");
  labelled.entity.labels["app"] = "shop";
  const std::vector<Event> events{labelled, pod(1, "two", {"10.0.0.2"}), gone(2, "one"),
                                  pod(3, "one", {"10.0.0.3"})};
  const EntityMap map = EntityMap::build(events);
  EXPECT_EQ(map.size(), 2U);
  EXPECT_EQ(map.find(Kind::kPod, "default", "one"), EntityId{0});
  EXPECT_EQ(map.find(Kind::kPod, "default", "two"), EntityId{1});
  EXPECT_FALSE(map.find(Kind::kService, "default", "one"));
  EXPECT_FALSE(map.find(Kind::kPod, "other", "one"));
  EXPECT_EQ(map.entity(0).labels.at("app"), "shop");
  EXPECT_EQ(map.entity(0).node, "node-a");
}

TEST(EntityMap, AHeadlessServiceIsKnownButHoldsNothing) {
  const std::vector<Event> events{of_kind(Kind::kService, pod(0, "repl", {}))};
  const EntityMap map = EntityMap::build(events);
  ASSERT_EQ(map.size(), 1U);
  EXPECT_FALSE(map.had_address(0));
  EXPECT_TRUE(map.histories().empty());
}

TEST(EntityMap, NothingComesOfNoEvents) {
  const EntityMap map = EntityMap::build({});
  EXPECT_EQ(map.size(), 0U);
  EXPECT_FALSE(map.resolve(Address::from_ipv4(1), 0));
}

// Oracle: the rules said again, by looking back over the events each time.
std::optional<std::string> holder_by_looking_back(const std::vector<Event>& events,
                                                  const Address& address, TimeNs time_ns) {
  std::optional<std::string> holder;
  for (const Event& event : events) {
    const bool counts = event.time_ns <= time_ns || event.time_ns == events.front().time_ns;
    if (!counts) continue;
    const bool has =
        std::find(event.addresses.begin(), event.addresses.end(), address) != event.addresses.end();
    if (has && event.op == Event::Op::kAdd) {
      holder = event.entity.name;
    } else if (holder == event.entity.name) {
      holder.reset();
    }
  }
  return holder;
}

TEST(EntityMap, AgreesWithLookingBackOverRandomHistories) {
  std::uint64_t state = 7;
  const auto draw = [&state](std::uint64_t bound) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (state >> 33) % bound;
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<Event> events;
    for (TimeNs t = 0; t < 40; ++t) {
      // A node a pod: no two of them are on one host's network.
      const std::string name = "pod-" + std::to_string(draw(5));
      const std::string ip = "10.0.0." + std::to_string(draw(4));
      events.push_back(draw(3) == 0 ? gone(t, name) : pod(t, name, {ip}, "node-of-" + name));
    }
    const EntityMap map = EntityMap::build(events);
    for (TimeNs t = -1; t < 42; ++t) {
      for (std::uint32_t host = 0; host < 4; ++host) {
        const Address address = Address::from_ipv4(0x0a000000 + host);
        const std::optional<EntityId> id = map.resolve(address, t);
        const auto expected = holder_by_looking_back(events, address, t);
        EXPECT_EQ(id ? map.entity(*id).name : "-", expected.value_or("-")) << round << ' ' << t;
      }
    }
    for (const EntityMap::History& history : map.histories()) {
      TimeNs free_from_ns = kLongAgo;
      for (const EntityMap::Interval& interval : history.intervals) {
        EXPECT_GE(interval.from_ns, free_from_ns);
        EXPECT_LT(interval.from_ns, interval.to_ns);
        free_from_ns = interval.to_ns;
      }
    }
  }
}

}  // namespace
}  // namespace mimir::entity
