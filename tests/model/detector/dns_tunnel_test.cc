// SPDX-License-Identifier: Apache-2.0
#include "model/detector/dns_tunnel.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model/detector/encrypted_dns.h"
#include "model/detector/public_suffix.h"
#include "tests/model/detector/payload_facts.h"
#include "tests/random.h"

namespace mimir::detector {
namespace {

using test::FactWindow;
using test::kClient;
using test::kFactStartNs;
using test::kFactWindowNs;
using test::kResolver;

constexpr std::uint16_t kTypeA = 1;
constexpr std::uint16_t kTypeTxt = 16;

PayloadFact question(TimeNs time_ns, const std::string& name, std::uint16_t type = kTypeA,
                     std::uint32_t client = kClient) {
  PayloadFact fact = test::fact_of(FactKind::kDnsQuery, time_ns, client, kResolver, 53, name);
  fact.value[0] = type;
  return fact;
}
PayloadFact answer(TimeNs time_ns, const std::string& name, std::uint16_t type,
                   std::uint16_t bytes) {
  PayloadFact fact = question(time_ns, name, type);
  fact.kind = FactKind::kDnsResponse;
  fact.direction = Direction::kHighToLow;
  fact.value[1] = bytes;
  return fact;
}

std::string random_label(test::Random& random, std::size_t size) {
  std::string label(size, 'a');
  for (char& c : label) c = static_cast<char>('a' + random.below(26));
  return label;
}

/// Windows one after the other through one detector; what it said.
struct Watch {
  std::vector<Finding> look(std::vector<FactWindow>& windows) {
    std::vector<Finding> findings;
    for (FactWindow& window : windows) detector.look_at(window.get(), findings);
    return findings;
  }
  Resolver resolver;
  DnsTunnel detector{resolver};
};

/// `count` questions a window, each for what `name(i)` says.
template <class Name>
std::vector<FactWindow> windows_of(std::size_t window_count, std::size_t count, const Name& name,
                                   std::uint16_t type = kTypeA) {
  std::vector<FactWindow> windows;
  for (std::size_t w = 0; w < window_count; ++w) {
    const TimeNs begin_ns = kFactStartNs + static_cast<TimeNs>(w) * kFactWindowNs;
    windows.emplace_back(begin_ns);
    for (std::size_t i = 0; i < count; ++i) {
      windows.back().add(question(begin_ns + static_cast<TimeNs>(i) * 1'000'000, name(), type));
    }
  }
  return windows;
}

TEST(RegisteredDomain, IsOneLabelAndThePublicSuffix) {
  EXPECT_EQ(registered_domain("a.b.example.org"), "example.org");
  EXPECT_EQ(registered_domain("a.b.example.co.uk"), "example.co.uk");
  EXPECT_EQ(registered_domain("x.y.foo.co.il"), "foo.co.il");
  EXPECT_EQ(registered_domain("d1.cloudfront.net"), "d1.cloudfront.net")
      << "whoever has a distribution there is somebody of their own";
  EXPECT_EQ(registered_domain("com"), "com");
  EXPECT_EQ(registered_domain("localhost"), "localhost");
  EXPECT_EQ(registered_domain("4.3.2.1.in-addr.arpa"), "in-addr.arpa");
  EXPECT_EQ(registered_domain("a.default.svc.cluster.local"), "cluster.local");
}

TEST(DnsTunnel, NewNamesBelowOneDomainAreInformation) {
  test::Random random(1);
  auto windows = windows_of(1, 12, [&] { return random_label(random, 50) + ".t.example.org"; });
  Watch run;
  const auto findings = run.look(windows);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].variant, "information");
  EXPECT_EQ(findings[0].severity, Severity::kHigh);
  EXPECT_EQ(std::get<std::string>(findings[0].facts[0].value), "example.org");
  // 53 characters a name: the tenth passes 500.
  EXPECT_EQ(findings[0].last_ns, kFactStartNs + 9 * 1'000'000);
}

TEST(DnsTunnel, NamesThatAreAskedForAgainSayNothingNew) {
  test::Random random(2);
  std::vector<std::string> names;
  for (int i = 0; i < 8; ++i) names.push_back(random_label(random, 30) + ".example.org");
  std::size_t next = 0;
  auto windows = windows_of(60, 100, [&] { return names[next++ % names.size()]; });
  Watch run;
  EXPECT_TRUE(run.look(windows).empty());
}

TEST(DnsTunnel, ManyDomainsOfAClientAreRotation) {
  test::Random random(3);
  auto windows = windows_of(
      1, 10, [&] { return random_label(random, 60) + "." + random_label(random, 40) + ".com"; });
  Watch run;
  const auto findings = run.look(windows);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].variant, "rotation");
}

TEST(DnsTunnel, ManyOrdinaryDomainsOfAClientAreNot) {
  test::Random random(4);
  auto windows = windows_of(30, 60, [&] { return "www." + random_label(random, 12) + ".com"; });
  Watch run;
  EXPECT_TRUE(run.look(windows).empty());
}

TEST(DnsTunnel, AnswersOfRareTypesAreADownlink) {
  std::vector<FactWindow> windows;
  for (int w = 0; w < 12; ++w) {
    const TimeNs begin_ns = kFactStartNs + w * kFactWindowNs;
    windows.emplace_back(begin_ns);
    windows.back().add(question(begin_ns, "c2.example.org", kTypeTxt));
    windows.back().add(answer(begin_ns + 1, "c2.example.org", kTypeTxt, 86));
  }
  Watch run;
  const auto findings = run.look(windows);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].variant, "downlink");
  EXPECT_EQ(findings[0].severity, Severity::kMedium);
}

TEST(DnsTunnel, AByteASecondIsFoundWithinTheHour) {
  test::Random random(5);
  auto windows = windows_of(360, 1, [&] { return random_label(random, 30) + ".example.org"; });
  Watch run;
  const auto findings = run.look(windows);
  ASSERT_GE(findings.size(), 1u);
  EXPECT_EQ(findings[0].variant, "slow");
}

TEST(DnsTunnel, TheClustersOwnNamesAndReverseLookupsSayNothing) {
  test::Random random(6);
  for (const std::string suffix : {".svc.cluster.local", ".in-addr.arpa", ".ip6.arpa", ".local"}) {
    auto windows = windows_of(2, 40, [&] { return random_label(random, 40) + suffix; });
    Watch run;
    EXPECT_TRUE(run.look(windows).empty()) << suffix;
  }
}

TEST(DnsTunnel, AFloodOfDomainsPushesNoTunnelOut) {
  test::Random random(7);
  std::vector<FactWindow> windows;
  for (int w = 0; w < 40; ++w) {
    const TimeNs begin_ns = kFactStartNs + w * kFactWindowNs;
    windows.emplace_back(begin_ns);
    for (int i = 0; i < 2000; ++i) {
      windows.back().add(question(begin_ns + i, random_label(random, 8) + ".com", kTypeA,
                                  0x0a010000 + static_cast<std::uint32_t>(i)));
    }
    // Slower than a window tells: two names of forty characters.
    windows.back().add(question(begin_ns + 5000, random_label(random, 40) + ".tunnel.org"));
    windows.back().add(question(begin_ns + 5001, random_label(random, 40) + ".tunnel.org"));
  }
  Watch run;
  std::set<std::string> variants;
  for (const Finding& finding : run.look(windows)) variants.insert(finding.variant);
  EXPECT_EQ(variants, std::set<std::string>{"slow"});
}

TEST(SeenNames, WhatIsToldToBeNewIs) {
  test::Random random(8);
  SeenNames seen;
  std::set<Key> known;
  int missed = 0;
  for (int i = 0; i < 200; ++i) {
    const Key name = mix(random.next());
    const bool is_new = known.insert(name).second;
    const bool is_told = seen.add(name);
    EXPECT_TRUE(is_new || !is_told) << "a known one is never told to be new";
    missed += is_new && !is_told ? 1 : 0;
    EXPECT_FALSE(seen.add(name));
  }
  // (1 - exp(-2 * 200 / 2048))^2 of the last one, a third of that on average.
  EXPECT_LE(missed, 10);
}

TEST(EncryptedDns, IsToldByAddressNameAndPort) {
  const auto hello = [](std::uint32_t server, std::uint16_t port, const std::string& name) {
    return test::fact_of(FactKind::kTlsHello, kFactStartNs, kClient, server, port, name, "h2");
  };
  const auto finds = [](const PayloadFact& fact) {
    const Resolver resolver;
    EncryptedDns detector(resolver);
    FactWindow window;
    window.add(fact);
    std::vector<Finding> findings;
    detector.look_at(window.get(), findings);
    return findings.size();
  };
  EXPECT_EQ(finds(hello(0x01010101, 443, "")), 1u);
  EXPECT_EQ(finds(hello(test::kOutside, 443, "dns.google")), 1u);
  EXPECT_EQ(finds(hello(test::kOutside, 853, "")), 1u);
  EXPECT_EQ(finds(hello(test::kOutside, 443, "www.example.org")), 0u);
  EXPECT_EQ(finds(hello(kResolver, 853, "")), 0u) << "the cluster's own";
}

}  // namespace
}  // namespace mimir::detector
