// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/record/connection.h"
#include "model/detector/application_port.h"
#include "model/detector/habit_learner.h"
#include "model/detector/http_fingerprint.h"
#include "model/detector/payload_rules.h"
#include "tests/model/detector/payload_facts.h"
#include "tests/model/graph/wordpress.h"

namespace mimir::detector {
namespace {

using test::FactWindow;
using test::kClient;
using test::kFactStartNs;
using test::kOutside;
using test::kResolver;

FlowRecord flow(std::uint32_t client, std::uint32_t server, std::uint16_t port,
                Application application) {
  FlowRecord record;
  record.key = test::fact_of(FactKind::kRuleMatch, 0, client, server, port).key;
  record.first_ns = kFactStartNs;
  record.last_ns = kFactStartNs + 5;
  record.packets = {3, 3};
  record.bytes = {300, 300};
  record.application = application;
  const std::size_t c = client < server ? 0 : 1;
  record.signs[c] = kSentSyn | kSentAck;
  record.signs[1 - c] = kSentSynAck | kSentAck;
  return record;
}

std::string port_variant(std::uint32_t server, std::uint16_t port, Application application) {
  const Resolver resolver;
  ApplicationPort detector(resolver);
  FactWindow window;
  window.records.push_back(flow(kClient, server, port, application));
  std::vector<Finding> findings;
  detector.look_at(window.get(), findings);
  return findings.empty() ? std::string() : findings[0].variant;
}

TEST(ApplicationPort, APortThatIsAnothersIsAMismatch) {
  EXPECT_EQ(port_variant(kOutside, 443, Application::kSsh), "mismatch");
  EXPECT_EQ(port_variant(kOutside, 53, Application::kHttp1), "mismatch");
  EXPECT_EQ(port_variant(kResolver, 6379, Application::kSsh), "mismatch");
  EXPECT_EQ(port_variant(kOutside, 443, Application::kTls), "");
  EXPECT_EQ(port_variant(kOutside, 80, Application::kHttp2), "");
  EXPECT_EQ(port_variant(kResolver, 3306, Application::kTls), "") << "MySQL that became TLS";
}

TEST(ApplicationPort, WhatHasAHomeIsHiddenElsewhereOutside) {
  EXPECT_EQ(port_variant(kOutside, 8443, Application::kSsh), "hidden");
  EXPECT_EQ(port_variant(kOutside, 4444, Application::kDns), "hidden");
  EXPECT_EQ(port_variant(kResolver, 8443, Application::kSsh), "") << "inside it is its own affair";
  EXPECT_EQ(port_variant(kOutside, 8080, Application::kHttp1), "");
  EXPECT_EQ(port_variant(kOutside, 2222, Application::kSsh), "");
}

TEST(ApplicationPort, IsToldOnceAnHour) {
  const Resolver resolver;
  ApplicationPort detector(resolver);
  std::vector<Finding> findings;
  for (int w = 0; w < 400; ++w) {
    FactWindow window(kFactStartNs + w * test::kFactWindowNs);
    window.records.push_back(flow(kClient, kOutside, 443, Application::kSsh));
    window.records.back().first_ns = window.window.begin_ns;
    window.records.back().last_ns = window.window.begin_ns + 1;
    detector.look_at(window.get(), findings);
  }
  EXPECT_EQ(findings.size(), 2u) << "of 66 minutes";
}

PayloadFact match(std::uint32_t from, std::uint32_t to, std::uint16_t rule, std::uint16_t count,
                  TimeNs time_ns = kFactStartNs) {
  PayloadFact fact = test::fact_of(FactKind::kRuleMatch, time_ns, from, to, 80);
  fact.value = {rule, count, 17};
  return fact;
}

std::vector<Finding> findings_of(const std::vector<PayloadFact>& facts) {
  const Resolver resolver;
  PayloadRules detector(
      resolver,
      {{.id = "cards", .description = "card numbers", .severity = Severity::kHigh, .count_min = 3},
       {.id = "shell",
        .description = "a shell",
        .kind = RuleKind::kTool,
        .is_of_leaving_flows = false}});
  FactWindow window;
  for (const PayloadFact& fact : facts) window.add(fact);
  std::vector<Finding> findings;
  detector.look_at(window.get(), findings);
  return findings;
}

TEST(PayloadRules, MatchesOfAFlowAddUpToItsThreshold) {
  EXPECT_TRUE(findings_of({match(kClient, kOutside, 0, 2)}).empty());
  const auto findings = findings_of(
      {match(kClient, kOutside, 0, 2), match(kClient, kOutside, 0, 1, kFactStartNs + 7)});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].variant, "cards");
  EXPECT_EQ(findings[0].severity, Severity::kHigh);
  EXPECT_EQ(findings[0].last_ns, kFactStartNs + 7);
  EXPECT_EQ(std::get<std::uint64_t>(findings[0].facts[2].value), 3u);
}

TEST(PayloadRules, FactsOfTheSetBeforeAndOfTheOneThatTookItsPlaceAreToldApart) {
  const Resolver resolver;
  PayloadRules detector(resolver, {{.id = "old", .description = "what was"}});
  detector.set_rules(PayloadFact::kRuleSetSpan,
                     {{.id = "new", .description = "what is"}, {.id = "other", .description = ""}});
  constexpr std::uint16_t kNew = PayloadFact::kRuleSetSpan;
  FactWindow window;
  for (const PayloadFact& fact : {match(kClient, kOutside, 0, 1, kFactStartNs + 1),
                                  match(kClient, kOutside, kNew, 1, kFactStartNs + 2),
                                  match(kClient, kOutside, 1, 1, kFactStartNs + 3),
                                  match(kClient, kOutside, kNew + 1, 1, kFactStartNs + 4),
                                  match(kClient, kOutside, kNew + 2, 1, kFactStartNs + 5)}) {
    window.add(fact);
  }
  std::vector<Finding> findings;
  detector.look_at(window.get(), findings);
  std::vector<std::string> ids;
  for (const Finding& finding : findings) ids.push_back(finding.variant);
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(ids, (std::vector<std::string>{"new", "old", "other"}));
}

TEST(PayloadRules, DataCountOnlyWhereTheyLeave) {
  EXPECT_TRUE(findings_of({match(kClient, kResolver, 0, 9)}).empty()) << "stays inside";
  EXPECT_TRUE(findings_of({match(kOutside, kClient, 0, 9)}).empty()) << "comes in";
  EXPECT_EQ(findings_of({match(kClient, kResolver, 1, 1)}).size(), 1u) << "a tool anywhere";
  EXPECT_TRUE(findings_of({match(kClient, kOutside, 2, 9)}).empty()) << "a rule nobody knows";
}

TEST(HttpFingerprint, AnAgentIsTheSameFromReleaseToRelease) {
  EXPECT_EQ(HttpFingerprint::without_numbers("Mozilla/5.0 (X11; Linux x86_64)"),
            "Mozilla/# (X#; Linux x#_#)");
  EXPECT_EQ(HttpFingerprint::without_numbers("curl/7.88.1"),
            HttpFingerprint::without_numbers("curl/8.5.0"));
  EXPECT_EQ(HttpFingerprint::without_numbers(""), "");
}

PayloadFact request(std::uint32_t client, std::string_view host, std::string_view agent,
                    std::uint32_t fields = 7) {
  PayloadFact fact =
      test::fact_of(FactKind::kHttpRequest, kFactStartNs, client, kOutside, 80, host, agent);
  fact.flags = kHasUserAgent;
  fact.hash = fields;
  return fact;
}

// Two pods of one service, 10.0.0.1 and 10.0.0.2.
struct FingerprintRig {
  FingerprintRig()
      : world({test::service_event("shop", "10.96.0.1", "shop", "app", "shop"),
               test::pod_event("shop-0", "10.0.0.1", "shop", "app", "shop"),
               test::pod_event("shop-1", "10.0.0.2", "shop", "app", "shop")}),
        resolver(world.cluster, {}) {}

  void learn(const std::vector<PayloadFact>& facts) {
    HabitLearner learner(resolver);
    FactWindow window;
    for (const PayloadFact& fact : facts) window.add(fact);
    learner.add(window.get());
    habits = KnownHabits(learner.finish(), world.cluster);
  }
  [[nodiscard]] std::vector<std::string> variants_of(const PayloadFact& fact) const {
    DetectorSet detectors(resolver, habits);
    FactWindow window;
    window.add(fact);
    std::vector<std::string> variants;
    for (const Finding& finding : detectors.add(window.get())) variants.push_back(finding.variant);
    return variants;
  }

  test::World world;
  Resolver resolver;
  KnownHabits habits;
};

TEST(HttpFingerprint, WhatTheServiceNeverHadIsToldAndWhatItHadIsNot) {
  using Variants = std::vector<std::string>;
  FingerprintRig rig;
  rig.learn({request(kClient, "api.example.org", "shop/1.2")});
  constexpr std::uint32_t kOtherPod = kClient + 1;
  EXPECT_EQ(rig.variants_of(request(kOtherPod, "eu.example.org:80", "shop/1.3")), Variants{})
      << "another pod, release and host of the domain";
  EXPECT_EQ(rig.variants_of(request(kClient, "api.example.org", "curl/8.5")), Variants{"agent"});
  EXPECT_EQ(rig.variants_of(request(kClient, "example.com", "shop/1.2")), Variants{"host"});
  EXPECT_EQ(rig.variants_of(request(kClient, "api.example.org", "shop/1.2", 8)),
            Variants{"fields"});
  EXPECT_EQ(rig.variants_of(request(kResolver, "example.com", "curl/8.5")), Variants{})
      << "nobody knows whose that is";
}

TEST(HttpFingerprint, SaysNothingWhereNothingWasLearned) {
  FingerprintRig rig;
  EXPECT_TRUE(rig.variants_of(request(kClient, "example.com", "curl/8.5")).empty());
  rig.learn({});
  EXPECT_TRUE(rig.variants_of(request(kClient, "example.com", "curl/8.5")).empty())
      << "training that did not look into payload";
  PayloadFact name =
      test::fact_of(FactKind::kDnsQuery, kFactStartNs, kClient, kResolver, 53, "a.org");
  rig.learn({name});
  EXPECT_EQ(rig.variants_of(request(kClient, "example.com", "curl/8.5")).size(), 3u)
      << "training that did, and saw no plain HTTP";
}

}  // namespace
}  // namespace mimir::detector
