// SPDX-License-Identifier: Apache-2.0
#include "model/detector/port_scan.h"

#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "model/detector/habit_learner.h"
#include "tests/model/detector/trace.h"
#include "tests/model/graph/wordpress.h"

namespace mimir::detector {
namespace {

using test::fact;
using test::ip;
using test::kAnswering;
using test::kAsking;
using test::kReset;
using test::kSilence;
using test::kSyn;
using test::kSynAck;
using test::Sent;
using test::Trace;

constexpr std::uint32_t kScanner = ip(10, 244, 0, 7);

constexpr std::uint32_t host(unsigned number) { return ip(10, 244, 1, 0) + number; }

std::vector<Finding> findings_of(const Trace& trace) {
  const Resolver resolver;
  const KnownHabits habits;
  DetectorSet detectors(resolver, habits);
  return trace.run(detectors);
}

// With theta_0 = 0.8 and theta_1 = 0.2 a failure multiplies the likelihood ratio by 4, and
// 0.99 / 0.01 = 99 lies between 4^3 and 4^4.
TEST(PortScan, DecidesAtTheFourthFailedFirstContact) {
  for (unsigned failures = 1; failures <= 6; ++failures) {
    Trace trace;
    for (unsigned i = 0; i < failures; ++i) {
      trace.tcp(1 + i, kScanner, host(1), static_cast<std::uint16_t>(20 + i), kSyn, kReset);
    }
    const auto findings = findings_of(trace);
    ASSERT_EQ(findings.size(), failures >= 4 ? 1U : 0U) << failures;
    if (failures >= 4) {
      EXPECT_EQ(fact(findings[0], "failed_at_decision"), 4);
    }
  }
}

// Each success divides the ratio by 4 and never below 1: F F S F F F needs one more F.
TEST(PortScan, ASuccessTakesBackOneFailureAndNoMore) {
  const auto decided = [](const std::string& walk) {
    Trace trace;
    unsigned i = 0;
    for (const char outcome : walk) {
      ++i;
      const bool is_open = outcome == 'S';
      trace.tcp(i, kScanner, host(i), 80, is_open ? kAsking : kSyn,
                is_open ? kAnswering : kSilence);
    }
    return !findings_of(trace).empty();
  };
  EXPECT_TRUE(decided("FFFF"));
  EXPECT_FALSE(decided("FFSFF"));
  EXPECT_FALSE(decided("FFSFFS"));
  EXPECT_TRUE(decided("FFSFFF"));
  EXPECT_TRUE(decided("SSSSSSSSFFFF")) << "earlier merit must not hide a scan";
  EXPECT_FALSE(decided("FSFSFSFSFSFSFS"));
}

TEST(PortScan, TellsTheShapeOfAScanItsVictimsAndTheOpenPorts) {
  Trace vertical;
  Trace horizontal;
  Trace block;
  for (unsigned i = 0; i < 12; ++i) {
    const bool is_open = i == 8;
    const Sent& answer = is_open ? kSynAck : kReset;
    vertical.tcp(1, kScanner, host(1), static_cast<std::uint16_t>(20 + i), kSyn, answer);
    horizontal.tcp(1, kScanner, host(i), 445, kSyn, is_open ? kSynAck : kSilence);
    block.tcp(1, kScanner, host(i % 4), static_cast<std::uint16_t>(20 + i), kSyn, kReset);
  }
  const auto one = findings_of(vertical);
  ASSERT_EQ(one.size(), 1U);
  EXPECT_EQ(one[0].kind, Kind::kPortScan);
  EXPECT_EQ(one[0].variant, "vertical syn");
  EXPECT_EQ(one[0].source.address, Address::from_ipv4(kScanner));
  ASSERT_EQ(one[0].targets.size(), 1U);
  EXPECT_EQ(one[0].targets[0].party.address, Address::from_ipv4(host(1)));
  EXPECT_EQ(one[0].targets[0].open_ports, std::vector<std::uint16_t>{28});
  EXPECT_EQ(one[0].techniques, std::vector<std::string_view>{"T1046"});
  EXPECT_NE(one[0].summary.find("open: 10.244.1.1:28"), std::string::npos) << one[0].summary;

  const auto many = findings_of(horizontal);
  ASSERT_EQ(many.size(), 1U);
  EXPECT_EQ(many[0].kind, Kind::kHostSweep);
  EXPECT_EQ(many[0].variant, "horizontal syn");
  EXPECT_EQ(many[0].target_count, 12U);

  const auto both = findings_of(block);
  ASSERT_EQ(both.size(), 1U);
  EXPECT_EQ(both[0].variant, "block syn");
}

TEST(PortScan, FindsProbesThatNoConnectionBeginsWith) {
  const struct {
    Sent probe;
    Sent answer;
    const char* variant;
  } cases[] = {
      {{.packets = 1, .bytes = 40, .flags = 0x01, .signs = 0x10}, kSilence, "vertical fin"},
      {{.packets = 1, .bytes = 40, .flags = 0x00, .signs = 0}, kReset, "vertical null"},
      {{.packets = 1, .bytes = 40, .flags = 0x29, .signs = 0x10}, kReset, "vertical xmas"},
      {{.packets = 1, .bytes = 40, .flags = 0x10, .signs = 0x04},
       {.packets = 1, .bytes = 40, .flags = 0x04, .signs = 0x08},
       "vertical ack"},
  };
  for (const auto& each : cases) {
    Trace trace;
    for (unsigned i = 0; i < 5; ++i) {
      trace.tcp(1, kScanner, host(1), static_cast<std::uint16_t>(20 + i), each.probe, each.answer);
    }
    const auto findings = findings_of(trace);
    ASSERT_EQ(findings.size(), 1U) << each.variant;
    EXPECT_EQ(findings[0].variant, each.variant);
    EXPECT_LE(fact(findings[0], "failed_at_decision"), 4);
  }
}

// The largest step for a datagram is ln(0.9 / 0.4): six of them pass ln 99.
TEST(PortScan, FindsSweepsByDatagramsAndEchoes) {
  Trace datagrams;
  Trace refused;
  Trace echoes;
  for (unsigned i = 1; i <= 8; ++i) {
    datagrams.udp(i, kScanner, host(i), 161, 0);
    refused.udp(i, kScanner, host(1), static_cast<std::uint16_t>(160 + i), 0);
    echoes.icmp(i, kScanner, host(i), {.packets = 1, .bytes = 28},
                i % 2 == 0 ? Sent{.packets = 1, .bytes = 28} : kSilence);
  }
  refused.icmp(1, host(1), kScanner, {.packets = 8, .bytes = 8 * 88}, kSilence);
  const auto quiet = findings_of(datagrams);
  ASSERT_EQ(quiet.size(), 1U);
  EXPECT_EQ(quiet[0].variant, "horizontal udp");
  EXPECT_EQ(fact(quiet[0], "failed_at_decision"), 6);
  const auto errors = findings_of(refused);
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].variant, "vertical udp");
  EXPECT_EQ(errors[0].source.address, Address::from_ipv4(kScanner)) << "errors are no sweep";
  const auto pings = findings_of(echoes);
  ASSERT_EQ(pings.size(), 1U);
  EXPECT_EQ(pings[0].variant, "ping icmp");
  EXPECT_EQ(fact(pings[0], "failed_at_decision"), 4);
}

// A failure fades by 2^(-t / 12 h). Every two hours, r = 2^(-1/6): 1 + r + r^2 + r^3 = 3.4,
// above ln 99 / ln 4 = 3.31. Every eight hours the sum never passes 1 / (1 - 2^(-2/3)) = 2.7.
TEST(PortScan, FindsASlowScanAndForgetsOldErrors) {
  const auto count = [](double hours) {
    Trace trace;
    for (unsigned i = 0; i < 20; ++i)
      trace.tcp(i * hours * 3600, kScanner, host(i), 22, kSyn, kSilence);
    return findings_of(trace);
  };
  const auto slow = count(2);
  ASSERT_FALSE(slow.empty());
  EXPECT_EQ(slow[0].variant, "slow horizontal syn");
  EXPECT_EQ(fact(slow[0], "failed_at_decision"), 4);
  EXPECT_TRUE(count(8).empty());
}

TEST(PortScan, BackscatterAndOneWayMirrorsAreNoScans) {
  Trace backscatter;
  Trace one_way;
  for (unsigned i = 0; i < 200; ++i) {
    // The victim of forged SYNs answers them; some of those asked say RST.
    backscatter.tcp(i, host(i), kScanner, 80, i % 3 == 0 ? Sent{1, 40, 0x04, 0x08} : kSilence,
                    kSynAck);
    // Only what clients send is mirrored.
    one_way.tcp(i, kScanner, host(i), 443, kAsking, kSilence);
    one_way.udp(i, kScanner, host(i), 443, 0);
  }
  EXPECT_TRUE(findings_of(backscatter).empty());
  EXPECT_TRUE(findings_of(one_way).empty());
}

TEST(PortScan, AnAnswerThatComesInTheNextWindowCounts) {
  Trace trace;
  for (unsigned i = 0; i < 20; ++i) {
    const std::uint16_t port = static_cast<std::uint16_t>(50000 + i);
    Trace::Flow flow{.first_ns = test::kStartNs + test::seconds(10 * i + 9.9),
                     .last_ns = 0,
                     .client = Address::from_ipv4(kScanner),
                     .client_port = port,
                     .server = Address::from_ipv4(host(i)),
                     .server_port = 443};
    trace.add(flow, kSyn, kSilence);
    flow.first_ns = test::kStartNs + test::seconds(10 * i + 10.1);
    trace.add(flow, {.packets = 4, .bytes = 600, .flags = 0x18, .signs = 0x04}, kSynAck);
  }
  EXPECT_TRUE(findings_of(trace).empty());
}

TEST(PortScan, AServiceThatIsDownMakesNoScannersOfItsClients) {
  Trace trace;
  for (unsigned client = 0; client < 40; ++client) {
    for (unsigned pod = 0; pod < 4; ++pod) {
      trace.tcp(1 + client, ip(10, 244, 0, 50) + client, host(pod), 8080, kAsking, kAnswering);
    }
  }
  for (unsigned minute = 1; minute < 30; ++minute) {
    for (unsigned client = 0; client < 60; ++client) {
      trace.tcp(60 * minute + client * 0.5, ip(10, 244, 0, 50) + client, host(minute % 4), 8080,
                kSyn, kReset);
    }
  }
  EXPECT_TRUE(findings_of(trace).empty());
}

// Twelve pods answered a monitor and are gone; until it hears of that it asks their addresses.
TEST(PortScan, WhoHearsLateThatPodsAreGoneScansNothing) {
  std::vector<entity::Event> events{
      test::pod_event("monitor-0", "10.244.0.5", "shop", "app", "monitor"),
      test::pod_event("scanner-0", "10.244.0.7", "shop", "app", "scanner")};
  for (unsigned i = 0; i < 12; ++i) {
    events.push_back(test::pod_event("web-" + std::to_string(i), "10.244.1." + std::to_string(i),
                                     "shop", "app", "web"));
  }
  for (unsigned i = 0; i < 12; ++i) {
    entity::Event gone = events[2 + i];
    gone.op = entity::Event::Op::kDelete;
    gone.time_ns = test::kStartNs + test::seconds(100);
    events.push_back(std::move(gone));
  }
  const test::World world(events);
  const Resolver resolver(world.cluster, {});

  Trace usual;
  for (unsigned i = 0; i < 12; ++i) {
    usual.tcp(10 + i, ip(10, 244, 0, 5), host(i), 9100, kAsking, kAnswering);
  }
  HabitLearner learner(resolver);
  usual.windows([&learner](const Window& window) { learner.add(window); });
  const learn::ContactHabits learned = learner.finish();

  for (const KnownHabits& habits : {KnownHabits(), KnownHabits(learned, world.cluster)}) {
    Trace trace = usual;
    for (unsigned i = 0; i < 12; ++i) {
      trace.tcp(110 + i, ip(10, 244, 0, 5), host(i), 9100, kSyn, kSilence);
      trace.tcp(110 + i, ip(10, 244, 0, 7), host(i), 9100, kSyn, kSilence);
    }
    DetectorSet detectors(resolver, habits);
    const auto findings = trace.run(detectors);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(resolver.name(findings[0].source), "shop/scanner-0");
  }
}

TEST(PortScan, ForgedSourcesNeitherGrowMemoryNorPushOutAScanner) {
  const Resolver resolver;
  const KnownHabits habits;
  PortScan scan(resolver, habits);
  std::vector<Finding> findings;
  const auto syn = [&](TimeNs time_ns, std::uint32_t source, std::uint32_t target,
                       std::uint16_t port) {
    scan.see({.first_ns = time_ns,
              .client = resolver.resolve(Address::from_ipv4(source), time_ns),
              .server = resolver.resolve(Address::from_ipv4(target), time_ns),
              .port = port,
              .protocol = kProtocolTcp});
  };
  TimeNs time_ns = test::kStartNs;
  for (std::uint32_t i = 0; i < 1'000'000; ++i) {
    time_ns += 100'000;
    syn(time_ns, ip(1, 0, 0, 0) + i * 97, ip(10, 0, 0, 0) + i % 65521, 443);
    if (i % 20'000 == 0) {
      syn(time_ns, kScanner, host(i / 20'000), 22);
    }
  }
  scan.report(findings);
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings[0].source.address, Address::from_ipv4(kScanner));
  EXPECT_LE(fact(findings[0], "failed_at_decision"), 6);
  EXPECT_EQ(findings.size(), 1U);
  EXPECT_GT(scan.forgotten_source_count(), 500'000U) << "the flood did not fill the table";
}

TEST(PortScan, AScanThatGoesOnIsReportedAgainWhenTenTimesLarger) {
  Trace trace;
  for (unsigned i = 0; i < 3000; ++i) {
    trace.tcp(i * 0.5, kScanner, host(1), static_cast<std::uint16_t>(1 + i), kSyn, kReset);
  }
  const auto findings = findings_of(trace);
  ASSERT_EQ(findings.size(), 3U);
  EXPECT_FALSE(findings[0].is_update);
  EXPECT_TRUE(findings[1].is_update);
  // The first ten seconds hold twenty probes.
  EXPECT_NEAR(fact(findings[0], "failed_first_contacts"), 20, 1);
  EXPECT_NEAR(fact(findings[1], "failed_first_contacts"), 200, 20);
  EXPECT_NEAR(fact(findings[2], "failed_first_contacts"), 2000, 200);
}

}  // namespace
}  // namespace mimir::detector
