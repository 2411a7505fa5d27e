// SPDX-License-Identifier: Apache-2.0
#include "controlplane/alert/incident_book.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/random.h"

namespace mimir::controlplane {
namespace {

using config::Json;

constexpr TimeNs kStart = 1'767'571'200 * kNsPerSecond;

TimeNs at(TimeNs second) { return kStart + second * kNsPerSecond; }

Sighting seen(std::string key, TimeNs end_s, double weight = 1, std::uint8_t severity = 1) {
  Sighting sighting{.key = std::move(key),
                    .detector = "exfiltration",
                    .severity = severity,
                    .first_ns = at(end_s - 10),
                    .end_ns = at(end_s),
                    .weight = weight};
  sighting.line = Json::object()
                      .set("timestamp", to_timestamp(at(end_s)))
                      .set("event_type", "alert")
                      .set("mimir", Json::object().set("said", end_s));
  return sighting;
}

class IncidentBookTest : public testing::Test {
 protected:
  void make(IncidentOptions options = {}) {
    book_.emplace(options, [this](const IncidentRecord& record) { records_.push_back(record); });
  }
  /// A window of 10 s that ends then, with a sighting of each key.
  void window(TimeNs end_s, const std::vector<std::string>& keys) {
    for (const std::string& key : keys) book_->add(seen(key, end_s));
    book_->advance(at(end_s));
  }
  [[nodiscard]] std::vector<std::string> told() const {
    std::vector<std::string> all;
    for (const IncidentRecord& record : records_) {
      all.push_back(std::string(name(record.state)) + ' ' + record.key + ' ' +
                    std::to_string((record.time_ns - kStart) / kNsPerSecond) + ' ' +
                    std::to_string(record.sighting_count) + (record.is_held_back ? " held" : ""));
    }
    return all;
  }
  static std::int64_t said(const IncidentRecord& record) {
    return record.line.find("mimir")->find("said")->integer().value_or(-1);
  }

  std::optional<IncidentBook> book_;
  std::vector<IncidentRecord> records_;
};

TEST_F(IncidentBookTest, OpensOnceTellsOfItOnceAMinuteAndClosesItWhenQuiet) {
  make({.quiet_ns = 120 * kNsPerSecond});
  for (TimeNs end_s = 10; end_s <= 100; end_s += 10) window(end_s, {"a"});
  for (TimeNs end_s = 110; end_s <= 300; end_s += 10) window(end_s, {});
  EXPECT_EQ(told(), (std::vector<std::string>{"open a 10 1", "update a 70 7", "update a 130 10",
                                              "closed a 220 10"}));
  EXPECT_EQ(said(records_[2]), 100) << "what was not told waits for its minute";
  window(310, {"a"});
  EXPECT_EQ(told().back(), "open a 310 1");
  EXPECT_NE(records_.back().id, records_.front().id) << "it is another incident";
  EXPECT_EQ(records_.front().id, records_[3].id);
}

TEST_F(IncidentBookTest, MergesGranularitiesAndRestatesTheGravestAtItsEnd) {
  make();
  book_->add(seen("a", 10, 0.5));
  book_->add(seen("a", 20, 3));
  book_->add(seen("a", 30, 1, 1));
  Sighting coarse = seen("a", 60, 2);
  coarse.first_ns = at(0);
  book_->add(coarse);
  book_->finish();
  ASSERT_EQ(told(), (std::vector<std::string>{"open a 10 1", "closed a 60 4"}));
  EXPECT_EQ(said(records_[1]), 20);
  EXPECT_EQ(records_[1].first_ns, at(0));
  const Json& incident = *records_[1].line.find("mimir")->find("incident");
  EXPECT_EQ(*incident.find("state")->string(), "closed");
  EXPECT_EQ(*incident.find("closed_because")->string(), "ended");
  EXPECT_EQ(*incident.find("dedup_key")->string(), "a");
  EXPECT_EQ(incident.find("count")->count(), 4U);
  EXPECT_EQ(*incident.find("first_seen")->string(), "2026-01-05T00:00:00.000000+0000");
  EXPECT_EQ(*records_[1].line.find("timestamp")->string(), "2026-01-05T00:01:00.000000+0000");
}

TEST_F(IncidentBookTest, CountsByTheGravestSeverity) {
  make();
  book_->add(seen("a", 10, 1, 3));
  book_->add(seen("b", 10, 1, 2));
  book_->add(seen("a", 20, 1, 1));
  EXPECT_EQ(book_->totals().open, (std::array<std::uint64_t, 4>{0, 1, 1, 0}));
  EXPECT_EQ(book_->totals().opened_count(), 2U);
  book_->finish();
  EXPECT_EQ(book_->totals().open, (std::array<std::uint64_t, 4>{}));
  EXPECT_EQ(book_->totals().closed, 2U);
}

TEST_F(IncidentBookTest, WhatIsOverTheRateIsHeldBackAndANoticeSaysHowMuch) {
  make({.quiet_ns = 300 * kNsPerSecond, .record_rate_max = 2});
  window(10, {"a", "b", "c", "d"});
  window(60, {});
  window(80, {"c"});
  book_->finish();
  EXPECT_EQ(told(), (std::vector<std::string>{"open a 10 1", "open b 10 1", "open c 10 1 held",
                                              "open d 10 1 held", "notice  60 0", "open c 80 2",
                                              "closed a 80 1", "closed b 80 1", "closed c 80 2",
                                              "closed d 80 1 held", "notice  120 0"}));
  const Json& held = *records_[4].line.find("mimir")->find("held_back");
  EXPECT_EQ(held.find("records")->count(), 2U);
  EXPECT_EQ(held.find("detectors")->find("exfiltration")->count(), 2U);
  EXPECT_EQ(book_->totals().records_written, 8U);
  EXPECT_EQ(book_->totals().records_held_back, 3U);
}

TEST_F(IncidentBookTest, ForgetsTheQuietestWhenTooManyAreOpen) {
  make({.quiet_ns = 3600 * kNsPerSecond, .record_rate_max = 1'000'000});
  for (std::size_t i = 0; i < IncidentBook::kOpenMax; ++i) {
    book_->add(seen(std::to_string(i), i == 7 ? 10 : 20));
  }
  records_.clear();
  book_->add(seen("one too many", 30));
  ASSERT_EQ(records_.size(), 2U);
  EXPECT_EQ(records_[0].key, "7");
  EXPECT_EQ(*records_[0].line.find("mimir")->find("incident")->find("closed_because")->string(),
            "displaced");
  EXPECT_EQ(book_->totals().displaced, 1U);
}

// Published: https://github.com/ulid/spec has the alphabet and that 01ARZ3NDEKTSV4RRFFQ69G5FAV
// is of 1469922850259 ms. The rest is the low five bits of a SHA-256 by sha256sum.
TEST(IncidentId, IsAUlidOfTimeAndContent) {
  const TimeNs time_ns = 1'469'922'850'259 * 1'000'000;
  const std::string id = incident_id("a", time_ns);
  EXPECT_EQ(id, "01ARZ3NDEKBPC5EGZQS5FCJWE0");
  EXPECT_NE(id.substr(10), incident_id("a", time_ns + 1).substr(10));
}

// Against a list kept by hand: whoever reads the stream sees every incident begin once, then
// go on, then end once, at most one record a minute, and every sighting is in one of them.
TEST_F(IncidentBookTest, AnyStreamIsWellFormedAndCountsEverySighting) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    test::Random random(seed);
    records_.clear();
    std::uint64_t added = 0;
    make({.quiet_ns = 90 * kNsPerSecond, .record_rate_max = 1 + seed % 5});
    for (TimeNs end_s = 10; end_s < 3000; end_s += 10) {
      std::vector<std::string> keys;
      for (std::uint64_t i = random.below(4); i > 0; --i) {
        keys.push_back(std::to_string(random.below(6)));
      }
      if (random.below(3) > 0) keys.clear();
      added += keys.size();
      window(end_s, keys);
    }
    book_->finish();
    std::map<std::string, IncidentState> states;
    std::map<std::string, TimeNs> told_ns;
    std::map<TimeNs, std::uint64_t> by_minute;
    std::uint64_t sightings = 0;
    std::uint64_t written = 0;
    std::uint64_t held = 0;
    std::uint64_t noticed = 0;
    for (const IncidentRecord& record : records_) {
      ++(record.is_held_back ? held : written);
      if (record.state == IncidentState::kNotice) {
        noticed += *record.line.find("mimir")->find("held_back")->find("records")->count();
        continue;
      }
      if (record.state == IncidentState::kClosed) sightings += record.sighting_count;
      if (record.is_held_back) continue;
      const auto before = states.find(record.id);
      if (before == states.end()) {
        EXPECT_EQ(record.state, IncidentState::kOpen);
      } else {
        EXPECT_NE(record.state, IncidentState::kOpen);
        EXPECT_NE(before->second, IncidentState::kClosed);
        if (record.state == IncidentState::kUpdate) {
          EXPECT_GE(record.time_ns - told_ns[record.id], 60 * kNsPerSecond);
        }
      }
      states[record.id] = record.state;
      told_ns[record.id] = record.time_ns;
      if (record.state != IncidentState::kClosed) {
        EXPECT_LE(++by_minute[record.time_ns / (60 * kNsPerSecond)], 1 + seed % 5);
      }
    }
    for (const auto& [id, state] : states) EXPECT_EQ(state, IncidentState::kClosed) << id;
    EXPECT_EQ(sightings, added);
    EXPECT_EQ(book_->totals().sightings, added);
    EXPECT_EQ(written, book_->totals().records_written);
    EXPECT_EQ(held, book_->totals().records_held_back);
    EXPECT_EQ(noticed, held);
  }
}

}  // namespace
}  // namespace mimir::controlplane
