// SPDX-License-Identifier: Apache-2.0
#include "tools/mirror_check.h"

#include <algorithm>
#include <array>
#include <string>

#include <gtest/gtest.h>

#include "dataplane/record/drop.h"

namespace mimir::tools {
namespace {

using Level = MirrorFinding::Level;

/// A mirror that nothing is wrong with.
MirrorView whole() {
  return {.received = 100'000,
          .counted = 100'000,
          .tcp_flows = 10'000,
          .duplicates = 0,
          .tcp_bytes = 1'000'000};
}

MirrorFinding finding(const MirrorView& view, const std::string& name) {
  for (const MirrorFinding& each : check_mirror(view)) {
    if (each.name == name) return each;
  }
  ADD_FAILURE() << "no finding is called " << name;
  return {};
}

TEST(MirrorCheck, AWholeMirrorIsWell) {
  for (const MirrorFinding& each : check_mirror(whole())) {
    EXPECT_EQ(each.level, Level::kWell) << each.text;
    EXPECT_EQ(each.hint, "") << each.text;
  }
}

TEST(MirrorCheck, NothingReceivedIsTheOnlyThingToSay) {
  const auto findings = check_mirror({});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].level, Level::kWrong);
  EXPECT_EQ(findings[0].name, "received");

  const auto early = check_mirror({.arrived_at_ports = 7});
  ASSERT_EQ(early.size(), 1U);
  EXPECT_EQ(early[0].level, Level::kUnknown) << "what arrives is no fault of the mirror";
}

TEST(MirrorCheck, SharesDecide) {
  MirrorView view = whole();
  view.one_way = 50;  // half a percent is not above it
  EXPECT_EQ(finding(view, "one_way").level, Level::kWell);
  view.one_way = 51;
  EXPECT_EQ(finding(view, "one_way").level, Level::kAdvice);
  view.one_way = 201;
  EXPECT_EQ(finding(view, "one_way").level, Level::kWrong);
  EXPECT_DOUBLE_EQ(finding(view, "one_way").ratio, 0.0201);
  view.missing_bytes = 1001;
  EXPECT_EQ(finding(view, "missing").level, Level::kWrong);
  EXPECT_EQ(finding(view, "missing").text,
            "0.100 % of 1000000 bytes of TCP were acknowledged or followed, and never shown");
  view.duplicates = 101;
  EXPECT_EQ(finding(view, "duplicate").level, Level::kAdvice);
  view.mapped_bytes_ratio = 0.9;
  EXPECT_EQ(finding(view, "mapped").level, Level::kAdvice);
  view.mapped_bytes_ratio = 0.4;
  EXPECT_EQ(finding(view, "mapped").level, Level::kWrong);
  view.lost_at_ports = 1;
  EXPECT_EQ(finding(view, "lost_at_ports").level, Level::kAdvice);
  view.lost_at_ports = 200;
  EXPECT_EQ(finding(view, "lost_at_ports").level, Level::kWrong);
  EXPECT_EQ(check_mirror(view).front().level, Level::kWrong) << "the worst comes first";
}

TEST(MirrorCheck, WhatWasNotLookedForIsUnknownAndNotWell) {
  MirrorView view{.received = 10, .counted = 10};
  EXPECT_EQ(finding(view, "one_way").level, Level::kUnknown);
  EXPECT_EQ(finding(view, "missing").level, Level::kUnknown);
  EXPECT_EQ(finding(view, "duplicate").level, Level::kUnknown);
  EXPECT_NE(finding(view, "missing").hint, "");
}

TEST(MirrorCheck, EveryReasonHasAMeaningAndSomethingToDo) {
  for (std::size_t i = 1; i < kDropCount; ++i) {
    const std::string reason(kDropTexts[i].name);
    if (reason == "duplicate") continue;  // it has a finding of its own
    MirrorView view = whole();
    view.dropped[reason] = 50'000;
    const MirrorFinding of = finding(view, reason);
    EXPECT_GE(of.level, Level::kAdvice) << reason;
    EXPECT_EQ(of.meaning, kDropTexts[i].help);
    EXPECT_NE(of.hint, "") << reason;
    view.dropped[reason] = 1;
    EXPECT_EQ(finding(view, reason).level, Level::kWell) << reason;
  }
}

TEST(MirrorCheck, IsToldToPeopleAndPrograms) {
  MirrorView view = whole();
  view.one_way = 500;
  EXPECT_EQ(
      to_text(finding(view, "one_way")),
      "wrong    5.00 % of 10000 TCP conversations show one side only\n"
      "  means: the mirror has one direction of some links, or drops\n"
      "  hint: mirror both directions; the switch's counter of the mirror's port says what it "
      "dropped\n");
  EXPECT_TRUE(config::to_text(to_json(finding(view, "one_way")))
                  .starts_with(R"({"name":"one_way","level":"wrong","ratio":0.05,"text":"5.00 %)"));
}

}  // namespace
}  // namespace mimir::tools
