// SPDX-License-Identifier: Apache-2.0
// Brute force, beacons, long connections, ICMP and DNS volume: what each is to find and
// what looks like it and is not.
#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "tests/model/detector/trace.h"
#include "tests/random.h"

namespace mimir::detector {
namespace {

using test::fact;
using test::ip;
using test::kAnswering;
using test::kAsking;
using test::Sent;
using test::Trace;

constexpr std::uint32_t kPod = ip(10, 244, 0, 7);
constexpr std::uint32_t kServer = ip(10, 244, 1, 9);
constexpr std::uint32_t kOutside = ip(198, 51, 100, 20);
constexpr Sent kLogin{.packets = 20, .bytes = 3700, .flags = 0x1b, .signs = 0x15};
constexpr Sent kDenial{.packets = 15, .bytes = 3100, .flags = 0x1b, .signs = 0x16};

std::vector<Finding> findings_of(const Trace& trace, Kind kind) {
  const Resolver resolver;
  const KnownHabits habits;
  DetectorSet detectors(resolver, habits);
  std::vector<Finding> findings = trace.run(detectors);
  std::erase_if(findings, [kind](const Finding& finding) { return finding.kind != kind; });
  return findings;
}

TEST(BruteForce, EightLoginsInABurstAreTooMany) {
  for (int attempts = 5; attempts <= 12; ++attempts) {
    Trace trace;
    for (int i = 0; i < attempts; ++i) trace.tcp(i, kPod, kServer, 22, kLogin, kDenial, 3);
    const auto findings = findings_of(trace, Kind::kBruteForce);
    // A second fades by 2^(-1/120): the level of n attempts is a little below n.
    EXPECT_EQ(findings.size(), attempts >= 9 ? 1U : 0U) << attempts;
  }
}

// Each attempt is worth 1 and halves in 120 s: one a minute never passes
// 1 / (1 - 2^(-1/2)) = 3.4.
TEST(BruteForce, ALoginAMinuteIsWork) {
  Trace trace;
  for (int i = 0; i < 300; ++i) trace.tcp(60 * i, kPod, kServer, 22, kLogin, kDenial, 3);
  EXPECT_TRUE(findings_of(trace, Kind::kBruteForce).empty());
}

TEST(BruteForce, WebTrafficAndLongSessionsAreNone) {
  Trace trace;
  for (int i = 0; i < 500; ++i) {
    trace.tcp(i * 0.2, kPod, kServer, 80, kAsking, kAnswering, 0.1);
    trace.tcp(i * 0.2, kPod, kServer, 8080, kLogin, kDenial, 0.1);
  }
  // A pool of connections to a database: opened together, none of them ends.
  const Sent open{.packets = 20, .bytes = 3700, .flags = 0x1a, .signs = 0x05};
  const Sent opened{.packets = 15, .bytes = 3100, .flags = 0x1a, .signs = 0x06};
  for (int i = 0; i < 200; ++i) trace.tcp(1, kPod, kServer, 3306, open, opened, 3);
  EXPECT_TRUE(findings_of(trace, Kind::kBruteForce).empty());
}

TEST(BruteForce, ALoginAtAnotherPortIsFoundByItsShape) {
  Trace trace;
  for (int i = 0; i < 60; ++i) trace.tcp(i * 0.2, kPod, kServer, 902, kLogin, kDenial, 3);
  const auto findings = findings_of(trace, Kind::kBruteForce);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].targets.at(0).ports, std::vector<std::uint16_t>{902});
  EXPECT_EQ(findings[0].techniques.at(0), "T1110");
}

/// Connections at 1 +- jitter, or at exponential, times of `period_s`.
Trace rhythm(double period_s, double jitter, int count, bool is_chance = false) {
  Trace trace;
  test::Random random(7);
  double second = 1;
  for (int i = 0; i < count; ++i) {
    trace.tcp(second, kPod, kOutside, 443, kAsking, kAnswering, 0.2);
    const double uniform = static_cast<double>(random.below(1'000'000)) / 1e6;
    second +=
        is_chance ? -period_s * std::log(1 - uniform) : period_s * (1 + jitter * (2 * uniform - 1));
  }
  return trace;
}

TEST(Beacon, IsFoundWithUpToHalfItsPeriodOfJitter) {
  for (const double jitter : {0.0, 0.2, 0.5}) {
    const auto findings = findings_of(rhythm(60, jitter, 80), Kind::kBeacon);
    ASSERT_FALSE(findings.empty()) << jitter;
    EXPECT_NEAR(fact(findings[0], "period_s"), 60, 60 * jitter / 3 + 0.1);
    EXPECT_LE(fact(findings[0], "connections"), 40);
  }
}

TEST(Beacon, ChanceIsNoRhythmAndPodsMayProbeEachOther) {
  EXPECT_TRUE(findings_of(rhythm(60, 0, 400, true), Kind::kBeacon).empty());
  Trace probes;
  for (int i = 0; i < 400; ++i) probes.tcp(10 * i, kPod, kServer, 8080, kAsking, kAnswering, 0.1);
  EXPECT_TRUE(findings_of(probes, Kind::kBeacon).empty());
}

TEST(LongConnection, IsToldOfAfterAnHourAndSeldomAfterwards) {
  Trace trace;
  const Sent first{.packets = 4, .bytes = 400, .flags = 0x1a, .signs = 0x05};
  const Sent answer{.packets = 4, .bytes = 400, .flags = 0x1a, .signs = 0x06};
  const Sent more{.packets = 1, .bytes = 80, .flags = 0x18, .signs = 0x04};
  Trace::Flow flow{.first_ns = test::kStartNs,
                   .client = Address::from_ipv4(kPod),
                   .client_port = 40000,
                   .server = Address::from_ipv4(kOutside),
                   .server_port = 443};
  trace.add(flow, first, answer);
  for (int i = 1; i < 5 * 60; ++i) {
    flow.first_ns = test::kStartNs + test::seconds(60 * i);
    trace.add(flow, more, more);
  }
  const auto findings = findings_of(trace, Kind::kLongConnection);
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].severity, Severity::kLow);
  EXPECT_NEAR(fact(findings[0], "hours"), 1, 0.1);
  EXPECT_NEAR(fact(findings[1], "hours"), 4, 0.1);
  EXPECT_EQ(fact(findings[1], "sent_bytes"), 400 + 80 * 240);
}

TEST(EchoTunnel, WhatComesBackOtherThanItWentIsFoundAndPingsAreNot) {
  Trace ping;
  Trace flood;
  Trace tunnel;
  Trace lossy;
  Trace few;
  for (unsigned i = 0; i < 30; ++i) {
    const auto of = [](std::uint64_t packets, std::uint64_t size) {
      return Sent{.packets = packets, .bytes = packets * size};
    };
    ping.icmp(10 * i, kPod, kOutside, of(10, 84), of(10, 84));
    flood.icmp(10 * i, kPod, kOutside, of(2000, 84), of(2000, 84));
    tunnel.icmp(10 * i, kPod, kOutside, of(5, 300), of(5, 120));
    lossy.icmp(10 * i, kPod, kOutside, of(10, 1400), of(4, 1400));
    few.icmp(10 * i, kPod, kOutside, of(2, 300), of(2, 120));
  }
  EXPECT_TRUE(findings_of(ping, Kind::kEchoTunnel).empty());
  EXPECT_TRUE(findings_of(flood, Kind::kEchoTunnel).empty()) << "a flood of pings carries nothing";
  EXPECT_TRUE(findings_of(lossy, Kind::kEchoTunnel).empty());
  EXPECT_TRUE(findings_of(few, Kind::kEchoTunnel).empty()) << "twelve a minute are too few to tell";
  const auto found = findings_of(tunnel, Kind::kEchoTunnel);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].variant, "uneven");
  // Even sides, but no two packets alike: 57 packets a minute of 300 to 400 bytes.
  Trace varied;
  test::Random random(5);
  for (unsigned i = 0; i < 12; ++i) {
    std::uint64_t bytes = 0;
    for (unsigned packet = 0; packet < 9; ++packet) bytes += 300 + random.below(101);
    varied.icmp(10 * i, kPod, kOutside, {.packets = 9, .bytes = bytes},
                {.packets = 9, .bytes = bytes});
  }
  const auto unlike = findings_of(varied, Kind::kEchoTunnel);
  ASSERT_EQ(unlike.size(), 1U);
  EXPECT_EQ(unlike[0].variant, "varied");
  Trace volume;
  for (unsigned i = 0; i < 6; ++i) {
    volume.icmp(10 * i, kPod, kOutside, {.packets = 100, .bytes = 100'000},
                {.packets = 100, .bytes = 100'000});
  }
  const auto large = findings_of(volume, Kind::kEchoTunnel);
  ASSERT_EQ(large.size(), 1U);
  EXPECT_EQ(large[0].variant, "volume");
}

TEST(DnsVolume, ManyLongQuestionsAreFoundAndManyShortOnesAreNot) {
  Trace lookups;
  Trace tunnel;
  for (unsigned i = 0; i < 60; ++i) {
    lookups.udp(i, kPod, kServer, 53, 50, 50, 72);
    tunnel.udp(i, kPod, kServer, 53, 2, 2, 150);
  }
  EXPECT_TRUE(findings_of(lookups, Kind::kDnsVolume).empty());
  const auto found = findings_of(tunnel, Kind::kDnsVolume);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].source.address, Address::from_ipv4(kPod));
  EXPECT_NEAR(fact(found[0], "mean_question_bytes"), 150, 0.01);
}

}  // namespace
}  // namespace mimir::detector
