// SPDX-License-Identifier: Apache-2.0
#include "model/detector/lateral_movement.h"

#include <string>

#include <gtest/gtest.h>

#include "model/detector/habit_learner.h"
#include "model/detector/suppression.h"
#include "tests/model/detector/trace.h"
#include "tests/model/graph/wordpress.h"

namespace mimir::detector {
namespace {

using test::ip;
using test::kAnswering;
using test::kAsking;
using test::kReset;
using test::kSyn;
using test::Trace;

constexpr std::uint32_t kUser = ip(203, 0, 113, 5);
constexpr std::uint32_t pod(unsigned service, unsigned number) {
  return ip(10, 244, service, 1 + number);
}
enum Service : unsigned { kFront, kCart, kPay, kDb, kMonitor };

// Five services of four pods each: front -> cart -> db, front -> pay, monitor -> all.
std::vector<entity::Event> shop() {
  std::vector<entity::Event> events;
  const char* const names[] = {"front", "cart", "pay", "db", "monitor"};
  for (unsigned service = 0; service < 5; ++service) {
    const std::string name = names[service];
    events.push_back(
        test::service_event(name, "10.96.0." + std::to_string(service + 1), "shop", "app", name));
    for (unsigned number = 0; number < 4; ++number) {
      events.push_back(
          test::pod_event(name + "-" + std::to_string(number),
                          "10.244." + std::to_string(service) + "." + std::to_string(1 + number),
                          "shop", "app", name));
    }
  }
  return events;
}

void add_work(Trace& trace, double from_s, double to_s) {
  for (double second = from_s; second < to_s; second += 5) {
    const auto turn = static_cast<unsigned>(second / 5) % 3;
    trace.tcp(second, kUser, pod(kFront, turn), 80, kAsking, kAnswering);
    trace.tcp(second + 1, pod(kFront, turn), pod(kCart, turn), 80, kAsking, kAnswering);
    trace.tcp(second + 1, pod(kFront, turn), pod(kPay, turn), 80, kAsking, kAnswering);
    trace.tcp(second + 2, pod(kCart, turn), pod(kDb, turn), 3306, kAsking, kAnswering);
    for (unsigned service = 0; service < 4; ++service) {
      trace.tcp(second + 3, pod(kMonitor, 0), pod(service, turn), 9100, kAsking, kAnswering);
    }
  }
}

struct Rig {
  Rig() : world(shop()), resolver(world.cluster, {}) {
    Trace benign;
    add_work(benign, 0, 1800);
    HabitLearner learner(resolver);
    benign.windows([&learner](const Window& window) { learner.add(window); });
    learned = learner.finish();
    habits = KnownHabits(learned, world.cluster);
  }

  std::vector<Finding> judge(const Trace& trace) const {
    DetectorSet detectors(resolver, habits);
    return trace.run(detectors);
  }

  test::World world;
  Resolver resolver;
  learn::ContactHabits learned;
  KnownHabits habits;
};

TEST(HabitLearner, LearnsWhoTalksToWhomAtWhichPort) {
  const Rig rig;
  std::vector<std::string> pairs;
  for (const learn::AllowedPair& pair : rig.learned.pairs) {
    pairs.push_back(pair.client + ">" + pair.server + ":" + std::to_string(pair.port));
  }
  EXPECT_EQ(pairs,
            (std::vector<std::string>{"cart>db:3306", "front>cart:80", "front>pay:80",
                                      "monitor>cart:9100", "monitor>db:9100", "monitor>front:9100",
                                      "monitor>pay:9100", "outside>front:80"}));
  EXPECT_TRUE(rig.habits.is_monitor(*rig.world.cluster.find_class("monitor")));
  EXPECT_FALSE(rig.habits.is_monitor(*rig.world.cluster.find_class("front")));
  EXPECT_TRUE(rig.learned.habits.empty());
}

TEST(LateralMovement, ADayLikeThoseOfTrainingSaysNothing) {
  const Rig rig;
  Trace trace;
  add_work(trace, 0, 600);
  // The fourth pod of each service is new: the autoscaler's.
  trace.tcp(100, pod(kFront, 3), pod(kCart, 3), 80, kAsking, kAnswering);
  trace.tcp(101, pod(kCart, 3), pod(kDb, 0), 3306, kAsking, kAnswering);
  // The whole of a service refuses while it restarts.
  for (unsigned client = 0; client < 4; ++client) {
    for (unsigned server = 0; server < 4; ++server) {
      for (unsigned again = 0; again < 5; ++again) {
        trace.tcp(200 + again, pod(kCart, client), pod(kDb, server), 3306, kSyn, kReset);
      }
    }
  }
  EXPECT_TRUE(rig.judge(trace).empty());
}

TEST(LateralMovement, AChainIsOneAlertWithItsHops) {
  const Rig rig;
  Trace trace;
  add_work(trace, 0, 300);
  trace.tcp(60, pod(kPay, 1), pod(kCart, 2), 8081, kAsking, kAnswering);
  trace.tcp(90, pod(kCart, 2), pod(kMonitor, 0), 8082, kAsking, kAnswering);
  // The same again is the same.
  trace.tcp(120, pod(kPay, 1), pod(kCart, 2), 8081, kAsking, kAnswering);
  trace.tcp(130, pod(kCart, 2), pod(kMonitor, 0), 8082, kAsking, kAnswering);
  const auto findings = rig.judge(trace);
  ASSERT_EQ(findings.size(), 1U);
  const Finding& chain = findings[0];
  EXPECT_EQ(chain.kind, Kind::kLateralMovement);
  EXPECT_EQ(chain.variant, "chain");
  EXPECT_EQ(chain.severity, Severity::kHigh);
  ASSERT_EQ(chain.hops.size(), 2U);
  EXPECT_EQ(rig.resolver.name(chain.hops[0].source), "shop/pay-1");
  EXPECT_EQ(rig.resolver.name(chain.hops[1].destination), "shop/monitor-0");
}

TEST(LateralMovement, AScanReachesNobody) {
  const Rig rig;
  Trace trace;
  trace.tcp(60, pod(kPay, 1), pod(kDb, 2), 22, kSyn, test::kSynAck);
  trace.tcp(70, pod(kDb, 2), pod(kMonitor, 0), 8082, kAsking, kAnswering);
  EXPECT_TRUE(rig.judge(trace).empty());
}

TEST(LateralMovement, AControlPortNeedsNoSecondHop) {
  const Rig rig;
  Trace ssh;
  ssh.tcp(60, pod(kFront, 1), pod(kDb, 2), 22, kAsking, kAnswering);
  ASSERT_EQ(rig.judge(ssh).size(), 1U);
  EXPECT_EQ(rig.judge(ssh)[0].variant, "new edge");
  Trace web;
  web.tcp(60, pod(kFront, 1), pod(kDb, 2), 8080, kAsking, kAnswering);
  EXPECT_TRUE(rig.judge(web).empty()) << "a new dependency alone is no attack";
  Trace monitor;
  monitor.tcp(60, pod(kMonitor, 1), pod(kDb, 2), 22, kAsking, kAnswering);
  EXPECT_TRUE(rig.judge(monitor).empty());
}

// pay's prior is that of no contact at all, front's that of many which all opened: theta_0
// of 0.9 makes a failure worth ln 8, and three of them pass ln 99.
TEST(PortScan, AServiceThatNeverFailedIsFoundSooner) {
  const Rig rig;
  Trace trace;
  for (unsigned i = 0; i < 3; ++i) {
    trace.tcp(60 + i, pod(kMonitor, 1), pod(kDb, i), 5000, kSyn, kReset);
  }
  const auto findings = rig.judge(trace);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(test::fact(findings[0], "failed_at_decision"), 3);
}

TEST(Suppressor, CoversUntilItEndsAndCountsWhatItWouldHave) {
  const Rig rig;
  Trace trace;
  trace.tcp(60, pod(kFront, 1), pod(kDb, 2), 22, kAsking, kAnswering);
  const Finding finding = rig.judge(trace).at(0);
  const auto covers = [&](Suppression suppression) {
    Suppressor suppressor({std::move(suppression)});
    return !suppressor.cover(subject_of(finding, rig.resolver)).empty();
  };
  const TimeNs later_ns = finding.last_ns + 1;
  EXPECT_TRUE(covers({.source = "front", .until_ns = later_ns}));
  EXPECT_TRUE(covers({.source = "shop/front-1", .until_ns = later_ns}));
  EXPECT_TRUE(covers({.source = "10.244.0.0/16", .target = "db", .until_ns = later_ns}));
  EXPECT_TRUE(covers(
      {.detector = "lateral_movement", .source = "10.244.0.2", .port = 22, .until_ns = later_ns}));
  EXPECT_FALSE(covers({.detector = "beacon", .source = "front", .until_ns = later_ns}));
  EXPECT_FALSE(covers({.source = "pay", .until_ns = later_ns}));
  EXPECT_FALSE(covers({.source = "front", .target = "pay", .until_ns = later_ns}));
  EXPECT_FALSE(covers({.source = "front", .port = 23, .until_ns = later_ns}));
  Suppressor ended({{.source = "front", .until_ns = finding.last_ns}});
  EXPECT_TRUE(ended.cover(subject_of(finding, rig.resolver)).empty());
  EXPECT_EQ(ended.uses()[0].expired_count, 1U);
}

TEST(Suppressor, KeepsItsCountsWhenOthersTakeItsPlace) {
  const Rig rig;
  Trace trace;
  trace.tcp(60, pod(kFront, 1), pod(kDb, 2), 22, kAsking, kAnswering);
  const Finding finding = rig.judge(trace).at(0);
  const SuppressionSubject subject = subject_of(finding, rig.resolver);
  const Suppression front{.source = "front", .until_ns = finding.last_ns + 1};
  const Suppression pay{.source = "pay", .until_ns = finding.last_ns + 1};
  Suppressor suppressor({front});
  EXPECT_FALSE(suppressor.cover(subject).empty());
  suppressor.replace({pay, front});
  ASSERT_EQ(suppressor.uses().size(), 2U);
  EXPECT_EQ(suppressor.uses()[1].suppressed_count, 1U) << "it stays";
  suppressor.replace({pay});
  EXPECT_TRUE(suppressor.cover(subject).empty()) << "it is gone";
  EXPECT_EQ(suppressor.suppressed_count(), 1U) << "what it suppressed was suppressed";
}

}  // namespace
}  // namespace mimir::detector
