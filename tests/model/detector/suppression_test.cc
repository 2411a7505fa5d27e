// SPDX-License-Identifier: Apache-2.0
#include "model/detector/suppression.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/random.h"

namespace mimir::detector {
namespace {

using Edge = std::pair<std::string, std::string>;

constexpr TimeNs kUntilNs = 1000 * kNsPerSecond;

Suppression edge(std::string source, std::string target, TimeNs until_ns = kUntilNs) {
  return {.detector = "exfiltration",
          .source = std::move(source),
          .target = std::move(target),
          .until_ns = until_ns};
}

SuppressionSubject window(std::vector<std::string> path, std::vector<SubjectEdge> edges = {},
                          TimeNs end_ns = kUntilNs) {
  return {.detector = "exfiltration",
          .last_ns = end_ns - 1,
          .path = std::move(path),
          .edges = std::move(edges)};
}

bool is_covered(const SuppressionSubject& subject, std::vector<Suppression> suppressions) {
  return !Suppressor(std::move(suppressions)).cover(subject).empty();
}

TEST(Suppressor, SilencesAWindowOnlyIfEachHopOfItsPathIsAllowed) {
  const auto theft = window({"db", "user", "outside"});
  EXPECT_FALSE(is_covered(theft, {edge("db", "user")}));
  EXPECT_FALSE(is_covered(theft, {edge("user", "outside")}));
  EXPECT_FALSE(is_covered(theft, {edge("db", "outside")})) << "its ends are not an edge of it";
  EXPECT_FALSE(is_covered(theft, {edge("user", "db"), edge("outside", "user")})) << "backwards";
  Suppressor both({edge("user", "outside"), edge("db", "user"), edge("db", "outside")});
  const auto by = both.cover(theft);
  ASSERT_EQ(by.size(), 2U);
  EXPECT_EQ(by[0]->source, "db") << "in the order of the path";
  EXPECT_EQ(by[1]->source, "user");
  EXPECT_EQ(both.suppressed_count(), 1U) << "one alarm, however many it took";
  EXPECT_EQ(both.uses()[2].suppressed_count, 0U);
  EXPECT_TRUE(is_covered(window({"db", "outside"}), {edge("db", "outside")}));
}

TEST(Suppressor, NeverSilencesAWindowThatNoPathExplains) {
  EXPECT_FALSE(is_covered(window({}), {edge("db", "user"), edge("user", "outside")}));
  EXPECT_FALSE(is_covered(window({}), {{.source = "db", .until_ns = kUntilNs}}));
}

TEST(Suppressor, SilencesWindowsForNobodyWhoDidNotAskForThat) {
  const auto theft = window({"db", "outside"});
  EXPECT_FALSE(is_covered(theft, {{.source = "db", .until_ns = kUntilNs}})) << "any: of findings";
  EXPECT_FALSE(is_covered(
      theft, {{.detector = "beacon", .source = "db", .target = "outside", .until_ns = kUntilNs}}));
  const SuppressionSubject finding{.detector = "beacon",
                                   .last_ns = 1,
                                   .source = {.name = "shop/db-0", .service = "db", .address = {}}};
  EXPECT_TRUE(is_covered(finding, {{.source = "db", .until_ns = kUntilNs}}));
  EXPECT_FALSE(is_covered(finding, {edge("db", "outside")})) << "an edge says nothing of findings";
}

TEST(Suppressor, AWindowIsAllowedToItsLastMoment) {
  const std::vector<Suppression> until{edge("db", "outside")};
  EXPECT_TRUE(is_covered(window({"db", "outside"}, {}, kUntilNs), until));
  EXPECT_FALSE(is_covered(window({"db", "outside"}, {}, kUntilNs + 1), until));
  Suppressor ended({edge("db", "user"), edge("user", "outside", kUntilNs - 1)});
  EXPECT_TRUE(ended.cover(window({"db", "user", "outside"})).empty());
  EXPECT_EQ(ended.uses()[0].expired_count, 0U) << "this one is in force";
  EXPECT_EQ(ended.uses()[1].expired_count, 1U);
}

TEST(Suppressor, ATheftBesideTheAllowedPathIsTold) {
  const std::vector<Suppression> backup{edge("db", "outside")};
  const SubjectEdge busy{.source = "db", .target = "outside", .excess = 50};
  const SubjectEdge first{.source = "db", .target = "user", .excess = 1};
  const SubjectEdge second{.source = "user", .target = "outside", .excess = 1.5};
  const auto at_night = [&](std::vector<SubjectEdge> others) {
    others.insert(others.begin(), busy);
    return window({"db", "outside"}, std::move(others));
  };
  EXPECT_TRUE(is_covered(at_night({}), backup));
  EXPECT_FALSE(is_covered(at_night({second, first}), backup)) << "another whole way out";
  EXPECT_TRUE(is_covered(at_night({second}), backup)) << "nothing came to user from db";
  EXPECT_TRUE(is_covered(at_night({first}), backup)) << "nothing left from user";
  SubjectEdge usual = first;
  usual.excess = 0.99;
  EXPECT_TRUE(is_covered(at_night({second, usual}), backup)) << "that much is usual";
  const std::vector<Suppression> all{edge("db", "outside"), edge("db", "user"),
                                     edge("user", "outside")};
  EXPECT_TRUE(is_covered(at_night({second, first}), all)) << "the other way is allowed too";
  EXPECT_FALSE(is_covered(at_night({second, first}), {edge("db", "outside"), edge("db", "user")}));
}

// Answers to a busy service stand out with its questions: they lead nowhere.
TEST(Suppressor, AnEdgeThereAndBackIsNoWayOut) {
  const auto busy = window(
      {"db", "user", "outside"},
      {{"user", "front", 3}, {"front", "user", 3}, {"outside", "front", 2}, {"front", "db", 2}});
  EXPECT_TRUE(is_covered(busy, {edge("db", "user"), edge("user", "outside")}));
}

TEST(Suppressor, WhatIsNotListedMayBeAWayOut) {
  std::vector<SubjectEdge> edges;
  for (std::size_t i = 0; i < kSubjectEdgeMax; ++i) {
    edges.push_back({.source = "a", .target = std::to_string(i), .excess = 1});
  }
  EXPECT_FALSE(is_covered(window({"db", "outside"}, edges), {edge("db", "outside")}));
  edges.back().excess = 0.5;
  EXPECT_TRUE(is_covered(window({"db", "outside"}, edges), {edge("db", "outside")}));
}

// The same by trying every sequence of services.
class Naive {
 public:
  Naive(const SuppressionSubject& subject, std::set<Edge> allowed) : allowed_(std::move(allowed)) {
    for (const SubjectEdge& each : subject.edges) {
      if (each.excess >= 1) ways_.insert({each.source, each.target});
    }
    for (std::size_t i = 0; i + 1 < subject.path.size(); ++i) {
      hops_.insert({subject.path[i], subject.path[i + 1]});
    }
    ways_.insert(hops_.begin(), hops_.end());
  }

  bool covers() {
    if (!std::ranges::includes(allowed_, hops_)) return false;
    std::array<std::string, 4> between{"b", "c", "d", "e"};
    do {
      for (std::size_t length = 0; length <= between.size(); ++length) {
        std::vector<std::string> way{"a"};
        way.insert(way.end(), between.begin(), between.begin() + static_cast<int>(length));
        way.emplace_back("z");
        if (is_hidden(way)) return false;
      }
    } while (std::ranges::next_permutation(between).found);
    return true;
  }

 private:
  bool is_hidden(const std::vector<std::string>& way) const {
    bool is_all_allowed = true;
    for (std::size_t i = 0; i + 1 < way.size(); ++i) {
      const Edge step{way[i], way[i + 1]};
      if (!ways_.contains(step)) return false;
      is_all_allowed = is_all_allowed && allowed_.contains(step);
    }
    return !is_all_allowed;
  }

  std::set<Edge> allowed_;
  std::set<Edge> ways_;
  std::set<Edge> hops_;
};

TEST(Suppressor, AgreesWithTryingEveryWay) {
  constexpr std::array<const char*, 6> kServices{"a", "b", "c", "d", "e", "z"};
  test::Random random(7);
  int covered = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::string> path{"a"};
    for (const char* const service : {"b", "c"}) {
      if (random.below(2) == 0) path.emplace_back(service);
    }
    path.emplace_back("z");
    std::vector<Suppression> suppressions;
    std::set<Edge> allowed;
    const auto allow = [&](const std::string& source, const std::string& target) {
      suppressions.push_back(edge(source, target));
      allowed.insert({source, target});
    };
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      if (random.below(8) > 0) allow(path[i], path[i + 1]);
    }
    std::vector<SubjectEdge> edges;
    for (std::size_t i = 0; i < kSubjectEdgeMax - 1; ++i) {
      const char* const source = kServices[random.below(kServices.size())];
      const char* const target = kServices[random.below(kServices.size())];
      edges.push_back({source, target, random.below(3) == 0 ? 0.5 : 2.0});
      if (random.below(4) == 0) allow(source, target);
    }
    const auto subject = window(path, edges);
    const bool is_expected = Naive(subject, allowed).covers();
    ASSERT_EQ(is_covered(subject, suppressions), is_expected) << "round " << round;
    covered += is_expected ? 1 : 0;
  }
  EXPECT_GT(covered, 300);
  EXPECT_LT(covered, 2700);
}

}  // namespace
}  // namespace mimir::detector
