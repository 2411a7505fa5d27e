// SPDX-License-Identifier: Apache-2.0
#include "controlplane/alert/finding_alert.h"

#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "controlplane/alert/recent_findings.h"
#include "controlplane/alert/sighting.h"
#include "model/detector/catalogue.h"
#include "tests/model/graph/wordpress.h"

namespace mimir::controlplane {
namespace {

using config::Json;
using detector::Finding;
using detector::Kind;
using detector::Resolver;

const Json& at(const Json& json, std::initializer_list<const char*> path) {
  const Json* here = &json;
  for (const char* const key : path) {
    here = here->find(key);
    if (here == nullptr) {
      static const Json nothing;
      ADD_FAILURE() << "no " << key;
      return nothing;
    }
  }
  return *here;
}

// The fields that readers of eve.json know, and ours.
TEST(FindingAlert, IsAnEveLineWithItsOwnKindAndEvidence) {
  const Resolver resolver;
  Finding finding{.kind = Kind::kBruteForce,
                  .severity = detector::Severity::kHigh,
                  .first_ns = 1'767'571'200 * kNsPerSecond,
                  .last_ns = 1'767'571'203 * kNsPerSecond,
                  .source = resolver.resolve(Address::from_ipv4(0x0a000001), 0),
                  .target_count = 1};
  finding.targets.push_back({.party = resolver.resolve(Address::from_ipv4(0x0a000002), 0),
                             .ports = {22},
                             .open_ports = {}});
  finding.facts = {{"attempts", std::uint64_t{9}}, {"attempts_now", 8.5}};
  finding.techniques = {"T1110"};
  finding.summary = "10.0.0.1 tried";
  const Json line = to_json(finding,
                            {.begin_ns = 1'767'571'200 * kNsPerSecond,
                             .end_ns = 1'767'571'210 * kNsPerSecond,
                             .loss = {.packets = {.received = 10, .counted = 10}}},
                            {.model_name = "shop", .model_digest = "abc"}, resolver);
  EXPECT_EQ(*at(line, {"timestamp"}).string(), "2026-01-05T00:00:10.000000+0000");
  EXPECT_EQ(*at(line, {"event_type"}).string(), "alert");
  EXPECT_EQ(*at(line, {"src_ip"}).string(), "10.0.0.1");
  EXPECT_EQ(*at(line, {"dest_ip"}).string(), "10.0.0.2");
  EXPECT_EQ(at(line, {"alert", "signature_id"}).count(), 7700204U);
  EXPECT_EQ(at(line, {"alert", "severity"}).count(), 1U);
  EXPECT_EQ(*at(line, {"alert", "metadata", "mitre_technique_id"}).elements()->at(0).string(),
            "T1110");
  EXPECT_EQ(*at(line, {"mimir", "kind"}).string(), "brute_force");
  EXPECT_EQ(*at(line, {"mimir", "first_seen"}).string(), "2026-01-05T00:00:00.000000+0000");
  EXPECT_EQ(at(line, {"mimir", "evidence", "attempts"}).count(), 9U);
  EXPECT_EQ(at(line, {"mimir", "evidence", "attempts_now"}).number(), 8.5);
  EXPECT_EQ(at(line, {"mimir", "capture", "received"}).count(), 10U);
  EXPECT_EQ(*at(line, {"mimir", "model", "name"}).string(), "shop");
  EXPECT_EQ(*at(line, {"mimir", "explanation", "summary"}).string(), "10.0.0.1 tried");
  EXPECT_FALSE(at(line, {"mimir", "explanation", "action"}).string()->empty());
  EXPECT_EQ(at(line, {"mimir"}).find("score"), nullptr) << "a finding has no score";
  const Json& target = at(line, {"mimir", "targets"}).elements()->at(0);
  EXPECT_EQ(target.find("service"), nullptr) << "without a cluster there are no services";
  EXPECT_EQ(at(target, {"ports"}).elements()->at(0).count(), 22U);
}

// The schema of alerts is kept by hand.
TEST(Catalogue, IsWhatTheSchemaOfAlertsKnows) {
  std::ifstream file(MIMIR_SOURCE_DIR "/config/alert.schema.json");
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  config::Diagnostics diagnostics;
  const auto schema = config::parse_json(text, "alert.schema.json", diagnostics);
  ASSERT_TRUE(schema.has_value()) << diagnostics.render();
  const Json& kind = at(*schema, {"$defs", "finding", "properties", "kind", "enum"});
  std::set<std::string> known;
  for (const Json& each : *kind.elements()) known.insert(*each.string());
  std::set<std::string> spoken;
  for (const detector::KindText& each : detector::catalogue()) spoken.emplace(each.name);
  EXPECT_EQ(known, spoken);
  EXPECT_EQ(*at(*schema, {"$defs", "finding", "properties", "schema", "const"}).string(),
            kAlertSchema);
}

// What grows is one incident, whatever it looks like so far; what concerns two is one of both.
TEST(Sighting, HasAKeyOfWhatIsTheSameToThePersonOnDuty) {
  const Resolver resolver;
  const auto party = [&](std::uint32_t ip) { return resolver.resolve(Address::from_ipv4(ip), 0); };
  Finding finding{.kind = Kind::kPortScan,
                  .severity = detector::Severity::kMedium,
                  .variant = "slow vertical syn",
                  .first_ns = 1,
                  .source = party(0x0a000001)};
  finding.targets.push_back({.party = party(0x0a000002), .ports = {}, .open_ports = {}});
  const FindingWindow window{.begin_ns = 0, .end_ns = 10, .loss = {}};
  EXPECT_EQ(sighting_of(finding, window, {}, resolver).key, "port_scan|10.0.0.1");
  finding.kind = Kind::kDnsTunnel;
  finding.variant = "rotation";
  const Sighting sighting = sighting_of(finding, window, {}, resolver);
  EXPECT_EQ(sighting.key, "dns_tunnel|rotation|10.0.0.1|10.0.0.2");
  EXPECT_EQ(sighting.detector, "dns_tunnel");
  EXPECT_EQ(sighting.severity, 2);
  EXPECT_EQ(sighting.first_ns, 1);
  EXPECT_EQ(sighting.end_ns, 10);
  Alert alert;
  alert.path = {"user-db", "user", "outside"};
  alert.score.value = 3;
  alert.score.threshold = 1;
  EXPECT_EQ(sighting_of(alert).key, "exfiltration|user-db|user|outside");
  EXPECT_EQ(sighting_of(alert).weight, 2);
}

TEST(RecentFindings, MentionWhatConcernsAServiceAndIsNotTooOld) {
  const test::World world({test::pod_event("user-0", "10.244.0.1", "shop", "app", "user"),
                           test::service_event("user", "10.96.0.1", "shop", "app", "user"),
                           test::pod_event("pay-0", "10.244.0.2", "shop", "app", "pay"),
                           test::service_event("pay", "10.96.0.2", "shop", "app", "pay")});
  const Resolver resolver(world.cluster, {});
  const auto party = [&](const char* address) {
    return resolver.resolve(test::address_of(address), 0);
  };
  RecentFindings recent;
  const TimeNs start_ns = 1'767'571'200 * kNsPerSecond;
  const TimeNs minute_ns = 60 * kNsPerSecond;
  recent.add({.kind = Kind::kPortScan, .source = party("10.244.0.1")}, start_ns, resolver);
  recent.add({.kind = Kind::kBeacon, .source = party("10.244.0.2")}, start_ns + minute_ns,
             resolver);
  Finding move{.kind = Kind::kLateralMovement, .source = party("203.0.113.9")};
  move.hops.push_back({.source = party("203.0.113.9"), .destination = party("10.244.0.1")});
  recent.add(move, start_ns + 2 * minute_ns, resolver);
  const auto kinds = [&](std::vector<std::string> services, TimeNs begin_ns) {
    std::string text;
    for (const RelatedFinding& related : recent.about(services, begin_ns)) {
      text += related.kind + " ";
    }
    return text;
  };
  EXPECT_EQ(kinds({"user", "outside"}, start_ns), "port_scan lateral_movement ");
  EXPECT_EQ(kinds({"pay"}, start_ns), "beacon ");
  EXPECT_EQ(kinds({"user", "pay"}, start_ns), "port_scan beacon lateral_movement ");
  EXPECT_EQ(kinds({"outside"}, start_ns), "");
  EXPECT_EQ(kinds({"user"}, start_ns + 10 * minute_ns), "port_scan lateral_movement ");
  EXPECT_EQ(kinds({"user"}, start_ns + 11 * minute_ns), "lateral_movement ");
}

TEST(Catalogue, EveryKindHasItsOwnNumberAndSaysWhatItMeansAndWhatToDo) {
  std::set<std::uint64_t> ids;
  std::set<std::string_view> names;
  for (const detector::KindText& text : detector::catalogue()) {
    EXPECT_EQ(&detector::text_of(text.kind), &text);
    EXPECT_TRUE(ids.insert(text.signature_id).second) << text.name;
    EXPECT_TRUE(names.insert(text.name).second) << text.name;
    EXPECT_TRUE(text.tactic.starts_with("TA00")) << text.name;
    for (const std::string_view sentence : {text.meaning, text.false_alarm, text.action}) {
      EXPECT_GT(sentence.size(), 20U) << text.name;
      EXPECT_EQ(sentence.back(), '.') << text.name;
    }
  }
}

}  // namespace
}  // namespace mimir::controlplane
