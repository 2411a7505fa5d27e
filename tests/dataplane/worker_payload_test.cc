// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/payload/rule_file.h"
#include "tests/dataplane/payload/talk.h"
#include "tests/dataplane/worker_rig.h"

namespace mimir {
namespace {

using test::Burst;
using test::Reader;

constexpr TimeNs kStart = 1'700'000'000 * kNsPerSecond;

const payload::Signatures& signatures() {
  static const auto made = test::built_in_signatures();
  return *made;
}

WorkerOptions options_with(const payload::InspectorOptions& inspection = {}) {
  WorkerOptions options;
  options.lateness_ns = kNsPerSecond;
  options.flow_count_max = 4096;
  options.ipv6_flow_count_max = 4096;
  options.inspection = signatures().lend(inspection);
  return options;
}

/// One frame a burst, a millisecond apart.
std::vector<Burst> one_by_one(const std::vector<test::Frame>& frames, TimeNs step_ns = 1'000'000) {
  std::vector<Burst> bursts;
  TimeNs now_ns = kStart;
  for (const test::Frame& frame : frames) {
    bursts.push_back({.packets = {{frame, now_ns}}});
    now_ns += step_ns;
  }
  return bursts;
}

std::vector<Burst> long_talk() {
  std::vector<Burst> bursts = test::random_traffic(5, {.burst_count = 60});
  for (int i = 0; i < 60; ++i) bursts.push_back(test::talk(bursts.back()));
  return bursts;
}

std::vector<PayloadFact> sorted(std::vector<PayloadFact> facts) {
  std::sort(facts.begin(), facts.end());
  return facts;
}

bool are_equal(const std::vector<PayloadFact>& a, const std::vector<PayloadFact>& b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](const auto& one, const auto& other) {
           return !(one < other) && !(other < one);
         });
}

TEST(WorkerPayload, AFactHasItsFlowItsTimeAndItsDirection) {
  const auto bursts = one_by_one({test::udp_text(4000, test::dns_query("www"))});
  const Reader reader = test::run(options_with(), bursts);
  ASSERT_EQ(reader.facts().size(), 1u);
  const PayloadFact& fact = reader.facts().front();
  EXPECT_EQ(fact.kind, FactKind::kDnsQuery);
  EXPECT_EQ(fact.first_text(), "www.example.org");
  EXPECT_EQ(fact.time_ns, kStart);
  EXPECT_EQ(fact.direction, Direction::kLowToHigh);
  EXPECT_EQ(fact.key, (FlowKey{.low_address = Address::from_ipv4(test::kTalker),
                               .high_address = Address::from_ipv4(test::kListener),
                               .low_port = 4000,
                               .high_port = 53,
                               .protocol = kProtocolUdp}));
}

TEST(WorkerPayload, ARecordTellsWhatTheFlowSpeaksInEachWindowAndWhatMatchedInIts) {
  const auto bursts =
      one_by_one({test::tcp_text(4000, "GET /?key=AKIAIOSFODNN7EXAMPLE HTTP/1.1\r\n\r\n"),
                  test::tcp_text(4000, "more")},
                 10 * kNsPerSecond);
  const Reader reader = test::run(options_with(), bursts);
  ASSERT_EQ(reader.flows().size(), 2u);
  const FlowRecord& first = reader.flows().begin()->second;
  const FlowRecord& second = std::next(reader.flows().begin())->second;
  EXPECT_EQ(first.application, Application::kHttp1);
  EXPECT_EQ(first.rule_bits, bit_of(RuleKind::kCredential));
  EXPECT_EQ(second.application, Application::kHttp1) << "it is remembered";
  EXPECT_EQ(second.rule_bits, 0) << "that is the other window's";
}

TEST(WorkerPayload, AConnectionThatStaysOpenIsLookedAtInEachWindow) {
  std::vector<test::Frame> frames;
  for (int i = 0; i < 40; ++i) frames.push_back(test::tcp_text(4000, "key=AKIAIOSFODNN7EXAMPLE"));
  // Four windows of ten frames, of which three are looked at.
  const Reader reader =
      test::run(options_with({.look_count_max = 3}), one_by_one(frames, kNsPerSecond));
  EXPECT_EQ(reader.facts().size(), 12u);
}

// What is looked for is exchanged while packets come, by a word that a match is to have.
TEST(WorkerPayload, ARuleTakesAnothersPlaceAtTheEdgeOfAWindow) {
  const auto signatures_of = [](const std::string& word) {
    config::Diagnostics diagnostics;
    std::vector<payload::Rule> rules;
    (void)payload::read_rules("rules: [{id: word, description: d, patterns: [" + word +
                                  "], tests: {match: [" + word + "]}}]",
                              "r.yaml", rules, diagnostics);
    return payload::Signatures::make(std::move(rules), {}, diagnostics);
  };
  const auto before = signatures_of("before");
  const auto after = signatures_of("after");
  ASSERT_TRUE(before != nullptr && after != nullptr);
  WorkerOptions options = options_with();
  options.inspection = before->lend({.look_count_max = 15});
  std::vector<test::Frame> frames;
  for (int i = 0; i < 60; ++i) frames.push_back(test::tcp_text(4000, "before and after"));
  const std::vector<Burst> bursts = one_by_one(frames, kNsPerSecond);

  test::FakeSource source(bursts);
  RecordRing ring(4096, 1024);
  Reader reader;
  Worker worker(options, source, ring);
  payload::Inspector next(
      after->lend({.look_count_max = 15, .first_rule = PayloadFact::kRuleSetSpan}));
  std::optional<TimeNs> taken_ns;
  for (int i = 0; worker.step(); ++i) {
    (void)reader.drain(ring);
    if (i == 25) worker.offer(next);
    if (i >= 25 && !taken_ns && worker.has_taken()) taken_ns = kStart + i * kNsPerSecond;
  }
  worker.finish();
  (void)reader.drain(ring);
  // Windows of 10 s from kStart on, closed a second late: asked for in the third, it is
  // taken when that closes.
  EXPECT_EQ(taken_ns, kStart + 31 * kNsPerSecond);
  ASSERT_EQ(reader.facts().size(), 60U) << "every packet matched one of them";
  for (const PayloadFact& fact : reader.facts()) {
    EXPECT_EQ(fact.value[0], fact.time_ns >= *taken_ns ? PayloadFact::kRuleSetSpan : 0U);
  }
}

TEST(WorkerPayload, WithoutSignaturesNothingIsLookedAt) {
  WorkerOptions options = options_with();
  options.inspection = {};
  const Reader reader = test::run(options, long_talk());
  EXPECT_TRUE(reader.facts().empty());
  for (const auto& [flow, record] : reader.flows()) {
    EXPECT_EQ(record.application, Application::kUnknown);
    EXPECT_EQ(record.rule_bits, 0);
  }
}

TEST(WorkerPayload, LookingChangesNoOtherFigure) {
  WorkerOptions off = options_with();
  off.inspection = {};
  const std::vector<Burst> bursts = long_talk();
  const Reader without = test::run(off, bursts);
  const Reader with = test::run(options_with(), bursts);
  ASSERT_EQ(with.flows().size(), without.flows().size());
  auto other = without.flows().begin();
  for (const auto& [flow, record] : with.flows()) {
    FlowRecord cleared = record;
    cleared.application = Application::kUnknown;
    cleared.rule_bits = 0;
    EXPECT_EQ(std::memcmp(&cleared, &other->second, sizeof cleared), 0);
    ++other;
  }
}

TEST(WorkerPayload, ShardsTogetherSayWhatOneWorkerSays) {
  const std::vector<Burst> bursts = long_talk();
  const Reader whole = test::run(options_with(), bursts);
  std::vector<PayloadFact> facts;
  for (std::uint32_t shard = 0; shard < 3; ++shard) {
    WorkerOptions options = options_with();
    options.shard = shard;
    options.shard_count = 3;
    const Reader part = test::run(options, bursts);
    facts.insert(facts.end(), part.facts().begin(), part.facts().end());
  }
  ASSERT_GT(whole.facts().size(), 200u);
  EXPECT_TRUE(are_equal(sorted(whole.facts()), sorted(facts)));
}

TEST(WorkerPayload, TheSizeOfABurstChangesNothing) {
  const std::vector<Burst> bursts = long_talk();
  std::vector<Burst> single;
  for (const Burst& burst : bursts) {
    if (burst.packets.empty()) single.push_back(burst);
    for (const test::TimedFrame& packet : burst.packets) single.push_back({.packets = {packet}});
  }
  const Reader whole = test::run(options_with(), bursts);
  const Reader parts = test::run(options_with(), single);
  EXPECT_TRUE(are_equal(sorted(whole.facts()), sorted(parts.facts())));
}

struct Books {
  std::uint64_t written = 0;
  std::uint64_t lost = 0;
};

Books books_of(const Reader& reader) {
  Books books;
  for (const auto& [window, report] : reader.reports()) {
    books.written += report.facts_written;
    books.lost += report.facts_lost;
  }
  return books;
}

TEST(WorkerPayload, WhatIsAboveAWindowsShareIsLostAndCounted) {
  std::vector<test::Frame> frames;
  for (int i = 0; i < 20; ++i) {
    frames.push_back(test::udp_text(4000, test::dns_query(std::to_string(i))));
  }
  WorkerOptions options = options_with();
  options.window_fact_count_max = 7;
  const Reader reader = test::run(options, one_by_one(frames, kNsPerSecond));
  EXPECT_EQ(reader.facts().size(), 14u) << "two windows";
  EXPECT_EQ(books_of(reader).written, 20u);
  EXPECT_EQ(books_of(reader).lost, 6u);
}

TEST(WorkerPayload, WhereNobodyAsksForFactsNoneAreWritten) {
  WorkerOptions options = options_with();
  options.window_fact_count_max = 0;
  const Reader reader =
      test::run(options, one_by_one({test::udp_text(4000, test::dns_query("www"))}));
  EXPECT_TRUE(reader.facts().empty());
  EXPECT_EQ(books_of(reader).written, 0u);
  EXPECT_EQ(reader.flows().begin()->second.application, Application::kDns);
}

TEST(WorkerPayload, WhatAFullRingDoesNotTakeIsLostAndCounted) {
  std::vector<test::Frame> frames;
  for (int i = 0; i < 20; ++i) {
    frames.push_back(test::udp_text(4000, test::dns_query(std::to_string(i))));
  }
  const std::vector<Burst> bursts = one_by_one(frames);
  test::FakeSource source(bursts);
  RecordRing ring(1024, 5);
  WorkerOptions options = options_with();
  options.ring_full = RingFull::kLose;
  Worker worker(options, source, ring);
  while (worker.step()) {  // and nobody reads
  }
  worker.finish();
  Reader reader;
  EXPECT_TRUE(reader.drain(ring));
  EXPECT_EQ(reader.facts().size(), 5u);
  EXPECT_EQ(books_of(reader).written, 20u);
  EXPECT_EQ(books_of(reader).lost, 15u);
}

TEST(WorkerPayload, LaterFragmentsAreNotLookedAt) {
  const std::string query = test::dns_query("www");
  const test::Frame later = test::Frame::ethernet()
                                .ipv4(test::kTalker, test::kListener, {.fragment_offset = 1})
                                .protocol(kProtocolUdp)
                                .text(query);
  const test::Frame first = test::Frame::ethernet()
                                .ipv4(test::kTalker, test::kListener, {.more_fragments = true})
                                .udp(4000, 53);
  const Reader reader = test::run(options_with(), one_by_one({first, later}));
  EXPECT_TRUE(reader.facts().empty());
  EXPECT_EQ(reader.flows().size(), 1u) << "but both count";
}

}  // namespace
}  // namespace mimir
