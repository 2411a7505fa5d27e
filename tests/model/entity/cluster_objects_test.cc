// SPDX-License-Identifier: Apache-2.0
#include "model/entity/cluster_objects.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "model/entity/address_text.h"
#include "model/entity/cluster_list.h"
#include "model/entity/entities.h"

namespace mimir::entity {
namespace {

constexpr TimeNs kStart = 1'767'225'600 * kNsPerSecond;  // 2026-01-01T00:00:00Z

config::Json json(std::string_view text) {
  config::Diagnostics diagnostics;
  const auto value = config::parse_json(text, "", diagnostics);
  EXPECT_TRUE(value.has_value()) << diagnostics.render();
  return value.value_or(config::Json());
}

std::string pod(const std::string& name, const std::string& more, const std::string& status) {
  return R"({"kind":"Pod","metadata":{"namespace":"shop","name":")" + name + "\"" + more +
         R"(},"spec":{"nodeName":"n1"},"status":{)" + status + "}}";
}

std::string owned_by(const std::string& kind, const std::string& name) {
  return R"(,"ownerReferences":[{"kind":")" + kind + R"(","name":")" + name +
         R"(","controller":true}])";
}

std::string owner_of(const std::string& text) {
  ClusterObjects objects;
  config::Diagnostics diagnostics;
  EXPECT_TRUE(objects.put(json(text), "f", "o", diagnostics)) << diagnostics.render();
  return objects.events(kStart).front().entity.owner;
}

// As Kubernetes names them: deployment_util.go and cronjob_controllerv2.go say how.
TEST(ClusterObjects, APodIsOfTheDeploymentOrCronJobBehindItsController) {
  const std::string hash = R"(,"labels":{"pod-template-hash":"65d5d74697"})";
  const std::string made = R"(,"creationTimestamp":"2026-01-05T00:00:03Z")";
  EXPECT_EQ(owner_of(pod("a", owned_by("ReplicaSet", "my-cart-65d5d74697") + hash, "")),
            "Deployment/my-cart");
  EXPECT_EQ(owner_of(pod("a", owned_by("ReplicaSet", "my-cart-other") + hash, "")),
            "ReplicaSet/my-cart-other");
  EXPECT_EQ(owner_of(pod("a", owned_by("ReplicaSet", "bare") + hash, "")), "ReplicaSet/bare");
  // 2026-01-05 is minute 29459520 since 1970.
  EXPECT_EQ(owner_of(pod("a", owned_by("Job", "night-backup-29459520") + made, "")),
            "CronJob/night-backup");
  EXPECT_EQ(owner_of(pod("a", owned_by("Job", "import-20260105") + made, "")),
            "Job/import-20260105")
      << "a date is no minute";
  EXPECT_EQ(owner_of(pod("a", owned_by("Job", "night-backup-29459520"), "")),
            "Job/night-backup-29459520")
      << "nobody knows when";
  EXPECT_EQ(owner_of(pod("a", owned_by("StatefulSet", "db"), "")), "StatefulSet/db");
}

TEST(ClusterObjects, APodOnTheHostsNetworkHoldsNoAddress) {
  ClusterObjects objects;
  config::Diagnostics diagnostics;
  const auto put = [&](std::string_view text) {
    EXPECT_TRUE(objects.put(json(text), "f", "o", diagnostics)) << diagnostics.render();
  };
  put(R"({"kind":"Pod","metadata":{"namespace":"shop","name":"agent"},
          "spec":{"nodeName":"n1","hostNetwork":true},
          "status":{"podIP":"192.168.0.1","hostIP":"192.168.0.1"}})");
  put(pod("cart", "", R"("podIP":"10.1.0.8","hostIPs":[{"ip":"192.168.0.1"}])"));
  const auto holder = [&objects](std::string_view address) {
    const EntityMap map = EntityMap::build(objects.events(kStart));
    const auto id = map.resolve(*parse_address(address), kStart);
    return id ? map.entity(*id).name : "nobody";
  };
  EXPECT_EQ(holder("192.168.0.1"), "n1") << "known by its pods alone";
  EXPECT_EQ(holder("10.1.0.8"), "cart");
  put(R"({"kind":"Node","metadata":{"name":"n1"},
          "status":{"addresses":[{"type":"InternalIP","address":"192.168.0.9"}]}})");
  EXPECT_EQ(holder("192.168.0.1"), "nobody") << "the node itself knows better";
  EXPECT_EQ(holder("192.168.0.9"), "n1");
}

TEST(ClusterObjects, APodThatEndsHoldsItsAddressUntilItIsGone) {
  ClusterObjects objects;
  config::Diagnostics diagnostics;
  const std::string ending = R"(,"deletionTimestamp":"2026-01-01T00:00:30Z")";
  EXPECT_TRUE(objects.put(json(pod("a", ending, R"("podIP":"10.1.0.8")")), "f", "o", diagnostics));
  EXPECT_EQ(objects.events(kStart).at(0).addresses.size(), 1U);
  EXPECT_TRUE(objects.put(json(pod("a", ending, R"("phase":"Failed","podIP":"10.1.0.8")")), "f",
                          "o", diagnostics));
  EXPECT_EQ(objects.events(kStart).at(0).addresses.size(), 0U);
  objects.erase(json(pod("a", "", "")));
  objects.erase(json(pod("never-there", "", "")));
  EXPECT_TRUE(objects.events(kStart).empty());
}

TEST(ClusterObjects, AServiceFollowsItsSlices) {
  ClusterObjects objects;
  config::Diagnostics diagnostics;
  const auto put = [&](std::string_view text) {
    EXPECT_TRUE(objects.put(json(text), "f", "o", diagnostics)) << diagnostics.render();
  };
  const auto slice = [](const std::string& name, const std::string& pods) {
    return R"({"kind":"EndpointSlice","metadata":{"namespace":"shop","name":")" + name +
           R"(","labels":{"kubernetes.io/service-name":"cart"}},"endpoints":[)" + pods + "]}";
  };
  const std::string target = R"({"targetRef":{"kind":"Pod","name":"a"}})";
  put(R"({"kind":"Service","metadata":{"namespace":"shop","name":"cart"},
          "spec":{"clusterIP":"10.96.0.7"}})");
  put(R"({"kind":"Service","metadata":{"namespace":"other","name":"cart"},
          "spec":{"clusterIP":"10.96.0.8"}})");
  put(pod("a", "", R"("podIP":"10.1.0.8")"));
  const auto service = [&objects] { return objects.events(kStart).back().entity.service; };
  EXPECT_EQ(service(), "");
  put(slice("cart-1", target));
  put(slice("cart-2", target));
  EXPECT_EQ(service(), "cart");
  objects.erase(json(slice("cart-1", "")));
  EXPECT_EQ(service(), "cart") << "the other slice still names it";
  put(slice("cart-2", ""));
  EXPECT_EQ(service(), "");
  put(slice("cart-2", target));
  objects.erase_all(ObjectKind::kEndpointSlice, "other");
  EXPECT_EQ(service(), "cart");
  objects.erase_all(ObjectKind::kEndpointSlice, "shop");
  EXPECT_EQ(service(), "");
  objects.erase_all(ObjectKind::kService);
  EXPECT_EQ(objects.count(ObjectKind::kService), 0U);
  EXPECT_EQ(objects.count(ObjectKind::kPod), 1U);
}

TEST(ClusterObjects, WhatCannotBeUnderstoodLeavesWhatWasKnown) {
  ClusterObjects objects;
  config::Diagnostics diagnostics;
  EXPECT_TRUE(objects.put(json(pod("a", "", R"("podIP":"10.1.0.8")")), "f", "o", diagnostics));
  EXPECT_FALSE(objects.put(json(pod("a", "", R"("podIP":"10.1")")), "f", "o", diagnostics));
  EXPECT_EQ(diagnostics.error_count(), 1U);
  EXPECT_EQ(objects.events(kStart).at(0).addresses, std::vector{*parse_address("10.1.0.8")});
}

// Times in these are seconds after kStart, as the objects say them.
TEST(ClusterList, WatchEventsHaveTheTimesOfTheirObjects) {
  const auto event = [](const std::string& type, const std::string& object) {
    return "{\n  \"type\": \"" + type + "\",\n  \"object\": " + object + "\n}\n";
  };
  const std::string old = R"(,"creationTimestamp":"2025-06-01T00:00:00Z")";
  const std::string gone = old + R"(,"deletionTimestamp":"2026-01-01T00:01:00Z")";
  const std::string address = R"("podIP":"10.1.0.8")";
  const std::string text =
      event("ADDED", pod("a", old, address)) + event("ADDED", pod("b", old, "")) +
      event("MODIFIED", pod("a", gone, address)) +  // still ends: nothing is new
      event("DELETED", pod("a", gone, address)) +
      event("MODIFIED",
            pod("b", old,
                address + R"(,"startTime":"2026-01-01T00:01:05Z","conditions":[)"
                          R"({"type":"Ready","lastTransitionTime":"2026-01-01T00:01:10Z"}])")) +
      event("BOOKMARK", R"({"kind":"Pod","metadata":{"resourceVersion":"9"}})");
  config::Diagnostics diagnostics;
  const std::vector<Event> events = read_entities(text, "watch.json", kStart, diagnostics);
  EXPECT_EQ(diagnostics.render(), "");
  ASSERT_EQ(events.size(), 4U);
  const auto is = [&events](std::size_t i, Event::Op op, std::string_view name, int seconds) {
    EXPECT_EQ(events[i].op, op) << i;
    EXPECT_EQ(events[i].entity.name, name) << i;
    EXPECT_EQ(events[i].time_ns, kStart + seconds * kNsPerSecond) << i;
  };
  is(0, Event::Op::kAdd, "a", 0);
  is(1, Event::Op::kAdd, "b", 0);
  is(2, Event::Op::kDelete, "a", 60);
  is(3, Event::Op::kAdd, "b", 70);

  const EntityMap map = EntityMap::build(events);
  const auto holder = [&map](int seconds) {
    const auto id = map.resolve(*parse_address("10.1.0.8"), kStart + seconds * kNsPerSecond);
    return id ? map.entity(*id).name : "nobody";
  };
  EXPECT_EQ(holder(59), "a");
  EXPECT_EQ(holder(60), "nobody");
  EXPECT_EQ(holder(70), "b");
}

TEST(ClusterList, AListAndWhatFollowsItAreOneHistory) {
  config::Diagnostics diagnostics;
  const std::string text = R"({"kind":"List","apiVersion":"v1","items":[)" +
                           pod("a", "", R"("podIP":"10.1.0.8")") + "]}\n" +
                           R"({"type":"DELETED","object":)" +
                           pod("a", R"(,"deletionTimestamp":"2026-01-01T00:01:00Z")", "") + "}";
  const std::vector<Event> events = read_cluster_list(text, "f", kStart, diagnostics);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].op, Event::Op::kAdd);
  EXPECT_EQ(events[1].op, Event::Op::kDelete);
}

TEST(ClusterList, FaultsAreSaidWithTheirPlace) {
  const auto said = [](std::string_view text) {
    config::Diagnostics diagnostics;
    (void)read_cluster_list(text, "f", kStart, diagnostics);
    return diagnostics.render();
  };
  EXPECT_NE(said(R"({"kind":"Pod","metadata":{"name":"a","namespace":"s"}})"
                 "\n\n{\"kind\":")
                .find("f:1: error: the last object has no end"),
            std::string::npos)
      << said(R"({"kind":"Pod","metadata":{"name":"a","namespace":"s"}})"
              "\n\n{\"kind\":");
  EXPECT_NE(said("{\"kind\":\"List\",\"items\":[]}\nx").find("here begins no JSON object"),
            std::string::npos);
  EXPECT_NE(said("{\"kind\":\"List\",\n\"items\":[]}\n{\"kind\":\n\n x}").find("f:5:"),
            std::string::npos)
      << said("{\"kind\":\"List\",\n\"items\":[]}\n{\"kind\":\n\n x}");
  const std::string broken =
      said(R"({"type":"ERROR","object":{"kind":"Status","message":"too old resource version"}})");
  EXPECT_NE(broken.find("the watch broke off: too old resource version"), std::string::npos);
}

}  // namespace
}  // namespace mimir::entity
