// SPDX-License-Identifier: Apache-2.0
#include "tools/judge.h"

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "model/detector/catalogue.h"
#include "tests/model/graph/wordpress.h"
#include "tools/cluster_context.h"

namespace mimir::tools {
namespace {

constexpr std::uint32_t kMinuteS = 60;

// Two services of one pod each; b holds the data.
std::unique_ptr<const ClusterContext> two_services() {
  const std::vector<entity::Event> events = {
      test::service_event("a", "10.96.0.1", "default", "app", "a"),
      test::service_event("b", "10.96.0.2", "default", "app", "b"),
      test::pod_event("a-0", "10.244.0.1", "default", "app", "a"),
      test::pod_event("b-0", "10.244.0.2", "default", "app", "b")};
  config::Diagnostics diagnostics;
  auto context = build_cluster(ModelConfig(), events, nullptr, diagnostics);
  EXPECT_NE(context, nullptr) << diagnostics.render();
  return context;
}

learn::GranularityModel granularity(std::uint32_t granularity_s, double weight, double intercept) {
  learn::GranularityModel model;
  model.granularity_s = granularity_s;
  model.features = {
      {.name = "external_share(a)", .spread = {.median = 0.5, .iqr = 0.25}, .weight = weight}};
  model.intercept = intercept;
  model.threshold = 1;
  return model;
}

// Three quarters of what leaves is a's: z = 1, so that a base window scores intercept + weight.
// The minute's score is the sum of the two, and never an alarm.
learn::Model model_of(std::string name, double weight, double intercept) {
  learn::Model model;
  model.context.name = std::move(name);
  model.context.base_window_ns = 10 * kNsPerSecond;
  model.context.observation = "mirror";
  model.context.sensitive_service = "b";
  model.granularities = {granularity(10, weight, intercept),
                         granularity(kMinuteS, weight, intercept)};
  model.combination = learn::Combination{
      .weights = {1, 1}, .intercept = 0, .threshold = 100, .alpha = 0, .training = {}};
  return model;
}

invariant::Options options_of(std::string sensitive = "b") {
  return {.observation = graph::Observation::kMirror,
          .form = invariant::Form::kIntended,
          .sensitive_service = std::move(sensitive)};
}

struct Said {
  std::uint32_t granularity_s = 0;
  TimeNs begin_s = 0;
  double score = 0;

  friend bool operator==(const Said&, const Said&) = default;
};

class JudgeTest : public testing::Test {
 protected:
  void begin(const Candidate* candidate = nullptr) {
    judge_.emplace(
        Judge::Start{.context = *context_,
                     .model = old_,
                     .model_digest = "old",
                     .model_file = "m",
                     .invariants = options_of(),
                     .candidate = candidate,
                     .detection = detection_,
                     .payload = payload_},
        Judge::Sinks{.sighting =
                         [this](const controlplane::Sighting& sighting) {
                           // What detectors make of the traffic is not the model's.
                           if (sighting.is_suppressed) suppressed_.push_back(sighting.end_ns);
                           alarms_ += int{sighting.detector == detector::kExfiltrationDetector};
                         },
                     .window =
                         [this](const analysis::Verdict& verdict, const auto&, const auto&) {
                           said_.push_back({verdict.window.granularity_s(),
                                            verdict.window.begin_ns / kNsPerSecond,
                                            verdict.score.value});
                         },
                     .shadow =
                         [this](const controlplane::ShadowJudgement& judgement) {
                           shadows_.push_back(judgement);
                         },
                     .settled =
                         [this](bool is_in_force, const std::string& text) {
                           settled_.emplace_back(is_in_force, text);
                         }});
  }

  static Candidate candidate_of(std::string name, double weight, double intercept,
                                std::string sensitive = "b") {
    std::string digest = name;
    return {.loaded = {.model = model_of(std::move(name), weight, intercept),
                       .digest = std::move(digest)},
            .invariants = options_of(std::move(sensitive))};
  }

  static Reload reload_of(std::string name, double weight, double intercept,
                          std::string sensitive = "b") {
    Candidate made = candidate_of(std::move(name), weight, intercept, std::move(sensitive));
    Reload reload;
    reload.config.model.file = "n";
    reload.model = std::move(made.loaded);
    reload.invariants = std::move(made.invariants);
    return reload;
  }

  /// a sends 3000 bytes outside, b 1000, in the windows that begin in [from, to).
  void watch(TimeNs from_s, TimeNs to_s) {
    for (TimeNs at_s = from_s; at_s < to_s; at_s += 10) {
      std::array<FlowRecord, 2> records{};
      for (std::size_t i = 0; i < records.size(); ++i) {
        records[i].key.low_address = Address::from_ipv4(0x08080808);
        records[i].key.high_address =
            Address::from_ipv4(0x0af40001 + static_cast<std::uint32_t>(i));
        records[i].key.protocol = kProtocolTcp;
        records[i].bytes = {50, i == 0 ? std::uint64_t{3000} : std::uint64_t{1000}};
        records[i].packets = {1, 2};
        records[i].first_ns = records[i].last_ns = (at_s + 1) * kNsPerSecond;
      }
      judge_->add(Window{.index = static_cast<WindowIndex>(at_s / 10),
                         .begin_ns = at_s * kNsPerSecond,
                         .end_ns = (at_s + 10) * kNsPerSecond,
                         .records = records,
                         .packets = {},
                         .facts = {}});
    }
  }

  /// What the windows of one minute have to be: six, and their sum.
  static void expect_minute(std::vector<Said>& expected, TimeNs begin_s, double score) {
    for (TimeNs at_s = begin_s; at_s < begin_s + kMinuteS; at_s += 10) {
      expected.push_back({10, at_s, score});
    }
    expected.push_back({kMinuteS, begin_s, 2 * score});
  }

  std::unique_ptr<const ClusterContext> context_ = two_services();
  learn::Model old_ = model_of("old", 0.25, 0.5);
  DetectionConfig detection_;
  PayloadConfig payload_;
  std::vector<Said> said_;
  std::vector<controlplane::ShadowJudgement> shadows_;
  std::vector<std::pair<bool, std::string>> settled_;
  std::vector<TimeNs> suppressed_;
  int alarms_ = 0;
  std::optional<Judge> judge_;
};

TEST_F(JudgeTest, ExchangesTheModelAtTheEdgeOfTheLongestWindow) {
  begin();
  watch(0, 30);
  judge_->adopt(reload_of("new", 0.25, 4));
  watch(30, kMinuteS);
  EXPECT_TRUE(settled_.empty()) << "half a minute is judged already";
  EXPECT_EQ(judge_->model_digest(), "old");
  watch(kMinuteS, 2 * kMinuteS);
  ASSERT_EQ(settled_.size(), 1U);
  EXPECT_TRUE(settled_[0].first);
  EXPECT_EQ(settled_[0].second, "model new, sha256 new, 0 suppressions\n");
  EXPECT_EQ(judge_->model_file(), "n");
  std::vector<Said> expected;
  expect_minute(expected, 0, 0.75);
  expect_minute(expected, kMinuteS, 4.25);
  EXPECT_EQ(said_, expected);
  EXPECT_EQ(alarms_, 6) << "of the new model's base windows alone";
}

TEST_F(JudgeTest, OnAQuietLinkTimeAloneExchangesTheModel) {
  begin();
  watch(0, 30);
  judge_->adopt(reload_of("new", 0.25, 4));
  judge_->pass(59 * kNsPerSecond);
  EXPECT_EQ(judge_->model_digest(), "old");
  judge_->pass(60 * kNsPerSecond);
  EXPECT_EQ(judge_->model_digest(), "new");
  EXPECT_EQ(said_.back(), (Said{kMinuteS, 0, 1.5})) << "by the model that judged its parts";
}

TEST_F(JudgeTest, AnExchangeThatFailsLeavesTheOldInForce) {
  begin();
  watch(0, 30);
  judge_->adopt(reload_of("new", 0.25, 4, "nobody"));
  ASSERT_EQ(settled_.size(), 1U);
  EXPECT_FALSE(settled_[0].first);
  EXPECT_NE(settled_[0].second.find("nobody"), std::string::npos) << settled_[0].second;
  watch(30, 2 * kMinuteS);
  EXPECT_EQ(settled_.size(), 1U);
  EXPECT_EQ(judge_->model_digest(), "old");
  std::vector<Said> expected;
  expect_minute(expected, 0, 0.75);
  expect_minute(expected, kMinuteS, 0.75);
  EXPECT_EQ(said_, expected);
}

TEST_F(JudgeTest, ACandidateJudgesTheSameWindowsAndAlarmsNobody) {
  const Candidate candidate = candidate_of("new", 0.25, 4);
  begin(&candidate);
  watch(0, 2 * kMinuteS);
  judge_->flush();
  std::vector<Said> expected;
  expect_minute(expected, 0, 0.75);
  expect_minute(expected, kMinuteS, 0.75);
  EXPECT_EQ(said_, expected);
  EXPECT_EQ(alarms_, 0);
  ASSERT_EQ(shadows_.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const controlplane::JudgedTwice& window = shadows_[i].window;
    const bool is_base = expected[i].granularity_s == 10;
    EXPECT_EQ(window.granularity_s, expected[i].granularity_s);
    EXPECT_EQ(window.begin_ns, expected[i].begin_s * kNsPerSecond);
    EXPECT_FALSE(window.is_partial);
    EXPECT_EQ(window.first.score, expected[i].score);
    EXPECT_EQ(window.second.score, is_base ? 4.25 : 8.5);
    EXPECT_EQ(window.agreement(),
              is_base ? controlplane::Agreement::kSecond : controlplane::Agreement::kNeither);
    EXPECT_EQ(window.second.invariant, is_base ? "external_share(a)" : "");
    EXPECT_EQ(window.second.contribution, is_base ? 0.25 : 0);
    EXPECT_EQ(shadows_[i].active_digest, "old");
    EXPECT_EQ(shadows_[i].candidate_digest, "new");
  }
}

TEST_F(JudgeTest, ACandidateBeginsAndEndsAtAnEdge) {
  begin();
  watch(0, 30);
  Reload staged = reload_of("old", 0.25, 0.5);
  staged.candidate = candidate_of("new", 0.25, 4);
  judge_->adopt(std::move(staged));
  watch(30, kMinuteS);
  EXPECT_EQ(judge_->candidate(), nullptr);
  EXPECT_TRUE(shadows_.empty());
  watch(kMinuteS, kMinuteS + 30);
  ASSERT_NE(judge_->candidate(), nullptr);
  EXPECT_EQ(judge_->candidate()->loaded.digest, "new");
  EXPECT_EQ(shadows_.size(), 3U);
  // It takes the model's place, and nobody is behind it.
  judge_->adopt(reload_of("new", 0.25, 4));
  watch(kMinuteS + 30, 3 * kMinuteS);
  EXPECT_EQ(judge_->candidate(), nullptr);
  EXPECT_EQ(shadows_.size(), 7U) << "the whole minute, and no window more";
  EXPECT_EQ(said_.back(), (Said{kMinuteS, 2 * kMinuteS, 8.5}));
  EXPECT_EQ(alarms_, 6);
}

TEST_F(JudgeTest, ACandidateThatCannotJudgeIsRefusedWithAllThatCameWithIt) {
  begin();
  Reload staged = reload_of("other", 0.25, 0.5);
  staged.candidate = candidate_of("new", 0.25, 4, "nobody");
  judge_->adopt(std::move(staged));
  watch(0, 2 * kMinuteS);
  ASSERT_EQ(settled_.size(), 1U);
  EXPECT_FALSE(settled_[0].first);
  EXPECT_EQ(judge_->model_digest(), "old");
  EXPECT_TRUE(shadows_.empty());
}

// b holds the data and sends it out, which training never saw: the path is b -> outside.
TEST_F(JudgeTest, AWindowOfAnAllowedEdgeIsMarkedUntilThatEnds) {
  old_ = model_of("old", 0.25, 4);
  detection_.suppress = {{.detector = "exfiltration",
                          .source = "b",
                          .target = "outside",
                          .until = "1970-01-01T00:00:30Z",
                          .reason = "export"}};
  begin();
  watch(0, kMinuteS);
  judge_->flush();
  EXPECT_EQ(suppressed_,
            (std::vector<TimeNs>{10 * kNsPerSecond, 20 * kNsPerSecond, 30 * kNsPerSecond}));
  EXPECT_EQ(alarms_, 6) << "all are sighted, told or not";
  EXPECT_NE(judge_->describe().find("3 suppressed"), std::string::npos) << judge_->describe();
  EXPECT_NE(judge_->describe().find("3 alerts that a suppression covered until 1970"),
            std::string::npos)
      << judge_->describe();
}

}  // namespace
}  // namespace mimir::tools
