// SPDX-License-Identifier: Apache-2.0
#include "dataplane/payload/inspector.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/payload/signatures.h"
#include "tests/dataplane/payload/openings.h"
#include "tests/random.h"

namespace mimir::payload {
namespace {

using test::Opening;
using test::openings;
using test::raw;

constexpr Direction kForward = Direction::kLowToHigh;
constexpr Direction kBack = Direction::kHighToLow;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// Compiled once, for all tests that look for the same.
const Signatures& signatures_of(std::string_view rules) {
  static std::map<std::string, std::unique_ptr<const Signatures>> made;
  std::unique_ptr<const Signatures>& signatures = made[std::string(rules)];
  if (signatures != nullptr) return *signatures;
  std::vector<Rule> read;
  config::Diagnostics diagnostics;
  if (!rules.empty()) {
    EXPECT_TRUE(read_rules(rules, "test.yaml", read, diagnostics)) << diagnostics.render();
  }
  signatures = Signatures::make(std::move(read), {}, diagnostics);
  EXPECT_NE(signatures, nullptr) << diagnostics.render();
  return *signatures;
}

/// One flow and what looks into it.
class Flow {
 public:
  explicit Flow(std::uint8_t ip_protocol = kProtocolTcp, std::string_view rules = {},
                InspectorOptions options = {})
      : inspector_(signatures_of(rules).lend(options)), ip_protocol_(ip_protocol) {
    EXPECT_TRUE(inspector_.is_usable());
  }

  std::vector<PayloadFact> send(std::string_view payload, Direction direction = kForward) {
    if (!inspector_.wants(bytes_of(payload), direction, state)) return {};
    const auto facts = inspector_.inspect(bytes_of(payload), ip_protocol_, direction, state);
    return {facts.begin(), facts.end()};
  }

  Inspection state;

 private:
  Inspector inspector_;
  std::uint8_t ip_protocol_;
};

TEST(Inspector, EveryApplicationIsKnownByHowItBegins) {
  std::uint32_t seen = 0;
  for (const Opening& opening : openings()) {
    Flow flow(opening.ip_protocol);
    (void)flow.send(opening.bytes);
    EXPECT_EQ(name(flow.state.application), name(opening.application)) << opening.bytes;
    seen |= 1U << static_cast<unsigned>(opening.application);
  }
  EXPECT_EQ(seen, (1U << kApplicationNames.size()) - 2) << "one of each, and none unknown";
}

TEST(Inspector, NothingElseIsKnownByABeginningThatIsCutShort) {
  for (const Opening& opening : openings()) {
    for (std::size_t size = 0; size < std::min<std::size_t>(opening.bytes.size(), 64); ++size) {
      const std::string part = opening.bytes.substr(0, size);  // nothing readable behind it
      Flow flow(opening.ip_protocol);
      (void)flow.send(part);
      const bool is_sane = flow.state.application == Application::kUnknown ||
                           flow.state.application == opening.application ||
                           opening.application == Application::kGrpc;
      EXPECT_TRUE(is_sane) << name(flow.state.application) << " for " << part;
    }
  }
}

TEST(Inspector, RandomBytesAreHardlyEverAnApplication) {
  test::Random random(7);
  Flow tcp(kProtocolTcp);
  Flow udp(kProtocolUdp);
  unsigned known = 0;
  constexpr unsigned kCount = 20000;
  for (unsigned i = 0; i < kCount; ++i) {
    std::string bytes(8 + random.below(200), '\0');
    for (char& c : bytes) c = static_cast<char>(random.next());
    Flow& flow = i % 2 == 0 ? tcp : udp;
    flow.state = {};
    (void)flow.send(bytes);
    known += flow.state.application == Application::kUnknown ? 0 : 1;
  }
  // A TLS record's five bytes leave 3 * 5 / 2^24 and a length that fits; nothing else
  // comes near.
  EXPECT_LE(known, 2u);
}

TEST(Inspector, AFlowIsLookedAtSoManyTimesADirectionAndWindow) {
  Flow flow(kProtocolTcp, {}, {.look_count_max = 2});
  for (int i = 0; i < 4; ++i) (void)flow.send("?");
  EXPECT_EQ(flow.state.look_count(kForward), 2u);
  EXPECT_EQ(flow.state.look_count(kBack), 0u);
  (void)flow.send("SSH-2.0-x\r\n");
  EXPECT_EQ(flow.state.application, Application::kUnknown) << "it was looked at enough";
  (void)flow.send("SSH-2.0-x\r\n", kBack);
  EXPECT_EQ(flow.state.application, Application::kSsh) << "the other direction was not";
  flow.state.forget_window();
  EXPECT_EQ(flow.state.look_count(kForward), 0u);
  EXPECT_EQ(flow.state.application, Application::kSsh);
}

TEST(Inspector, DnsIsReadThroughout) {
  const std::string query =
      raw("\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07"
          "example\x03org\0\0\x01\0\x01");
  Flow flow(kProtocolUdp, {}, {.look_count_max = 1});
  for (int i = 0; i < 100; ++i) {
    const auto facts = flow.send(query);
    ASSERT_EQ(facts.size(), 1u);
    EXPECT_EQ(facts[0].first_text(), "example.org");
    EXPECT_EQ(facts[0].application, Application::kDns);
  }
}

TEST(Inspector, WhatIsUpgradedIsWhatItBecame) {
  Flow mysql;
  (void)mysql.send(raw("\x4a\0\0\0\x0a"
                       "8.0.32\0") +
                       std::string(66, 'm'),
                   kBack);
  EXPECT_EQ(mysql.state.application, Application::kMysql);
  (void)mysql.send(raw("\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03") + std::string(100, 'r'));
  EXPECT_EQ(mysql.state.application, Application::kTls);
  (void)mysql.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(mysql.state.application, Application::kTls) << "and stays that";
  Flow grpc;
  (void)grpc.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + raw("\0\0\0\x04\0\0\0\0\0"));
  EXPECT_EQ(grpc.state.application, Application::kHttp2);
  (void)grpc.send(raw("\0\0\x10\x01\x04\0\0\0\x01") + "application/grpc" +
                  raw("\0\0\x04\x08\0\0\0\0\0\0\0\0\x01"));
  EXPECT_EQ(grpc.state.application, Application::kGrpc);
}

constexpr std::string_view kRules = R"(
rules:
  - id: cards
    kind: data
    description: cards
    patterns: ['\b4[0-9]{15}\b']
    check: luhn
    tests: {match: ['4111111111111111']}
  - id: shells
    kind: tool
    description: shells
    patterns: ['/bin/sh', '/bin/bash']
    tests: {match: ['/bin/sh']}
)";

TEST(Inspector, AMatchTellsItsRuleHowOftenAndWhere) {
  Flow flow(kProtocolTcp, kRules);
  const auto facts =
      flow.send("ab 4111111111111111 /bin/sh 4111111111111112 /bin/bash 4012888888881881");
  ASSERT_EQ(facts.size(), 2u);
  EXPECT_EQ(facts[0].kind, FactKind::kRuleMatch);
  EXPECT_EQ(facts[0].value, (std::array<std::uint16_t, 3>{0, 2, 19}));
  EXPECT_EQ(facts[1].value, (std::array<std::uint16_t, 3>{1, 2, 27}));
  EXPECT_EQ(flow.state.rule_bits, bit_of(RuleKind::kData) | bit_of(RuleKind::kTool));
  for (const PayloadFact& fact : facts) {
    EXPECT_TRUE(fact.first_text().empty()) << "no sample unless it is asked for";
  }
}

TEST(Inspector, ASampleKeepsTheLastFourCharacters) {
  Flow flow(kProtocolTcp, kRules, {.keeps_samples = true});
  const auto facts = flow.send("Xy=4111111111111111");
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts[0].first_text(), "xx=############1111");
}

TEST(Inspector, CipherTextIsNotCompared) {
  Flow flow(kProtocolTcp, kRules);
  EXPECT_TRUE(flow.send(raw("\x17\x03\x03\0\x11") + "4111111111111111 ").empty());
  EXPECT_EQ(flow.state.application, Application::kTls);
  EXPECT_EQ(flow.state.rule_bits, 0);
}

TEST(Inspector, OnlySoManyBytesAreCompared) {
  Flow flow(kProtocolTcp, kRules, {.byte_count_max = 32});
  EXPECT_TRUE(flow.send(std::string(20, ' ') + "4111111111111111").empty());
  EXPECT_EQ(flow.send(std::string(15, ' ') + "4111111111111111 ").size(), 1u);
}

TEST(Inspector, WhatIsSplitOverTwoPacketsIsMissed) {
  Flow flow(kProtocolTcp, kRules);
  EXPECT_TRUE(flow.send("4111111111").empty());
  EXPECT_TRUE(flow.send("111111").empty()) << "as the evasion table says";
}

TEST(Inspector, MoreRulesThanThereIsRoomForStillMarkTheFlow) {
  std::string rules = "rules:\n";
  for (char c = 'a'; c < 'a' + 12; ++c) {
    rules += std::string("  - {id: r") + c + ", kind: " + (c == 'l' ? "tool" : "data") +
             ", description: d, patterns: ['" + c + "1'], tests: {match: ['" + c + "1']}}\n";
  }
  Flow flow(kProtocolTcp, rules);
  EXPECT_EQ(flow.send("a1 b1 c1 d1 e1 f1 g1 h1 i1 j1 k1 l1").size(), Inspector::kFactMax);
  EXPECT_EQ(flow.state.rule_bits, bit_of(RuleKind::kData) | bit_of(RuleKind::kTool));
}

}  // namespace
}  // namespace mimir::payload
