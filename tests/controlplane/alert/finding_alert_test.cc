// SPDX-License-Identifier: Apache-2.0
#include "controlplane/alert/finding_alert.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "model/detector/catalogue.h"

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
