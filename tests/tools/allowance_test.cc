// SPDX-License-Identifier: Apache-2.0
#include "tools/allowance.h"

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>

#include "controlplane/alert/alert_subject.h"
#include "controlplane/alert/finding_alert.h"
#include "tests/random.h"

namespace mimir::tools {
namespace {

using config::Json;
using controlplane::Alert;
using controlplane::History;
using controlplane::IncidentBook;
using controlplane::IncidentRecord;
using detector::Suppression;

using Path = std::vector<std::string>;
using Edge = std::pair<std::string, std::string>;

constexpr TimeNs kFarNs = 1'000'000 * kNsPerSecond;

Suppression edge(std::string source, std::string target) {
  return {.detector = "exfiltration",
          .source = std::move(source),
          .target = std::move(target),
          .until_ns = kFarNs,
          .reason = "x"};
}

// A history as an appliance leaves it, of windows and findings that are made up.
class AllowanceTest : public testing::Test {
 protected:
  AllowanceTest() {
    std::string pattern = testing::TempDir() + "mimir-allowance-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    std::string fault;
    history_ = History::create(folder_ + "/history.sqlite", fault);
    EXPECT_EQ(fault, "");
  }
  ~AllowanceTest() override { std::filesystem::remove_all(folder_); }

  /// An empty path: the window is below its threshold, and has the edge a -> b.
  void add_window(std::uint32_t granularity_s, TimeNs begin_s, const Path& path) {
    Alert alert;
    alert.begin_ns = begin_s * kNsPerSecond;
    alert.end_ns = (begin_s + granularity_s) * kNsPerSecond;
    alert.granularity_s = granularity_s;
    alert.path = path;
    const bool is_alarm = !path.empty();
    Json edges = Json::array();
    const auto add_edge = [&](const std::string& source, const std::string& target) {
      alert.edges.push_back({.source = source, .destination = target, .bytes = 100'000});
      edges.push(controlplane::to_json(alert.edges.back()));
    };
    for (std::size_t i = 0; i + 1 < path.size(); ++i) add_edge(path[i], path[i + 1]);
    if (!is_alarm) add_edge("a", "b");
    Json detail = Json::object();
    detail.set("begin_s", begin_s)
        .set("granularity_s", granularity_s)
        .set("edge_count", std::uint64_t{alert.edges.size()})
        .set("edges", std::move(edges));
    Json services = Json::array();
    for (const std::string& service : path) services.push(service);
    detail.set("path", std::move(services));
    ASSERT_TRUE(history_->add({.begin_ns = alert.begin_ns,
                               .end_ns = alert.end_ns,
                               .granularity_s = granularity_s,
                               .is_alarm = is_alarm,
                               .detail = config::to_text(detail)}));
    if (is_alarm) book_.add(controlplane::sighting_of(alert));
  }

  void add_finding(TimeNs at_s, std::uint32_t source, std::uint32_t target, std::uint16_t port) {
    const detector::Resolver resolver;
    detector::Finding finding{.kind = detector::Kind::kBeacon,
                              .first_ns = at_s * kNsPerSecond,
                              .last_ns = at_s * kNsPerSecond,
                              .source = resolver.resolve(Address::from_ipv4(source), 0),
                              .target_count = 1};
    finding.targets.push_back({.party = resolver.resolve(Address::from_ipv4(target), 0),
                               .ports = {port},
                               .open_ports = {}});
    book_.add(controlplane::sighting_of(
        finding,
        {.begin_ns = at_s * kNsPerSecond, .end_ns = (at_s + 10) * kNsPerSecond, .loss = {}}, {},
        resolver));
  }

  Allowance weigh(const std::vector<Suppression>& in_force, const Suppression& wanted) {
    const auto allowance = weigh_allowance(*history_, in_force, wanted);
    EXPECT_TRUE(allowance.has_value()) << history_->fault();
    return allowance.value_or(Allowance());
  }

  std::string folder_;
  std::unique_ptr<History> history_;
  IncidentBook book_{{},
                     [this](const IncidentRecord& record) { EXPECT_TRUE(history_->add(record)); }};
};

bool is_allowed(const Path& path, const std::set<Edge>& allowed) {
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    if (!allowed.contains({path[i], path[i + 1]})) return false;
  }
  return true;
}

TEST_F(AllowanceTest, CountsAsSomebodyWouldWhoGoesThroughAllWindows) {
  const std::vector<Path> paths{
      {}, {}, {"a", "b"}, {"a", "z"}, {"a", "b", "z"}, {"a", "c", "z"}, {"a", "b", "c", "z"}};
  const std::set<Edge> before{{"b", "z"}, {"a", "z"}};
  std::set<Edge> after = before;
  after.insert({"a", "b"});
  test::Random random(3);
  std::map<AlarmSource, AlarmCounts> expected;
  std::map<std::uint32_t, std::uint64_t> with_edge;
  for (TimeNs begin_s = 0; begin_s < 6000; begin_s += 10) {
    for (const std::uint32_t granularity_s : {10U, 60U}) {
      if (begin_s % granularity_s != 0) continue;
      const Path& path = paths[random.below(paths.size())];
      add_window(granularity_s, begin_s, path);
      if (path.empty() || path[1] == "b") ++with_edge[granularity_s];
      if (path.empty()) continue;
      AlarmCounts& counts = expected[{"exfiltration", granularity_s}];
      ++counts.all;
      if (is_allowed(path, before)) {
        ++counts.covered_before;
      } else if (is_allowed(path, after)) {
        ++counts.covered;
      }
    }
  }
  book_.finish();
  const Allowance allowance = weigh({edge("b", "z"), edge("a", "z")}, edge("a", "b"));
  EXPECT_EQ(allowance.alarms, expected);
  std::map<std::uint32_t, std::uint64_t> found;
  for (const controlplane::HistoryEdge& each : allowance.edges) {
    if (each.source == "a" && each.target == "b") found[each.granularity_s] = each.window_count;
  }
  EXPECT_EQ(found, with_edge);
  std::set<std::string> keys;
  for (const AllowedIncident& each : allowance.incidents) {
    EXPECT_TRUE(each.is_whole);
    keys.insert(each.incident.key);
  }
  EXPECT_EQ(keys, (std::set<std::string>{"exfiltration|a|b", "exfiltration|a|b|z"}));
  EXPECT_GT(allowance.covered_before, 0U);
  std::set<std::string> lacking;
  for (const NearIncident& each : allowance.near) lacking.insert(each.lacks);
  EXPECT_EQ(lacking, std::set<std::string>{"its path has also b -> c, c -> z"});
}

TEST_F(AllowanceTest, AnIncidentOfWhichOneWindowIsToldIsHeldBackInPart) {
  add_window(10, 0, {"a", "z"});
  add_window(10, 10, {"a", "z"});
  book_.finish();
  Suppression wanted = edge("a", "z");
  wanted.until_ns = 20 * kNsPerSecond;
  Allowance allowance = weigh({}, wanted);
  ASSERT_EQ(allowance.incidents.size(), 1U);
  EXPECT_TRUE(allowance.incidents[0].is_whole);
  wanted.until_ns = 15 * kNsPerSecond;
  allowance = weigh({}, wanted);
  ASSERT_EQ(allowance.incidents.size(), 1U);
  EXPECT_FALSE(allowance.incidents[0].is_whole);
  EXPECT_EQ((allowance.alarms.at({"exfiltration", 10})), (AlarmCounts{.all = 2, .covered = 1}));
}

TEST_F(AllowanceTest, FindingsAreMatchedByTheirLines) {
  add_finding(0, 0x0a000001, 0x08080808, 443);
  add_finding(1000, 0x0a000001, 0x08080404, 443);
  add_finding(2000, 0x0a000002, 0x08080808, 443);
  book_.finish();
  const Suppression wanted{.detector = "beacon",
                           .source = "10.0.0.1",
                           .target = "8.8.8.8",
                           .until_ns = kFarNs,
                           .reason = "x"};
  Allowance allowance = weigh({}, wanted);
  ASSERT_EQ(allowance.incidents.size(), 1U);
  EXPECT_EQ(allowance.incidents[0].incident.key, "beacon||10.0.0.1|8.8.8.8");
  EXPECT_EQ((allowance.alarms.at({"beacon", 0})), (AlarmCounts{.all = 3, .covered = 1}));
  ASSERT_EQ(allowance.near.size(), 1U);
  EXPECT_EQ(allowance.near[0].lacks, "it has other targets");
  allowance = weigh({wanted}, {.source = "10.0.0.0/8", .until_ns = kFarNs, .reason = "x"});
  EXPECT_EQ(allowance.incidents.size(), 2U);
  EXPECT_EQ(allowance.covered_before, 1U);
  allowance = weigh({}, {.detector = "port_scan", .source = "10.0.0.2", .until_ns = kFarNs});
  EXPECT_TRUE(allowance.incidents.empty());
  ASSERT_EQ(allowance.near.size(), 1U);
  EXPECT_EQ(allowance.near[0].lacks, "its detector is beacon");
}

TEST_F(AllowanceTest, SaysOfEachSuppressionHowOftenItHasMatched) {
  add_window(10, 0, {"a", "b", "z"});
  add_window(10, 10, {"a", "b", "z"});
  add_window(10, 20, {"a", "z"});
  add_finding(30, 0x0a000001, 0x08080808, 443);
  book_.finish();
  Suppression ended = edge("a", "z");
  ended.until_ns = 25 * kNsPerSecond;
  const auto uses = uses_of(*history_, {edge("a", "b"),
                                        edge("b", "z"),
                                        ended,
                                        {.source = "10.0.0.1", .until_ns = kFarNs},
                                        {.source = "10.0.0.2", .until_ns = kFarNs}});
  ASSERT_TRUE(uses.has_value());
  std::vector<std::vector<std::uint64_t>> counts;
  for (const SuppressionUse& use : *uses) {
    counts.push_back({use.alarm_count, use.expired_count, use.incident_count,
                      static_cast<std::uint64_t>((use.last_ns + 1) / kNsPerSecond)});
  }
  EXPECT_EQ(counts, (std::vector<std::vector<std::uint64_t>>{
                        {2, 0, 1, 20}, {2, 0, 1, 20}, {0, 1, 0, 0}, {1, 0, 1, 30}, {0, 0, 0, 0}}));
}

}  // namespace
}  // namespace mimir::tools
