// SPDX-License-Identifier: Apache-2.0
#include "model/entity/history.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "model/entity/address_text.h"
#include "model/entity/entity_log.h"
#include "model/entity/service_assignment.h"
#include "model/graph/cluster.h"

namespace mimir::entity {
namespace {

Event pod(TimeNs time_ns, std::string name, std::vector<std::string> ips, std::string owner = {}) {
  Event event{
      .time_ns = time_ns, .op = Event::Op::kAdd, .entity = {}, .addresses = {}, .place = {}};
  event.entity = {.name = std::move(name), .namespace_name = "shop", .owner = std::move(owner)};
  for (const std::string& ip : ips) event.addresses.push_back(*parse_address(ip));
  return event;
}

Event gone(TimeNs time_ns, std::string name) {
  Event event = pod(time_ns, std::move(name), {});
  event.op = Event::Op::kDelete;
  return event;
}

std::vector<std::string> lines(const std::vector<Event>& events) {
  std::vector<std::string> texts;
  for (const Event& event : events) texts.push_back(to_line(event));
  return texts;
}

TEST(History, FoldKeepsWhatIsThereInTheEnd) {
  const std::vector<Event> events{pod(1, "a", {"10.0.0.1"}, "Job/a"), pod(1, "b", {"10.0.0.2"}),
                                  gone(2, "b"), pod(3, "c", {"10.0.0.2"}),
                                  pod(4, "a", {"10.0.0.3"})};
  EXPECT_EQ(lines(fold(events)),
            lines({pod(4, "a", {"10.0.0.3"}, "Job/a"), pod(3, "c", {"10.0.0.2"})}));
  EXPECT_TRUE(fold({}).empty());
}

TEST(History, ChangesAreDeletionsThenWhatIsNewOrDifferent) {
  const std::vector<Event> before{pod(1, "a", {"10.0.0.1"}), pod(1, "b", {"10.0.0.2"}),
                                  pod(1, "c", {"10.0.0.3"})};
  const std::vector<Event> after{pod(5, "c", {"10.0.0.3"}), pod(5, "a", {"10.0.0.1"}, "Job/a"),
                                 pod(9, "d", {"10.0.0.2"})};
  EXPECT_EQ(lines(changes(before, after, 7)),
            lines({gone(7, "b"), pod(5, "a", {"10.0.0.1"}, "Job/a"), pod(7, "d", {"10.0.0.2"})}));
  EXPECT_TRUE(changes(after, after, 7).empty());
}

// Clusters by chance: whatever came before, changes() makes what is wanted of it.
TEST(History, ChangesLeadFromAnyStateToAnyOther) {
  std::uint32_t state = 1;
  const auto draw = [&state](std::uint32_t count) {
    state = state * 1664525U + 1013904223U;
    return (state >> 16U) % count;
  };
  for (int round = 0; round < 200; ++round) {
    std::vector<Event> history;
    std::vector<Event> wanted;
    for (TimeNs time_ns = 0; time_ns < 5; ++time_ns) {
      wanted.clear();
      for (int i = 0; i < 6; ++i) {
        if (draw(3) == 0) continue;
        const std::string ip = "10.0.0." + std::to_string(draw(4));
        wanted.push_back(pod(0, "p" + std::to_string(i), {ip}, "Job/" + std::to_string(draw(2))));
      }
      for (Event& change : changes(fold(history), wanted, time_ns)) {
        history.push_back(std::move(change));
      }
    }
    EXPECT_TRUE(changes(fold(history), wanted, 9).empty()) << round;
    EXPECT_TRUE(changes(wanted, fold(history), 9).empty()) << round;
  }
}

// What a run holds on to while its map grows.
TEST(History, ALaterMapKeepsTheIdsAndNamesOfTheEarlier) {
  std::vector<Event> events{pod(1, "user-1", {"10.0.0.1"}), pod(1, "cart-1", {"10.0.0.2"})};
  events[0].entity.owner = "Deployment/user";
  events[1].entity.owner = "Deployment/cart";
  const EntityMap map = EntityMap::build(events);
  const ServiceAssignment services = ServiceAssignment::build(map);
  const graph::Cluster cluster(map, services);
  ASSERT_EQ(cluster.class_name(0), "user");
  ASSERT_EQ(cluster.class_name(2), "outside");

  events.push_back(gone(5, "user-1"));
  // A namesake in another namespace, and a service, which would otherwise come first.
  events.push_back(pod(6, "user-9", {"10.0.0.9"}, "Deployment/user"));
  events.back().entity.namespace_name = "test";
  events.push_back(pod(7, "new", {"10.96.0.1"}));
  events.back().entity.kind = Kind::kService;
  const EntityMap later_map = EntityMap::build(events);
  const ServiceAssignment later_services = ServiceAssignment::build(later_map, &services);
  const graph::Cluster later(later_map, later_services, &cluster);

  for (EntityId id = 0; id < map.size(); ++id) {
    EXPECT_EQ(later_map.entity(id).name, map.entity(id).name);
    EXPECT_EQ(later.class_of(graph::node_of(id)), cluster.class_of(graph::node_of(id)));
  }
  for (graph::ClassId id = 0; id < cluster.class_count(); ++id) {
    EXPECT_EQ(later.class_name(id), cluster.class_name(id));
    EXPECT_EQ(later.find_class(cluster.class_name(id)), id);
  }
  EXPECT_EQ(later.outside_class(), cluster.outside_class());
  EXPECT_EQ(later.unknown_class(), cluster.unknown_class());
  EXPECT_EQ(later.class_count(), 6U);
  const auto test_user = later_map.find(Kind::kPod, "test", "user-9");
  ASSERT_TRUE(test_user.has_value());
  EXPECT_EQ(later.class_name(later.class_of(graph::node_of(*test_user))), "test/user");
  EXPECT_TRUE(later.is_application(*later.find_class("new")));
  EXPECT_TRUE(later.has_vip(*later.find_class("new")));
}

}  // namespace
}  // namespace mimir::entity
