// SPDX-License-Identifier: Apache-2.0
#include "model/entity/entities.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "model/entity/address_text.h"
#include "tests/model/entity/pickle_log.h"

namespace mimir::entity {
namespace {

constexpr TimeNs kStart = 1'700'000'000 * kNsPerSecond;

// What `kubectl get ... -o json` prints, cut down to the fields that matter.
constexpr std::string_view kList = R"({
  "apiVersion": "v1",
  "kind": "List",
  "items": [
    {"kind": "Node", "metadata": {"name": "n1"}, "status": {"addresses": [
      {"type": "InternalIP", "address": "192.168.0.1"}, {"type": "Hostname", "address": "n1"}]}},
    {"kind": "Service", "metadata": {"name": "cart", "namespace": "shop"},
      "spec": {"clusterIP": "10.96.0.7", "clusterIPs": ["10.96.0.7", "fd00::7"],
               "selector": {"app": "cart"}}},
    {"kind": "Service", "metadata": {"name": "c", "namespace": "shop"},
      "spec": {"clusterIP": "None", "selector": {"app": "cart"}}},
    {"kind": "Service", "metadata": {"name": "db", "namespace": "shop"},
      "spec": {"clusterIP": "10.96.0.8"}},
    {"kind": "Service", "metadata": {"name": "away", "namespace": "shop"},
      "spec": {"type": "ExternalName", "externalName": "example.org"}},
    {"kind": "EndpointSlice", "metadata": {"name": "db-x", "namespace": "shop",
        "labels": {"kubernetes.io/service-name": "db"}},
      "endpoints": [{"addresses": ["10.1.0.9"],
                     "targetRef": {"kind": "Pod", "name": "mysql-0", "namespace": "shop"}}]},
    {"kind": "ConfigMap", "metadata": {"name": "ignored", "namespace": "shop"}},
    {"kind": "Pod", "metadata": {"name": "cart-5", "namespace": "shop",
        "labels": {"app": "cart", "tier": "api"},
        "ownerReferences": [{"kind": "Other", "name": "no"},
                            {"kind": "ReplicaSet", "name": "cart-65d5d74697", "controller": true}]},
      "spec": {"nodeName": "n1"},
      "status": {"phase": "Running", "podIP": "10.1.0.8", "podIPs": [{"ip": "10.1.0.8"}]}},
    {"kind": "Pod", "metadata": {"name": "mysql-0", "namespace": "shop",
        "labels": {"app": "cart"}}, "status": {"phase": "Running", "podIP": "10.1.0.9"}},
    {"kind": "Pod", "metadata": {"name": "done", "namespace": "shop"},
      "status": {"phase": "Succeeded", "podIP": "10.1.0.9"}},
    {"kind": "Pod", "metadata": {"namespace": "shop"}},
    {"kind": "Pod", "metadata": {"name": "bad", "namespace": "shop"},
      "status": {"podIP": "10.1.0"}}
  ]
})";

TEST(Entities, AKubernetesListIsReadAsOfTheStart) {
  config::Diagnostics diagnostics;
  const std::vector<Event> events = read_entities(kList, "list.json", kStart, diagnostics);
  ASSERT_EQ(events.size(), 8U);
  for (const Event& event : events) EXPECT_EQ(event.time_ns, kStart);

  EXPECT_EQ(events[0].entity.kind, Kind::kNode);
  EXPECT_EQ(events[0].addresses, std::vector{*parse_address("192.168.0.1")});
  EXPECT_EQ(events[1].entity.kind, Kind::kService);
  EXPECT_EQ(events[1].addresses.size(), 2U);
  EXPECT_TRUE(events[2].addresses.empty()) << "headless";
  EXPECT_TRUE(events[4].addresses.empty()) << "a name of somewhere else";

  const Event& pod = events[5];
  EXPECT_EQ(pod.entity.kind, Kind::kPod);
  EXPECT_EQ(pod.entity.name, "cart-5");
  EXPECT_EQ(pod.entity.owner, "ReplicaSet/cart-65d5d74697");
  EXPECT_EQ(pod.entity.node, "n1");
  EXPECT_EQ(pod.entity.labels.at("tier"), "api");
  EXPECT_EQ(pod.entity.service, "cart") << "not the headless one";
  EXPECT_EQ(pod.addresses.size(), 1U);
  EXPECT_EQ(pod.place, "list.json: items[7]");
  EXPECT_EQ(events[6].entity.service, "db") << "its endpoints say so, whatever its labels";
  EXPECT_TRUE(events[7].addresses.empty()) << "it has ended";

  ASSERT_EQ(diagnostics.error_count(), 2U);
  EXPECT_EQ(diagnostics.all()[0].message, "items[10]: a Pod without metadata.name and namespace");
  EXPECT_EQ(diagnostics.all()[1].message, "items[11]: `10.1.0` of `bad` is no IP address");
}

TEST(Entities, AListOnOneLineIsAListToo) {
  config::Diagnostics diagnostics;
  const std::vector<Event> events =
      read_entities(R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"}})"
                    "\n",
                    "n.json", kStart, diagnostics);
  EXPECT_EQ(diagnostics.render(), "");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].entity.name, "n1");
}

TEST(Entities, AnEntityLogKeepsItsOwnTimes) {
  config::Diagnostics diagnostics;
  const std::vector<Event> events = read_entities(
      "\n"
      R"({"t":5,"op":"add","kind":"node","name":"n1","ips":["10.0.0.1"]})",
      "e.jsonl", kStart, diagnostics);
  EXPECT_EQ(diagnostics.render(), "");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].time_ns, 5 * kNsPerSecond);
}

TEST(Entities, AnEntityLogWithABadFirstLineIsStillOne) {
  config::Diagnostics diagnostics;
  const std::vector<Event> events = read_entities(
      "{\"t\":\n"
      R"({"t":5,"op":"add","kind":"node","name":"n1","ips":["10.0.0.1"]})",
      "e.jsonl", kStart, diagnostics);
  EXPECT_EQ(diagnostics.error_count(), 1U);
  EXPECT_EQ(events.size(), 1U);
}

TEST(Entities, ACreationLogCountsFromTheStart) {
  config::Diagnostics diagnostics;
  const std::vector<Event> events =
      read_entities(PickleLog().step(3, {{"a", {"10.0.0.1", "+", "b", "pod"}}}).text(), "log",
                    kStart, diagnostics);
  EXPECT_EQ(diagnostics.render(), "");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].time_ns, kStart + 3 * kNsPerSecond);
}

TEST(Entities, AnythingElseIsRefusedWithTheCommandThatMakesOne) {
  for (const std::string_view text :
       {"", " \n", "apiVersion: v1\n", "[]", "cos\nsystem\n", "{\n}"}) {
    config::Diagnostics diagnostics;
    EXPECT_TRUE(read_entities(text, "x", kStart, diagnostics).empty());
    ASSERT_EQ(diagnostics.error_count(), 1U) << text;
    EXPECT_NE(diagnostics.all().front().hint.find("kubectl"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace mimir::entity
