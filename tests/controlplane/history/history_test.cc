// SPDX-License-Identifier: Apache-2.0
#include "controlplane/history/history.h"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "controlplane/history/history_writer.h"

namespace mimir::controlplane {
namespace {

constexpr TimeNs kDayNs = 86'400 * kNsPerSecond;

class HistoryTest : public testing::Test {
 protected:
  HistoryTest() {
    std::string pattern = testing::TempDir() + "mimir-history-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/history.sqlite";
  }
  ~HistoryTest() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::unique_ptr<History> create() const {
    std::string fault;
    auto history = History::create(path_, fault);
    EXPECT_EQ(fault, "");
    return history;
  }
  static HistoryWindow window(TimeNs begin_s, double score, std::string detail = "{}") {
    return {.begin_ns = begin_s * kNsPerSecond,
            .end_ns = (begin_s + 10) * kNsPerSecond,
            .granularity_s = 10,
            .score = score,
            .threshold = 0.5,
            .detail = std::move(detail)};
  }
  static IncidentRecord record(std::string id, IncidentState state, TimeNs last_ns,
                               std::uint64_t count) {
    return {.state = state,
            .id = std::move(id),
            .key = "exfiltration|a",
            .detector = "exfiltration",
            .time_ns = last_ns,
            .first_ns = 5,
            .last_ns = last_ns,
            .sighting_count = count,
            .line = config::Json::object().set("count", count)};
  }

  std::string folder_;
  std::string path_;
};

TEST_F(HistoryTest, RemembersWindowsAcrossProcesses) {
  ASSERT_TRUE(create()->add(window(20, 0.25, "{\"edges\":[]}")));
  const auto history = create();
  ASSERT_TRUE(history->add(window(10, 0.75)));
  ASSERT_TRUE(history->add(window(10, 0.125))) << "judged again: the last one counts";
  const auto windows = history->windows(0);
  ASSERT_EQ(windows.size(), 2U);
  EXPECT_EQ(windows[0].score, 0.125);
  EXPECT_EQ(windows[1].begin_ns, 20 * kNsPerSecond);
  EXPECT_EQ(history->windows(20 * kNsPerSecond).size(), 1U);
  EXPECT_EQ(history->detail(10, 20 * kNsPerSecond), "{\"edges\":[]}");
  EXPECT_EQ(history->newest_ns(), 30 * kNsPerSecond);
}

ShadowJudgement shadow(TimeNs begin_s, std::string candidate, double score) {
  const bool is_alarm = score > 1;
  return {.window = {.begin_ns = begin_s * kNsPerSecond,
                     .end_ns = (begin_s + 60) * kNsPerSecond,
                     .granularity_s = 60,
                     .is_partial = begin_s == 0,
                     .first = {.score = -0.5, .threshold = 0.25, .has_data = false},
                     .second = {.score = score,
                                .threshold = 1,
                                .is_alarm = is_alarm,
                                .where = is_alarm ? "a -> \"b\"" : "",
                                .invariant = is_alarm ? "bytes(a>b)" : "",
                                .contribution = is_alarm ? 0.75 : 0}},
          .active_digest = "aa",
          .candidate_digest = std::move(candidate)};
}

TEST_F(HistoryTest, RemembersWhatCandidatesMadeOfWindows) {
  const auto history = create();
  ASSERT_TRUE(history->add(shadow(60, "cc", 2)));
  ASSERT_TRUE(history->add(shadow(0, "cc", 0.5)));
  ASSERT_TRUE(history->add(shadow(0, "bb", 0.125)));
  ASSERT_TRUE(history->add(shadow(0, "bb", 0.25))) << "judged again: the last one counts";
  const auto all = history->shadows();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].candidate_digest, "bb");
  EXPECT_EQ(all[0].window.second.score, 0.25);
  EXPECT_TRUE(all[0].window.is_partial);
  EXPECT_FALSE(all[0].window.first.has_data);
  EXPECT_EQ(all[0].window.first.score, -0.5);
  EXPECT_EQ(all[0].window.first.threshold, 0.25);
  EXPECT_EQ(all[0].window.second.where, "");
  EXPECT_EQ(all[1].candidate_digest, "cc");
  const JudgedTwice& last = all[2].window;
  EXPECT_EQ(last.begin_ns, 60 * kNsPerSecond);
  EXPECT_EQ(last.end_ns, 120 * kNsPerSecond);
  EXPECT_EQ(last.granularity_s, 60U);
  EXPECT_EQ(last.agreement(), Agreement::kSecond);
  EXPECT_EQ(last.second.where, "a -> \"b\"");
  EXPECT_EQ(last.second.invariant, "bytes(a>b)");
  EXPECT_EQ(last.second.contribution, 0.75);
  ASSERT_TRUE(history->forget(70 * kNsPerSecond));
  EXPECT_EQ(history->shadows().size(), 1U);
}

// A file as format 1 left it: the oracle is what it held before.
TEST_F(HistoryTest, AFileOfTheFormatBeforeKeepsWhatItHas) {
  for (const bool is_created : {true, false}) {
    std::filesystem::remove(path_);
    ASSERT_TRUE(create()->add(window(20, 0.25)));
    std::string fault;
    auto database = Database::open(path_, Database::Access::kReadWrite, fault);
    ASSERT_NE(database, nullptr) << fault;
    ASSERT_TRUE(database->execute("DROP TABLE shadows; PRAGMA user_version = 1"));
    database.reset();
    const auto history = is_created ? History::create(path_, fault) : History::open(path_, fault);
    ASSERT_NE(history, nullptr) << fault;
    EXPECT_EQ(history->windows(0).size(), 1U);
    EXPECT_TRUE(history->add(shadow(0, "cc", 2)));
    EXPECT_EQ(history->shadows().size(), 1U);
  }
}

TEST_F(HistoryTest, AnIncidentIsAsItsLastRecordLeftIt) {
  const auto history = create();
  ASSERT_TRUE(history->add(record("01A", IncidentState::kOpen, 10, 1)));
  ASSERT_TRUE(history->add(record("01B", IncidentState::kOpen, 11, 1)));
  ASSERT_TRUE(history->add(record("01A", IncidentState::kClosed, 20, 7)));
  const auto incident = history->incident("01A");
  ASSERT_TRUE(incident.has_value());
  EXPECT_EQ(incident->state, "closed");
  EXPECT_EQ(incident->count, 7U);
  EXPECT_EQ(incident->last_ns, 20);
  EXPECT_FALSE(history->incident("01").has_value()) << "two begin so";
  EXPECT_FALSE(history->incident("").has_value());
  EXPECT_EQ(history->incidents("open", 9).size(), 1U);
  EXPECT_EQ(history->incidents("", 9).size(), 2U);
  EXPECT_EQ(history->records("01A"), (std::vector<std::string>{"{\"count\":1}", "{\"count\":7}"}));
}

// A detector's incident that is suppressed from some time on has two lives with one id.
TEST_F(HistoryTest, AnIncidentThatIsToldInPartIsAllOfIt) {
  const auto history = create();
  ASSERT_TRUE(history->add(record("01A", IncidentState::kOpen, 20, 7)));
  IncidentRecord silent = record("01A", IncidentState::kOpen, 15, 2);
  silent.is_held_back = true;
  silent.first_ns = 6;
  silent.severity = 3;
  ASSERT_TRUE(history->add(silent));
  const auto incident = history->incident("01A");
  ASSERT_TRUE(incident.has_value());
  EXPECT_TRUE(incident->is_told);
  EXPECT_EQ(incident->count, 7U);
  EXPECT_EQ(incident->severity, 1);
  EXPECT_EQ(incident->first_ns, 5);
  EXPECT_EQ(incident->last_ns, 20);
}

TEST_F(HistoryTest, ListsTheEdgesOfItsWindows) {
  const auto history = create();
  const std::string ab = R"({"src":"a","dst":"b"})";
  const std::string cd = R"({"src":"c","dst":"d"})";
  const std::string cb = R"({"src":"c","dst":"b"})";
  ASSERT_TRUE(history->add(window(0, 0, R"({"edge_count":9,"edges":[)" + ab + "," + cd + "]}")));
  HistoryWindow alarm = window(10, 1, R"({"edge_count":2,"edges":[)" + cb + "," + ab + "]}");
  alarm.is_alarm = true;
  ASSERT_TRUE(history->add(alarm));
  ASSERT_TRUE(history->add(window(20, 0, R"({"edges":[]})")));
  const auto edges = history->edges("a", "b");
  ASSERT_TRUE(edges.has_value()) << history->fault();
  const HistoryEdge first{.granularity_s = 10,
                          .source = "a",
                          .target = "b",
                          .window_count = 2,
                          .alarm_count = 1,
                          .begin_ns = 0,
                          .end_ns = 20 * kNsPerSecond};
  const HistoryEdge second{.granularity_s = 10,
                           .source = "c",
                           .target = "b",
                           .window_count = 1,
                           .alarm_count = 1,
                           .begin_ns = 10 * kNsPerSecond,
                           .end_ns = 20 * kNsPerSecond};
  EXPECT_EQ(*edges, (std::vector<HistoryEdge>{first, second}));
  EXPECT_EQ(history->cut_window_count(), 1U);
  std::vector<std::string> alarms;
  EXPECT_TRUE(history->each_alarm([&](const std::string& detail) { alarms.push_back(detail); }));
  EXPECT_EQ(alarms, (std::vector<std::string>{alarm.detail}));
}

TEST_F(HistoryTest, LabelsWhatItHas) {
  const auto history = create();
  ASSERT_TRUE(history->add(record("01A", IncidentState::kOpen, 10, 1)));
  // Another process labels it meanwhile, as `mimir alert label` does.
  std::string fault;
  const auto other = History::open(path_, fault);
  ASSERT_NE(other, nullptr) << fault;
  EXPECT_FALSE(other->label("01B", "benign", "nightly", 1));
  EXPECT_TRUE(other->label("01A", "malicious", "theft", 1));
  EXPECT_TRUE(other->label("01A", "benign", "nightly", 2));
  EXPECT_EQ(history->incident("01A")->label, "benign");
  EXPECT_EQ(history->incident("01A")->reason, "nightly");
}

TEST_F(HistoryTest, ForgetsWhatIsOldButNoIncidentThatIsOpen) {
  const auto history = create();
  for (TimeNs i = 0; i < 10; ++i) ASSERT_TRUE(history->add(window(10 * i, 0)));
  ASSERT_TRUE(history->add(record("01A", IncidentState::kClosed, 20 * kNsPerSecond, 1)));
  ASSERT_TRUE(history->add(record("01B", IncidentState::kOpen, 20 * kNsPerSecond, 1)));
  ASSERT_TRUE(history->add(record("01C", IncidentState::kClosed, 80 * kNsPerSecond, 1)));
  ASSERT_TRUE(history->label("01A", "benign", "x", 1));
  ASSERT_TRUE(history->forget(50 * kNsPerSecond));
  EXPECT_EQ(history->windows(0).size(), 6U);
  EXPECT_EQ(history->incidents("", 9).size(), 2U);
  EXPECT_EQ(history->records("01A").size(), 0U);
  EXPECT_EQ(history->records("01B").size(), 1U);
}

TEST_F(HistoryTest, GetsNoLargerThanItMay) {
  const auto history = create();
  const std::string detail(10'000, 'x');
  ASSERT_TRUE(history->begin());
  for (TimeNs i = 0; i < 400; ++i) ASSERT_TRUE(history->add(window(10 * i, 0, detail)));
  ASSERT_TRUE(history->commit());
  EXPECT_GT(history->bytes(), 4'000'000U);
  ASSERT_TRUE(history->shrink(2'000'000));
  EXPECT_LE(history->bytes(), 2'000'000U);
  const auto windows = history->windows(0);
  EXPECT_GT(windows.size(), 100U);
  EXPECT_EQ(windows.back().begin_ns, 3990 * kNsPerSecond) << "the newest stay";
}

TEST_F(HistoryTest, RefusesWhatIsNoHistory) {
  std::string fault;
  EXPECT_EQ(History::open(path_, fault), nullptr);
  EXPECT_EQ(fault, "No such file or directory");
  ASSERT_NE(Database::open(path_, Database::Access::kCreate, fault), nullptr);
  EXPECT_EQ(History::open(path_, fault), nullptr);
  EXPECT_EQ(fault, "it is no history of mimir");
  (void)Database::open(path_, Database::Access::kCreate, fault)
      ->execute("PRAGMA user_version = 99");
  EXPECT_EQ(History::create(path_, fault), nullptr);
  EXPECT_EQ(fault, "its format is 99, this program's 2");
}

TEST_F(HistoryTest, TheWriterWritesAllItWasGivenAndKeepsWhatIsYoung) {
  std::vector<std::string> news;
  HistoryWriter writer(create(), {.path = path_, .keep_ns = kDayNs},
                       [&news](const std::string& text) { news.push_back(text); });
  for (TimeNs i = 0; i < 100; ++i) writer.add(window(10 * i, 0));
  writer.add(record("01A", IncidentState::kOpen, 10, 1));
  writer.add(window(kDayNs / kNsPerSecond + 700, 0));
  writer.finish();
  const HistoryStatus status = writer.status();
  EXPECT_EQ(status.given, 102U);
  EXPECT_EQ(status.written, 102U);
  EXPECT_EQ(status.lost(), 0U);
  EXPECT_GT(status.bytes, 0U);
  EXPECT_EQ(news, std::vector<std::string>{});
  // The last window ends 710 s past a day: what ended before 710 s is too old.
  EXPECT_EQ(create()->windows(0).front().begin_ns, 700 * kNsPerSecond);
  EXPECT_EQ(create()->incidents("open", 9).size(), 1U);
}

}  // namespace
}  // namespace mimir::controlplane
