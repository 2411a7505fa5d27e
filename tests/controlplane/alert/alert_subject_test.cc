// SPDX-License-Identifier: Apache-2.0
#include "controlplane/alert/alert_subject.h"

#include <string>

#include <gtest/gtest.h>

#include "controlplane/alert/finding_alert.h"
#include "model/detector/catalogue.h"
#include "tests/random.h"

namespace mimir::controlplane {
namespace {

using config::Json;
using detector::SuppressionSubject;

constexpr TimeNs kTimeNs = 1'767'571'200 * kNsPerSecond;

// What a history remembers of a line is its text.
Json remembered(const Json& line) {
  config::Diagnostics diagnostics;
  auto read = config::parse_json(config::to_text(line), "f", diagnostics);
  EXPECT_TRUE(read.has_value()) << diagnostics.render();
  return read.value_or(Json());
}

Alert alert_of(test::Random& random, std::size_t edge_count) {
  Alert alert;
  alert.begin_ns = kTimeNs;
  alert.end_ns = kTimeNs + 10 * kNsPerSecond;
  alert.granularity_s = 10;
  alert.path = {"db", "user", "outside"};
  for (std::size_t i = 0; i < edge_count; ++i) {
    alert.edges.push_back({.source = "s" + std::to_string(i),
                           .destination = "d",
                           .packets = 1,
                           .bytes = random.below(1'000'000),
                           .expected_bytes = static_cast<double>(random.below(999)) / 7,
                           .p99_bytes = static_cast<double>(random.below(99'999)) / 3,
                           .is_known = i % 2 == 0});
  }
  return alert;
}

TEST(AlertSubject, OfAnAlertIsThatOfItsLine) {
  test::Random random(1);
  for (std::size_t edge_count = 0; edge_count < 14; ++edge_count) {
    const Alert alert = alert_of(random, edge_count);
    const SuppressionSubject subject = subject_of(alert);
    EXPECT_EQ(subject.detector, "exfiltration");
    EXPECT_EQ(subject.last_ns, alert.end_ns - 1);
    EXPECT_EQ(subject.path, alert.path);
    ASSERT_EQ(subject.edges.size(), std::min(edge_count, detector::kSubjectEdgeMax));
    for (std::size_t i = 0; i < subject.edges.size(); ++i) {
      EXPECT_EQ(subject.edges[i].excess, alert.edges[i].excess());
    }
    EXPECT_EQ(subject_of(remembered(sighting_of(alert).line)), subject);
  }
}

TEST(AlertSubject, OfAFindingIsThatOfItsLine) {
  const detector::Resolver resolver;
  detector::Finding finding{.kind = detector::Kind::kPortScan,
                            .first_ns = kTimeNs,
                            .last_ns = kTimeNs + 123'456'000,
                            .source = resolver.resolve(Address::from_ipv4(0x0a000001), 0),
                            .target_count = 3};
  finding.targets.push_back({.party = resolver.resolve(Address::from_ipv4(0x08080808), 0),
                             .ports = {22, 80},
                             .open_ports = {80, 443}});
  finding.targets.push_back({.party = resolver.resolve(Address::from_ipv4(0x0a000003), 0),
                             .ports = {},
                             .open_ports = {}});
  const SuppressionSubject subject = subject_of(finding, resolver);
  EXPECT_EQ(subject.detector, "port_scan");
  EXPECT_EQ(subject.source.name, "10.0.0.1");
  EXPECT_EQ(subject.targets[0].ports, (std::vector<std::uint16_t>{22, 80, 443}));
  EXPECT_EQ(subject.target_count, 3U);
  const Json line =
      to_json(finding, {.begin_ns = kTimeNs, .end_ns = kTimeNs, .loss = {}}, {}, resolver);
  EXPECT_EQ(subject_of(remembered(line)), subject);
}

TEST(AlertSubject, ANoticeHasNone) {
  EXPECT_EQ(subject_of(Json::object().set("mimir", Json::object().set("kind", "notice"))),
            std::nullopt);
}

TEST(AlertSubject, OfAWindowWithoutItsPathNothingIsKnown) {
  Json window = Json::object();
  window.set("begin_s", std::uint64_t{60}).set("granularity_s", std::uint64_t{10});
  EXPECT_EQ(subject_of_window(window), std::nullopt);
  window.set("path", Json::array().push("db").push("outside"));
  const auto subject = subject_of_window(window);
  ASSERT_TRUE(subject.has_value());
  EXPECT_EQ(subject->last_ns, 70 * kNsPerSecond - 1);
  EXPECT_EQ(subject->path, (std::vector<std::string>{"db", "outside"}));
}

TEST(AlertSubject, ASuppressedSightingSaysByWhatAndUntilWhen) {
  test::Random random(1);
  Sighting sighting = sighting_of(alert_of(random, 1));
  EXPECT_FALSE(sighting.is_suppressed);
  const detector::Suppression night{.until_ns = kTimeNs, .reason = "export"};
  const detector::Suppression* const by[] = {&night};
  mark_suppressed(by, sighting);
  EXPECT_TRUE(sighting.is_suppressed);
  EXPECT_EQ(config::to_text(*sighting.line.find("mimir")->find("suppressed")),
            R"([{"until":"2026-01-05T00:00:00.000000+0000","reason":"export"}])");
}

TEST(Timestamp, ReadsWhatItWrote) {
  for (const TimeNs time_ns : {TimeNs{0}, kTimeNs, kTimeNs + 999'999'000, kTimeNs + 1000}) {
    EXPECT_EQ(from_timestamp(to_timestamp(time_ns)), time_ns);
  }
  EXPECT_EQ(from_timestamp(to_timestamp(kTimeNs + 1999)), kTimeNs + 1000);
  for (const char* const text : {"", "2026-01-05T00:00:00", "2026-13-05T00:00:00.000000+0000",
                                 "2026-01-05T00:00:00.00x000+0000"}) {
    EXPECT_EQ(from_timestamp(text), 0) << text;
  }
}

}  // namespace
}  // namespace mimir::controlplane
