// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/http_marks.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/invariant/registry.h"
#include "tests/model/detector/payload_facts.h"
#include "tests/tools/evaluation/small_shop.h"
#include "tools/evaluation/describer.h"
#include "tools/evaluation/learner.h"

namespace mimir::evaluation {
namespace {

using test::FactWindow;
using test::kFactStartNs;
using test::kFactWindowNs;

PayloadFact request(std::string_view host, std::string_view agent, TimeNs time_ns) {
  PayloadFact fact = test::fact_of(FactKind::kHttpRequest, time_ns, test::kClient, test::kOutside,
                                   80, host, agent);
  fact.flags = kHasUserAgent;
  fact.hash = 0xabc;
  return fact;
}

// A pod of a service whose address is the facts' client.
const std::vector<entity::Event>& shop_events() {
  static const std::vector<entity::Event> events = {
      test::service_event("shop", "10.96.0.1", "default", "app", "shop"),
      test::pod_event("shop-0", "10.0.0.1", "default", "app", "shop")};
  return events;
}

TEST(HttpMarks, AreWhatRequestsToTheOutsideSayOfTheirMaker) {
  const test::World world(shop_events());
  const detector::Resolver resolver(world.cluster, {});
  HttpMarkReader reader(resolver);
  FactWindow first;
  first.add(request("api.example.org", "shop/1.2", kFactStartNs));
  first.add(request("eu.example.org:80", "shop/1.3", kFactStartNs + 1));
  PayloadFact cut = request("example.com", "curl/8", kFactStartNs + 2);
  cut.flags |= kTextCut;
  first.add(cut);
  first.add(
      test::fact_of(FactKind::kDnsQuery, kFactStartNs, test::kClient, test::kOutside, 53, "a.org"));
  reader.add(first.get());
  FactWindow second(kFactStartNs + kFactWindowNs);
  second.add(request("example.com", "shop/1.4", kFactStartNs + kFactWindowNs));
  reader.add(second.get());
  const TimeNs later = kFactStartNs + kFactWindowNs;
  EXPECT_EQ(reader.finish(), (std::vector<HttpMark>{{kFactStartNs, "shop: agent shop/#", 2},
                                                    {kFactStartNs, "shop: fields 00000abc", 2},
                                                    {kFactStartNs, "shop: host example.org", 2},
                                                    {later, "shop: agent shop/#", 1},
                                                    {later, "shop: fields 00000abc", 1},
                                                    {later, "shop: host example.com", 1}}));
}

TEST(HttpMarks, OfAWindowAreThoseOfItsBaseWindows) {
  const test::World world(shop_events());
  config::Diagnostics diagnostics;
  auto registry =
      invariant::Registry::build(world.cluster, {.sensitive_service = "shop"}, diagnostics);
  ASSERT_TRUE(registry);
  const std::vector<HttpMark> marks = {{0, "a", 5},
                                       {10 * kNsPerSecond, "b", 1},
                                       {50 * kNsPerSecond, "a", 2},
                                       {60 * kNsPerSecond, "a", 9}};
  Describer describer(world.cluster, std::move(*registry), std::nullopt, marks);
  const auto names = describer.names(Description::kHttpMarks);
  ASSERT_EQ(std::vector<std::string>(names.begin(), names.end()),
            (std::vector<std::string>{"a", "b"}));
  const auto look = [&describer](TimeNs begin_s, TimeNs end_s) {
    describer.look_at({.begin_ns = begin_s * kNsPerSecond,
                       .end_ns = end_s * kNsPerSecond,
                       .edges = {},
                       .bytes = {},
                       .packets = {}});
    const auto values = describer.values(Description::kHttpMarks);
    return std::vector<double>(values.begin(), values.end());
  };
  EXPECT_EQ(look(0, 60), (std::vector<double>{7, 1}));
  EXPECT_EQ(look(50, 60), (std::vector<double>{2, 0}));
  EXPECT_EQ(look(20, 30), (std::vector<double>{0, 0}));
  EXPECT_TRUE(describer.names(Description::kPrototype).empty());
}

TEST(HttpFingerprints, CountMarksThatTrainingDidNotHave) {
  learn::FeatureTable training({"shop: agent shop/#", "shop: host example.org"});
  training.append({}, std::vector<double>{3, 3});
  learn::FeatureTable judged({"shop: agent curl/#", "shop: agent shop/#", "shop: host evil.test"});
  judged.append({}, std::vector<double>{0, 4, 0});
  judged.append({}, std::vector<double>{1, 4, 7});
  const auto part = http_fingerprints().make();
  config::Diagnostics diagnostics;
  ASSERT_TRUE(part->fit(training, {0}, {}, diagnostics));
  EXPECT_EQ(part->score(judged, {0, 1}), (std::vector<double>{0, 2}));
  EXPECT_EQ(part->own_threshold(), 0.0);
}

}  // namespace
}  // namespace mimir::evaluation
