// SPDX-License-Identifier: Apache-2.0
#include "controlplane/status/status_board.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "controlplane/history/history_reader.h"
#include "controlplane/history/history_window.h"
#include "controlplane/http/http_api.h"
#include "controlplane/status/mirror_tally.h"
#include "controlplane/status/status_json.h"
#include "dataplane/record/connection.h"

namespace mimir::controlplane {
namespace {

constexpr TimeNs kNow = 1'767'571'300 * kNsPerSecond;

WindowView window(TimeNs begin_s, std::uint32_t granularity_s, std::size_t edge_count) {
  WindowView view;
  view.begin_ns = begin_s * kNsPerSecond;
  view.end_ns = (begin_s + granularity_s) * kNsPerSecond;
  view.granularity_s = granularity_s;
  view.score.value = 0.25;
  view.score.threshold = 0.5;
  detector::EdgeEvidence edge;
  edge.source = "user-db";
  view.edges.resize(edge_count, edge);
  return view;
}

std::size_t window_count(const StatusBoard& board) {
  return board.read([](const auto& content) { return content.windows.size(); });
}

TimeNs first_begin_s(const StatusBoard& board) {
  return board.read(
      [](const auto& content) { return content.windows.front().begin_ns / kNsPerSecond; });
}

TEST(StatusBoard, ForgetsTheOldestWindowsByTheirEdges) {
  StatusBoard board;
  constexpr std::size_t kLarge = StatusBoard::kEdgeMax / 4;
  for (TimeNs i = 0; i < 6; ++i) board.add_window(window(10 * i, 10, kLarge));
  EXPECT_EQ(window_count(board), 4U);
  EXPECT_EQ(first_begin_s(board), 20);
  // One that is too large alone is shown all the same.
  board.add_window(window(100, 10, StatusBoard::kEdgeMax + 1));
  EXPECT_EQ(window_count(board), 1U);
  EXPECT_EQ(first_begin_s(board), 100);
}

TEST(StatusBoard, ForgetsTheOldestWindowsAndAlertsByTheirNumber) {
  StatusBoard board;
  for (std::size_t i = 0; i < StatusBoard::kDay.windows + 3; ++i) {
    board.add_window(window(static_cast<TimeNs>(i), 1, 1));
  }
  EXPECT_EQ(window_count(board), StatusBoard::kDay.windows);
  EXPECT_EQ(first_begin_s(board), 3);
  for (std::size_t i = 0; i < StatusBoard::kDay.alerts + 2; ++i) {
    board.add_alert({.time_ns = 0, .line = std::to_string(i)});
  }
  const auto alerts = board.read([](const auto& content) { return content.alerts; });
  ASSERT_EQ(alerts.size(), StatusBoard::kDay.alerts);
  EXPECT_EQ(alerts.front().line, "2");

  // What it may remember less of goes at once.
  board.remember({.windows = 7, .alerts = 2});
  EXPECT_EQ(window_count(board), 7U);
  EXPECT_EQ(first_begin_s(board), static_cast<TimeNs>(StatusBoard::kDay.windows) + 3 - 7);
  EXPECT_EQ(board.read([](const auto& content) { return content.alerts.size(); }), 2U);
  board.add_window(window(100'000, 1, 1));
  EXPECT_EQ(window_count(board), 7U);
}

TEST(AlertLoss, IsWhatNoFlowHoldsOfWhatWasSent) {
  AlertLoss loss;
  EXPECT_EQ(loss.loss_ratio(), 0);
  loss.packets.received = 90;
  loss.packets.counted = 70;
  loss.packets.dropped[static_cast<std::size_t>(Drop::kNotIp)] = 5;  // no loss
  loss.packets.dropped[static_cast<std::size_t>(Drop::kFlowTableFull)] = 15;
  loss.lost_at_ports = 10;
  loss.packets_lost = 25;  // of the 70, in records that a ring had no room for
  EXPECT_DOUBLE_EQ(loss.loss_ratio(), (15 + 25 + 10) / 100.0);
}

TEST(HistoryWindow, KeepsTheMostExcessiveHalfAndOfTheRestTheHeaviest) {
  WindowView view = window(0, 10, 3 * kHistoryEdgeMax);
  std::vector<std::pair<std::uint64_t, std::size_t>> rest;  // heaviest first, then by place
  for (std::size_t i = 0; i < view.edges.size(); ++i) {
    view.edges[i].packets = i;
    view.edges[i].bytes = i * 7919 % 41;  // each weight several times
    if (i >= kHistoryEdgeMax / 2) rest.emplace_back(41 - view.edges[i].bytes, i);
  }
  std::sort(rest.begin(), rest.end());
  std::vector<std::uint64_t> expected;
  for (std::size_t i = 0; i < kHistoryEdgeMax / 2; ++i) expected.push_back(i);
  for (std::size_t i = 0; i < kHistoryEdgeMax / 2; ++i) expected.push_back(rest[i].second);
  std::sort(expected.begin(), expected.end());

  config::Diagnostics diagnostics;
  const auto kept = config::parse_json(history_window_of(view).detail, "detail", diagnostics);
  std::vector<std::uint64_t> packets;
  for (const config::Json& edge : *kept->find("edges")->elements()) {
    packets.push_back(edge.find("packets")->count().value());
  }
  EXPECT_EQ(packets, expected);
}

FlowRecord conversation(std::uint64_t low, std::uint64_t high, std::uint8_t signs,
                        std::uint8_t protocol = kProtocolTcp) {
  FlowRecord record;
  record.key.protocol = protocol;
  record.packets = {low, high};
  record.signs = {low > 0 ? signs : std::uint8_t{0}, high > 0 ? signs : std::uint8_t{0}};
  return record;
}

TEST(MirrorTally, CountsWhoAnswersSomebodyThatIsNotShown) {
  MirrorTally tally;
  tally.add(std::vector<FlowRecord>{
      conversation(4, 1, kSentAck), conversation(0, 4, kSentAck),
      conversation(9, 0, kSentSyn | kSentAck),
      conversation(9, 0, kSentSyn),                  // a call that nobody answers
      conversation(9, 0, kSentReset),                // and an answer to it
      conversation(3, 0, kSentAck),                  // too short to say
      conversation(9, 0, kSentAck, kProtocolUdp)});  // nothing is to be acknowledged
  EXPECT_EQ(tally.tcp_flows, 3U);
  EXPECT_EQ(tally.one_way, 2U);
  EXPECT_DOUBLE_EQ(tally.one_way_ratio(), 2.0 / 3);
  EXPECT_EQ(MirrorTally().one_way_ratio(), 0);
}

class Api : public testing::Test {
 protected:
  config::Json ask(std::string_view path, std::string_view query = {}, unsigned status = 200) {
    const HttpResponse response = api.answer({.path = path, .query = query});
    EXPECT_EQ(response.status, status) << response.body;
    config::Diagnostics diagnostics;
    return config::parse_json(response.body, "answer", diagnostics).value_or(config::Json());
  }

  StatusBoard board;
  HttpApi api{board, {}, [] { return kNow; }};
};

TEST_F(Api, ListsWindowsByGranularityAndLimit) {
  for (TimeNs i = 0; i < 12; ++i) board.add_window(window(10 * i, 10, 2));
  board.add_window(window(0, 60, 1));
  EXPECT_EQ(ask("/api/v1/windows").find("windows")->elements()->size(), 13U);
  const config::Json ten = ask("/api/v1/windows", "limit=3&granularity=10");
  const auto& listed = *ten.find("windows")->elements();
  ASSERT_EQ(listed.size(), 3U);
  EXPECT_EQ(listed.front().find("begin_s")->integer(), 90);
  EXPECT_EQ(listed.front().find("edges"), nullptr);
  const config::Json one = ask("/api/v1/windows/10/110");
  EXPECT_EQ(one.find("edges")->elements()->size(), 2U);
  EXPECT_EQ(*one.find("edges")->elements()->front().find("src")->string(), "user-db");
  (void)ask("/api/v1/windows/60/110", {}, 404);
}

TEST_F(Api, RefusesWhatNoParameterMayBe) {
  for (const char* const query :
       {"limit=0", "limit=10001", "limit=", "limit", "limit=-1", "limit=1e3", "from=9223372037",
        "to=99999999999999999999", "granularity=0", "granularity=4294967296", "last=5", "&limit=5",
        "limit=5&&"}) {
    const config::Json refused = ask("/api/v1/windows", query, 400);
    EXPECT_NE(refused.find("hint"), nullptr) << query;
    (void)ask("/api/v1/alerts", query, 400);
  }
}

std::vector<TimeNs> begins_of(const config::Json& answer) {
  std::vector<TimeNs> begins;
  for (const config::Json& one : *answer.find("windows")->elements()) {
    begins.push_back(one.find("begin_s")->integer().value());
  }
  return begins;
}

TEST_F(Api, ListsWhatBeganInASpanOfTime) {
  for (TimeNs i = 0; i < 12; ++i) board.add_window(window(10 * i, 10, 2));
  EXPECT_EQ(begins_of(ask("/api/v1/windows", "from=30&to=60")), (std::vector<TimeNs>{30, 40, 50}));
  EXPECT_EQ(begins_of(ask("/api/v1/windows", "to=60&limit=2")), (std::vector<TimeNs>{40, 50}));
  EXPECT_EQ(begins_of(ask("/api/v1/windows", "from=120")), std::vector<TimeNs>{});
}

/// What takes `bytes` in a list.
config::Json long_line(TimeNs number, std::size_t bytes) {
  config::Json line = config::Json::object().set("number", number).set("text", "");
  return line.set("text", std::string(bytes - config::to_text(line).size(), 'x'));
}

TEST_F(Api, AListHasNoMoreThanItsBytesAndSaysSo) {
  constexpr std::size_t kSixteenth = PastQuery::kBytesMax / 16;
  for (TimeNs i = 0; i < 20; ++i) {
    board.add_alert({.time_ns = i, .line = config::to_text(long_line(i, kSixteenth))});
  }
  const config::Json all = ask("/api/v1/alerts");
  ASSERT_EQ(all.find("alerts")->elements()->size(), 16U);
  EXPECT_EQ(all.find("alerts")->elements()->front().find("number")->integer(), 4);
  EXPECT_NE(all.find("cut"), nullptr);
  EXPECT_EQ(ask("/api/v1/alerts", "limit=16").find("cut"), nullptr) << "it is what was asked for";
}

/// An appliance that has forgotten its first windows and alerts, but not in its history.
class Past : public Api {
 protected:
  static constexpr TimeNs kCount = 20;

  Past() {
    std::string pattern = testing::TempDir() + "mimir-past-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/history.sqlite";
    std::string fault;
    const auto history = History::create(path_, fault);
    EXPECT_NE(history, nullptr) << fault;
    // Of every minute six windows of 10 s, and one of 60 s that ends with the last of them.
    for (TimeNs i = 0; i < kCount; ++i)
      remember(*history, window(10 * i, 10, kHistoryEdgeMax + 50));
    for (TimeNs i = 0; i < 3; ++i) remember(*history, window(60 * i, 60, 1));
    for (TimeNs i = 0; i < 8; ++i) {
      IncidentRecord record{
          .id = std::to_string(i), .time_ns = (10 * i + 5) * kNsPerSecond, .is_held_back = i == 2};
      record.line = config::Json::object().set("number", i);
      EXPECT_TRUE(history->add(record));
      if (i >= 6) {
        board.add_alert({.time_ns = record.time_ns, .line = config::to_text(record.line)});
      }
    }
    // Memory begins where the second minute ends: with the window of 60 s, not the one of 10 s.
    board.add_window(window(60, 60, 1));
    for (TimeNs i = 12; i < kCount; ++i) board.add_window(window(10 * i, 10, 2));
    auto reader = HistoryReader::open(path_, fault);
    EXPECT_NE(reader, nullptr) << fault;
    api.look_back(std::move(reader));
  }
  ~Past() override { std::filesystem::remove_all(folder_); }

  static void remember(History& history, WindowView view) {
    view.edge_count = view.edges.size();
    EXPECT_TRUE(history.add(history_window_of(std::move(view))));
  }
  std::vector<TimeNs> numbers(std::string_view query) {
    const config::Json answer = ask("/api/v1/alerts", query);
    std::vector<TimeNs> all;
    for (const config::Json& one : *answer.find("alerts")->elements()) {
      all.push_back(one.find("number")->integer().value());
    }
    return all;
  }

  std::string folder_;
  std::string path_;
};

TEST_F(Past, WindowsGoOnWhereMemoryEnds) {
  std::vector<TimeNs> every;
  for (TimeNs i = 0; i < kCount; ++i) every.push_back(10 * i);
  EXPECT_EQ(begins_of(ask("/api/v1/windows", "granularity=10")), every);
  EXPECT_EQ(begins_of(ask("/api/v1/windows", "granularity=60")), (std::vector<TimeNs>{0, 60}))
      << "the third was not judged by this process, and ended later than memory begins";
  EXPECT_EQ(begins_of(ask("/api/v1/windows", "granularity=10&limit=10")),
            std::vector<TimeNs>(every.end() - 10, every.end()));
  EXPECT_EQ(begins_of(ask("/api/v1/windows", "granularity=10&from=20&to=50&limit=2")),
            (std::vector<TimeNs>{30, 40}));
  EXPECT_EQ(ask("/api/v1/windows").find("windows")->elements()->size(), kCount + 2U)
      << "none twice, of whatever length";
  EXPECT_EQ(begins_of(ask("/api/v1/windows", "to=120&limit=4")),
            (std::vector<TimeNs>{90, 100, 110, 60}))
      << "in the order of their ends";
}

TEST_F(Past, AListedWindowIsTheSameFromMemoryAndFromTheHistory) {
  WindowView view = window(50, 10, kHistoryEdgeMax + 50);
  view.edge_count = view.edges.size();
  const config::Json listed = ask("/api/v1/windows", "from=50&to=51&granularity=10");
  EXPECT_EQ(config::to_text(listed.find("windows")->elements()->front()),
            config::to_text(summary_json(view)));
}

TEST_F(Past, AWindowOfTheHistoryHasItsEdgesAndSaysHowManyThereWere) {
  const config::Json one = ask("/api/v1/windows/10/50");
  EXPECT_EQ(one.find("edges")->elements()->size(), kHistoryEdgeMax);
  EXPECT_EQ(one.find("edge_count")->count(), kHistoryEdgeMax + 50);
  EXPECT_EQ(ask("/api/v1/windows/10/120").find("edges")->elements()->size(), 2U) << "memory's";
  (void)ask("/api/v1/windows/10/55", {}, 404);
}

TEST_F(Past, AlertsGoOnWhereMemoryEndsAndNoneIsToldTwice) {
  EXPECT_EQ(numbers(""), (std::vector<TimeNs>{0, 1, 3, 4, 5, 6, 7})) << "2 was held back";
  EXPECT_EQ(numbers("limit=3"), (std::vector<TimeNs>{5, 6, 7}));
  EXPECT_EQ(numbers("from=10&to=66"), (std::vector<TimeNs>{1, 3, 4, 5, 6}));
  EXPECT_EQ(numbers("to=20&limit=1"), std::vector<TimeNs>{1});
}

TEST_F(Past, WhatTheHistoryHasTooMuchOfIsCutAndSaidToBe) {
  std::string fault;
  const auto history = History::create(path_, fault);
  for (TimeNs i = 8; i < 60; ++i) {
    IncidentRecord record{.id = std::to_string(i), .time_ns = (10 * i + 5) * kNsPerSecond};
    record.line = long_line(i, PastQuery::kBytesMax / 40);
    ASSERT_TRUE(history->add(record));
  }
  const config::Json answer = ask("/api/v1/alerts", "from=80");
  ASSERT_EQ(answer.find("alerts")->elements()->size(), 40U);
  EXPECT_EQ(answer.find("alerts")->elements()->front().find("number")->integer(), 20);
  EXPECT_NE(answer.find("cut"), nullptr);
  EXPECT_EQ(ask("/api/v1/alerts", "from=80&limit=40").find("cut"), nullptr);
}

TEST_F(Past, AHistoryThatCannotBeReadIsSaid) {
  {
    std::string fault;
    const auto database = Database::open(path_, Database::Access::kReadWrite, fault);
    ASSERT_TRUE(database->execute("UPDATE windows SET detail = 'no JSON'"));
  }
  EXPECT_NE(ask("/api/v1/windows", {}, 500).find("error")->string()->find("malformed JSON"),
            std::string::npos);
}

TEST_F(Api, IsReadyOnlyWhileWindowsAreJudgedInTime) {
  (void)ask("/readyz", {}, 503);
  ApplianceStatus status;
  status.is_listening = true;
  status.ports.resize(1);
  status.ports.front().device = "p0";
  status.ports.front().is_link_up = true;
  board.publish(status);
  (void)ask("/readyz");
  board.add_window(window(kNow / kNsPerSecond - 40, 10, 1));  // ended 30 s ago: three windows
  (void)ask("/readyz");
  board.add_window(window(kNow / kNsPerSecond - 41, 10, 1));
  const config::Json late = ask("/readyz", {}, 503);
  EXPECT_EQ(*late.find("reasons")->elements()->front().string(),
            "the last window of 10 s was judged 31 s ago");
  status.identity.is_replay = true;  // its windows lie in the past
  board.publish(status);
  (void)ask("/readyz");
  status.ports.front().is_link_up = false;
  board.publish(status);
  EXPECT_EQ(*ask("/readyz", {}, 503).find("reasons")->elements()->front().string(),
            "no link at port p0");
}

TEST_F(Api, MetricsHaveTheLastWindowOfEachGranularity) {
  board.add_window(window(kNow / kNsPerSecond - 30, 10, 1));
  board.add_window(window(kNow / kNsPerSecond - 20, 10, 3));
  const std::string text = api.answer({.path = "/metrics", .query = {}}).body;
  EXPECT_NE(text.find("mimir_window_edges{granularity=\"10s\"} 3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("mimir_window_lag_seconds{granularity=\"10s\"} 10\n"), std::string::npos);
  EXPECT_NE(text.find("mimir_window_score{granularity=\"10s\"} 0.25\n"), std::string::npos);
}

TEST_F(Api, MetricsCountIncidentsAndWhatBecameOfThem) {
  ApplianceStatus status;
  IncidentBook book({.record_rate_max = 1}, [](const IncidentRecord&) {});
  for (const char* const key : {"a", "b", "a"}) {
    book.add({.key = key, .detector = "beacon", .severity = 2, .end_ns = kNow});
  }
  status.incidents = book.totals();
  status.outputs = {{.name = "file"},
                    {.name = "siem", .delivered = 7, .waiting = 5, .spool_bytes = 999}};
  status.outputs[1].is_up = false;
  status.history = {.written = 3, .queue_full = 1, .bytes = 4096, .unwatched_ns = 2'500'000'000};
  board.publish(status);
  const std::string text = api.answer({.path = "/metrics", .query = {}}).body;
  for (const char* const line :
       {"mimir_alerts_total{detector=\"beacon\",severity=\"medium\"} 2\n",
        "mimir_alerts_total{detector=\"exfiltration\",severity=\"high\"} 0\n",
        "mimir_alerts_open{severity=\"medium\"} 2\n", "mimir_alerts_open{severity=\"high\"} 0\n",
        "mimir_alerts_sightings_total 3\n", "mimir_alerts_records_total{result=\"written\"} 1\n",
        "mimir_alerts_records_total{result=\"held_back\"} 1\n",
        "mimir_output_events_total{sink=\"siem\",result=\"ok\"} 7\n",
        "mimir_output_events_total{sink=\"siem\",result=\"spool_full\"} 0\n",
        "mimir_output_spool_bytes{sink=\"siem\"} 999\n",
        "mimir_output_waiting_events{sink=\"siem\"} 5\n", "mimir_output_up{sink=\"siem\"} 0\n",
        "mimir_history_rows_total{result=\"ok\"} 3\n",
        "mimir_history_rows_total{result=\"queue_full\"} 1\n", "mimir_history_bytes 4096\n",
        "mimir_history_unwatched_seconds 2.5\n", "mimir_output_up{sink=\"file\"} 1\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

ShadowJudgement judged(TimeNs begin_s, bool first, bool second, std::string candidate = "cc") {
  return {.window = {.begin_ns = begin_s * kNsPerSecond,
                     .end_ns = (begin_s + 10) * kNsPerSecond,
                     .granularity_s = 10,
                     .first = {.is_alarm = first},
                     .second = {.score = 0.75, .threshold = 0.5, .is_alarm = second}},
          .active_digest = "aa",
          .candidate_digest = std::move(candidate)};
}

TEST_F(Api, ACandidateIsShownByWhoAlarmsInWindows) {
  EXPECT_TRUE(ask("/api/v1/status").find("candidate")->is_null());
  EXPECT_EQ(api.answer({.path = "/metrics", .query = {}}).body.find("mimir_shadow"),
            std::string::npos);
  ApplianceStatus status;
  status.shadow.compare("new", "cc", "aa");
  TimeNs begin_s = 1'767'571'200;
  for (const auto& [first, second] : std::vector<std::pair<bool, bool>>{
           {false, false}, {true, true}, {true, false}, {true, false}, {false, true}}) {
    status.shadow.add(judged(begin_s += 10, first, second));
  }
  board.publish(status);
  const std::string text = api.answer({.path = "/metrics", .query = {}}).body;
  for (const char* const line :
       {"mimir_shadow_model_info{model=\"new\",sha256=\"cc\"} 1\n",
        "mimir_shadow_windows_total{granularity=\"10s\",alarm=\"neither\"} 1\n",
        "mimir_shadow_windows_total{granularity=\"10s\",alarm=\"both\"} 1\n",
        "mimir_shadow_windows_total{granularity=\"10s\",alarm=\"active\"} 2\n",
        "mimir_shadow_windows_total{granularity=\"10s\",alarm=\"candidate\"} 1\n",
        "mimir_shadow_window_score{granularity=\"10s\"} 0.75\n",
        "mimir_shadow_window_threshold{granularity=\"10s\"} 0.5\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  const config::Json shown = ask("/api/v1/status");
  const config::Json& candidate = *shown.find("candidate");
  EXPECT_EQ(*candidate.find("name")->string(), "new");
  EXPECT_EQ(*candidate.find("since")->string(), "2026-01-05T00:00:10.000000+0000");
  const config::Json& totals = candidate.find("windows")->elements()->front();
  EXPECT_EQ(totals.find("alarms_active_only")->count(), 2U);
  EXPECT_EQ(totals.find("alarms_candidate_only")->count(), 1U);
}

TEST(ShadowStatus, BeginsAnewWithOtherModels) {
  ShadowStatus shadow;
  EXPECT_FALSE(shadow.is_there());
  shadow.compare("new", "cc", "aa");
  shadow.add(judged(50, true, true));
  shadow.compare("new", "cc", "aa");
  ASSERT_EQ(shadow.totals.size(), 1U);
  EXPECT_EQ(shadow.totals[0].of(Agreement::kBoth), 1U);
  EXPECT_EQ(shadow.first_begin_ns, 50 * kNsPerSecond);
  shadow.add(judged(60, false, true, "dd"));
  EXPECT_EQ(shadow.totals[0].of(Agreement::kBoth), 0U);
  EXPECT_EQ(shadow.totals[0].of(Agreement::kSecond), 1U);
  EXPECT_EQ(shadow.first_begin_ns, 60 * kNsPerSecond);
  shadow.compare("newer", "dd", "bb");
  EXPECT_TRUE(shadow.totals.empty());
  EXPECT_TRUE(shadow.is_there());
}

}  // namespace
}  // namespace mimir::controlplane
