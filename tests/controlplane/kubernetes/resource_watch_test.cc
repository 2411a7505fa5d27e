// SPDX-License-Identifier: Apache-2.0
#include "controlplane/kubernetes/resource_watch.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace mimir::controlplane {
namespace {

using entity::ObjectKind;

constexpr TimeNs kStart = 1'767'225'600 * kNsPerSecond;

std::string pod(const std::string& name, const std::string& version) {
  return R"({"metadata":{"namespace":"shop","name":")" + name + R"(","resourceVersion":")" +
         version + R"("},"status":{"podIP":"10.0.0.1"}})";
}

std::string event(const std::string& type, const std::string& object) {
  return R"({"type":")" + type + R"(","object":)" + object + "}\n";
}

/// A server that is asked by hand. The clock stands unless it is moved.
class Talk {
 public:
  explicit Talk(ObjectKind kind = ObjectKind::kPod, std::string namespace_name = {})
      : watch(kind, std::move(namespace_name), objects) {}

  std::string ask() {
    const auto request = watch.next(now_ns);
    return request ? request->target : "";
  }
  void answer(unsigned status, const std::string& body, const std::string& fault = {}) {
    watch.on_status(status);
    const bool goes_on = body.empty() || watch.on_body(body);
    watch.on_end(goes_on ? fault : "closed");
  }
  void list(const std::string& version = "7") {
    EXPECT_NE(ask(), "");
    answer(200, R"({"metadata":{"resourceVersion":")" + version + R"("},"items":[)" +
                    pod("a", "1") + "]}");
  }

  entity::ClusterObjects objects;
  ResourceWatch watch;
  TimeNs now_ns = kStart;
};

TEST(ResourceWatch, AListOfPagesIsTakenInWhenItIsWhole) {
  Talk talk(ObjectKind::kPod, "shop");
  EXPECT_EQ(talk.ask(), "/api/v1/namespaces/shop/pods?limit=500");
  EXPECT_EQ(talk.ask(), "") << "one question at a time";
  talk.answer(200, R"({"metadata":{"resourceVersion":"5","continue":"a b/="},"items":[)" +
                       pod("a", "1") + "]}");
  EXPECT_FALSE(talk.watch.is_known());
  EXPECT_EQ(talk.objects.count(ObjectKind::kPod), 0U);
  EXPECT_EQ(talk.ask(), "/api/v1/namespaces/shop/pods?limit=500&continue=a%20b%2F%3D");
  talk.answer(200, R"({"metadata":{"resourceVersion":"6"},"items":[)" + pod("b", "2") + "]}");
  EXPECT_TRUE(talk.watch.is_known());
  EXPECT_TRUE(talk.watch.take_change());
  EXPECT_FALSE(talk.watch.take_change());
  EXPECT_EQ(talk.objects.count(ObjectKind::kPod), 2U);
  EXPECT_EQ(talk.ask(),
            "/api/v1/namespaces/shop/pods?watch=1&allowWatchBookmarks=true"
            "&timeoutSeconds=300&resourceVersion=6");
  EXPECT_EQ(Talk(ObjectKind::kEndpointSlice).ask(),
            "/apis/discovery.k8s.io/v1/endpointslices?limit=500");
  EXPECT_EQ(Talk(ObjectKind::kNode).ask(), "/api/v1/nodes?limit=500");
}

TEST(ResourceWatch, AWatchGoesOnFromTheLastVersionItSaw) {
  Talk talk;
  talk.list();
  (void)talk.ask();
  talk.answer(200, event("ADDED", pod("b", "8")) +
                       event("BOOKMARK", R"({"metadata":{"resourceVersion":"12"}})"));
  EXPECT_EQ(talk.objects.count(ObjectKind::kPod), 2U);
  talk.now_ns += ResourceWatch::kPauseMinNs;
  EXPECT_NE(talk.ask().find("resourceVersion=12"), std::string::npos);
  talk.answer(200, event("DELETED", pod("a", "13")), "broke off");
  EXPECT_EQ(talk.objects.count(ObjectKind::kPod), 1U);
  EXPECT_EQ(talk.watch.fault(), "broke off");
  talk.now_ns += ResourceWatch::kPauseMinNs;
  EXPECT_NE(talk.ask().find("resourceVersion=13"), std::string::npos);
  talk.watch.on_status(200);
  EXPECT_EQ(talk.watch.fault(), "") << "it is heard again";
  EXPECT_EQ(talk.watch.relist_count(), 0U);
}

TEST(ResourceWatch, AVersionThatIsGoneAndNonsenseAreListedAway) {
  const std::vector<std::pair<unsigned, std::string>> answers{
      {410U, "{}"},
      {200U, event("ERROR", R"({"code":410,"message":"too old"})")},
      {200U, event("ERROR", R"({"code":500})")},
      {200U, "<html>"},
      {200U, "{\"type\":\"ADDED\"}"},
      {200U, std::string(ResourceWatch::kBytesMax + 2, '{')}};
  for (const auto& [status, body] : answers) {
    Talk talk;
    talk.list();
    (void)talk.ask();
    talk.answer(status, body);
    EXPECT_EQ(talk.ask(), "") << "not without a pause";
    talk.now_ns += ResourceWatch::kPauseMinNs;
    EXPECT_EQ(talk.ask(), "/api/v1/pods?limit=500") << body.substr(0, 80);
    EXPECT_EQ(talk.objects.count(ObjectKind::kPod), 1U) << "until the list is whole, it holds";
  }
}

TEST(ResourceWatch, PausesDoubleUntilAWatchSaysSomething) {
  Talk talk;
  TimeNs expected_ns = ResourceWatch::kPauseMinNs;
  for (int i = 0; i < 12; ++i) {
    ASSERT_NE(talk.ask(), "");
    talk.answer(503, R"({"message":"busy"})");
    EXPECT_EQ(talk.watch.fault(), "503 busy");
    talk.now_ns += expected_ns - 1;
    EXPECT_EQ(talk.ask(), "");
    talk.now_ns += 1;
    expected_ns = std::min(2 * expected_ns, ResourceWatch::kPauseMaxNs);
  }
  EXPECT_EQ(talk.watch.fault_count(), 12U);
  talk.list();
  (void)talk.ask();
  talk.answer(200, event("ADDED", pod("b", "8")), "broke off");
  talk.now_ns += ResourceWatch::kPauseMinNs;
  EXPECT_NE(talk.ask(), "");
  // A server that ends every watch without a word is not asked in a hurry either.
  talk.answer(200, "");
  talk.now_ns += ResourceWatch::kPauseMinNs;
  EXPECT_EQ(talk.ask(), "");
}

TEST(ResourceWatch, AClockThatIsSetBackMakesNoPauseLonger) {
  Talk talk;
  (void)talk.ask();
  talk.answer(503, "");
  talk.now_ns -= 3600 * kNsPerSecond;
  EXPECT_EQ(talk.ask(), "");
  talk.now_ns += ResourceWatch::kPauseMaxNs;
  EXPECT_NE(talk.ask(), "");
}

TEST(ResourceWatch, WhatMayNotBeReadIsNothingAndIsAskedForAgain) {
  Talk talk(ObjectKind::kNode);
  (void)talk.ask();
  talk.answer(403, R"({"message":"nodes is forbidden"})");
  EXPECT_TRUE(talk.watch.is_known());
  EXPECT_TRUE(talk.watch.is_forbidden());
  EXPECT_NE(talk.watch.fault().find("403 nodes is forbidden"), std::string::npos);
  talk.now_ns += ResourceWatch::kPauseMaxNs;
  (void)talk.ask();
  talk.answer(200, R"({"metadata":{"resourceVersion":"5"},"items":[{"metadata":{"name":"n1"}}]})");
  EXPECT_FALSE(talk.watch.is_forbidden());
  EXPECT_EQ(talk.objects.count(ObjectKind::kNode), 1U);
}

TEST(ResourceWatch, AListThatIsNoneChangesNothing) {
  for (const std::string body :
       {"", "[]", "{}", R"({"items":3})", R"({"items":[]})", "{\"items\""}) {
    Talk talk;
    talk.list();
    (void)talk.ask();
    talk.answer(410, "");
    talk.now_ns += ResourceWatch::kPauseMinNs;
    (void)talk.ask();
    talk.answer(200, body);
    EXPECT_NE(talk.watch.fault(), "") << body;
    EXPECT_EQ(talk.objects.count(ObjectKind::kPod), 1U) << body;
  }
}

}  // namespace
}  // namespace mimir::controlplane
