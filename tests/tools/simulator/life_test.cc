// SPDX-License-Identifier: Apache-2.0
// Pods that come and go, and what comes by the clock, told from the files of a run.
#include "tools/simulator/life.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/tools/simulator/result.h"

namespace mimir::simulator {
namespace {

constexpr double kStartS = 1'767'571'200;

/// Two tiers of which one is scaled and one is updated, and three jobs.
constexpr const char* kLiving = R"(name: living
front: web
dns: names
nodes: 2
services:
  - {name: web, protocol: http, port: 80, replicas: 2, replicas_max: 6, users_per_replica: 5,
     probe_port: 80}
  - {name: app, protocol: http, port: 80, replicas: 3, probe_port: 80}
  - {name: db, kind: StatefulSet, protocol: mysql, port: 3306, replicas: 3, replication:
     {port: 4567, write: {mean: 500, sigma: 0.1}, confirmation: {mean: 90, sigma: 0}}}
  - {name: store, protocol: http, port: 9000}
  - {name: names, protocol: dns, port: 53}
links:
  - {client: web, server: app, reuse: call}
  - {client: app, server: db, reuse: pool, keep_alive: 5s}
operations:
  - {name: page, service: web, method: GET, path: /, content: html, reply: {mean: 4000},
     calls: [{call: item}]}
  - {name: item, service: app, method: GET, path: /item, reply: {mean: 900},
     calls: [{call: query, times: 2}, {call: change, probability: 0.3}]}
  - {name: query, service: db, method: SELECT 1, reply: {mean: 700}}
  - {name: change, service: db, method: UPDATE t SET x = 1, reply: {mean: 1, sigma: 0},
     write: true}
actions:
  - {name: look, repeated: [{requests: [{call: page}]}], repeats: 10}
jobs:
  - {name: dump, at: 2min, from: db, to: store, size: {mean: 3000000, sigma: 0}, rate: 1000000}
  - {name: offsite, at: 3min, from: store, to: outside, size: {mean: 2000000, sigma: 0},
     rate: 500000}
  - {name: tick, every: 1min, from: app, size: {mean: 9000, sigma: 0}}
updates:
  - {service: app, at: 4min}
  - {service: db, at: 7min}
)";

const RunFiles& living() {
  static const RunFiles kRun = [] {
    Options options;
    options.duration_ns = 15 * 60 * kNsPerSecond;
    options.users_max = 10;
    options.load = "steady";
    options.bursts = {"start=60,duration=120,factor=3"};
    options.seed = 4;
    return run_files(options, kLiving);
  }();
  return kRun;
}

bool is_of(const Tenure& tenure, const char* service) {
  return tenure.kind == "pod" && (tenure.owner == std::string("Deployment/") + service ||
                                  tenure.owner == std::string("StatefulSet/") + service);
}

int count_at(const RunFiles& run, const char* service, double second) {
  int count = 0;
  for (const Tenure& each : run.tenures) {
    const double time_s = kStartS + second;
    count += is_of(each, service) && each.begin_s <= time_s && time_s < each.end_s ? 1 : 0;
  }
  return count;
}

TEST(Life, TheAutoscalerWantsWhatItsFormulaSays) {
  Service service;
  service.replicas = 10;
  service.replicas_max = 23;
  service.users_per_replica = 8;
  EXPECT_EQ(replicas_wanted(service, 0), 10U);
  EXPECT_EQ(replicas_wanted(service, 80), 10U);
  EXPECT_EQ(replicas_wanted(service, 81), 11U);
  EXPECT_EQ(replicas_wanted(service, 85), 11U);
  EXPECT_EQ(replicas_wanted(service, 184), 23U);
  EXPECT_EQ(replicas_wanted(service, 1000), 23U);
}

TEST(Life, TheClockIsThatOfTheDay) {
  constexpr TimeNs kHour = 3600 * kNsPerSecond;
  constexpr TimeNs kDay = 24 * kHour;
  EXPECT_EQ(next_due_ns(5 * kDay, 2 * kHour, 0), 5 * kDay + 2 * kHour);
  EXPECT_EQ(next_due_ns(5 * kDay + 2 * kHour, 2 * kHour, 0), 5 * kDay + 2 * kHour);
  EXPECT_EQ(next_due_ns(5 * kDay + 2 * kHour + 1, 2 * kHour, 0), 6 * kDay + 2 * kHour);
  EXPECT_EQ(next_due_ns(5 * kDay + 5 * kHour + 1, 2 * kHour, kHour), 5 * kDay + 6 * kHour);
}

TEST(Life, EveryPacketIsOfAnAddressThatIsHeld) {
  const RunFiles& run = living();
  ASSERT_GT(run.packets.size(), 20'000U);
  std::map<std::uint32_t, std::vector<const Tenure*>> by_address;
  for (const Tenure& each : run.tenures) by_address[each.address].push_back(&each);
  for (const SeenPacket& packet : run.packets) {
    const double time_s = static_cast<double>(packet.time_ns) / 1e9;
    for (const std::uint32_t address : {packet.source, packet.destination}) {
      if (address >> 24 != 10) continue;
      const auto& holders = by_address[address];
      ASSERT_TRUE(std::any_of(holders.begin(), holders.end(),
                              [&](const Tenure* each) {
                                return each->begin_s <= time_s + 1e-6 && time_s <= each->end_s;
                              }))
          << std::hex << address << " at " << std::dec << time_s - kStartS;
    }
  }
}

TEST(Life, NoAddressIsTwoPodsAtATimeAndSomeAreUsedAgain) {
  const RunFiles& run = living();
  int reused = 0;
  for (const Tenure& a : run.tenures) {
    for (const Tenure& b : run.tenures) {
      if (&a >= &b || a.address != b.address) continue;
      EXPECT_TRUE(a.end_s <= b.begin_s || b.end_s <= a.begin_s) << a.name << " " << b.name;
      ++reused;
    }
  }
  EXPECT_GT(reused, 3);
}

TEST(Life, PodsFollowTheUsers) {
  const RunFiles& run = living();
  EXPECT_EQ(count_at(run, "web", 30), 2);   // 10 users, 5 a pod
  EXPECT_EQ(count_at(run, "web", 100), 6);  // 30 users
  EXPECT_EQ(count_at(run, "web", 300), 6);  // it waits five minutes before it goes down
  EXPECT_EQ(count_at(run, "web", 600), 2);
}

TEST(Life, AnUpdateReplacesEveryPod) {
  const RunFiles& run = living();
  std::map<std::string, int> addresses;
  int apps = 0;
  int gone = 0;
  for (const Tenure& each : run.tenures) {
    if (is_of(each, "app")) {
      ++apps;
      gone += std::isinf(each.end_s) ? 0 : 1;
    }
    if (is_of(each, "db")) ++addresses[each.name];
  }
  EXPECT_EQ(apps, 6);
  EXPECT_EQ(gone, 3);
  // A numbered pod comes back under its name.
  EXPECT_EQ(addresses, (std::map<std::string, int>{{"db-0", 2}, {"db-1", 2}, {"db-2", 2}}));
  EXPECT_EQ(count_at(run, "app", 890), 3);
  EXPECT_EQ(count_at(run, "db", 890), 3);
}

/// Bytes of payload of the packets from a job's pods to `port`, or from it.
double moved(const RunFiles& run, const std::string& job, std::uint16_t port, bool from_pod) {
  double bytes = 0;
  for (const Tenure& pod : run.tenures) {
    if (!pod.owner.starts_with("Job/" + job + "-")) continue;
    for (const SeenPacket& packet : run.packets) {
      const double time_s = static_cast<double>(packet.time_ns) / 1e9;
      if (time_s < pod.begin_s || time_s > pod.end_s) continue;
      const bool is_there = from_pod
                                ? packet.source == pod.address && packet.destination_port == port
                                : packet.destination == pod.address && packet.source_port == port;
      if (is_there) bytes += packet.payload_bytes;
    }
  }
  return bytes;
}

TEST(Life, JobsMoveWhatTheyAreAskedTo) {
  // With what frames the data: headers of HTTP, rows of MySQL, records of TLS.
  EXPECT_NEAR(moved(living(), "dump", 3306, false), 3e6, 0.05e6);
  EXPECT_NEAR(moved(living(), "dump", 9000, true), 3e6, 0.05e6);
  EXPECT_NEAR(moved(living(), "offsite", 9000, false), 2e6, 0.05e6);
  EXPECT_NEAR(moved(living(), "offsite", 443, true), 2e6, 0.05e6);
  int ticks = 0;
  for (const Tenure& each : living().tenures) ticks += each.owner.starts_with("Job/tick-") ? 1 : 0;
  EXPECT_EQ(ticks, 15);
}

TEST(Life, MembersTellEachOtherOfEveryWrite) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, int> messages;
  for (const SeenPacket& packet : living().packets) {
    const bool is_peer = packet.source_port == 4567 || packet.destination_port == 4567;
    const double second = static_cast<double>(packet.time_ns) / 1e9 - kStartS;
    if (is_peer && packet.payload_bytes > 0 && second > 10 && second < 400) {
      ++messages[{packet.source, packet.destination}];
    }
  }
  // Three members, each to the two others: as many messages one way as any other.
  EXPECT_EQ(messages.size(), 6U);
  for (const auto& [ends, count] : messages) {
    EXPECT_NEAR(count, messages.begin()->second, 2);  // under way at either end
    EXPECT_GT(count, 100);
  }
}

TEST(Life, AnAttackGoesOnWithAnotherPodWhenOneLeaves) {
  Options options;
  options.duration_ns = 6 * 60 * kNsPerSecond;
  options.users_max = 5;
  options.load = "steady";
  options.attacks = {"exfil:path=db>app>outside,rate=60kB/min,start=200,duration=150"};
  const RunFiles run = run_files(options, kLiving);
  const auto& hops = *run.truths[0].find("hops")->elements();
  EXPECT_GT(hops.size(), 2U);
  double stolen = 0;
  for (const config::Json& hop : hops) {
    if (hop.find("hop")->count() == 1U) {
      stolen += static_cast<double>(*hop.find("payload_bytes")->count());
    }
  }
  EXPECT_NEAR(stolen, 150e3, 20e3);
}

TEST(Vxlan, HoldsTheVeryFramesOfThePlainRun) {
  Options options;
  options.duration_ns = 20 * kNsPerSecond;
  options.users_max = 5;
  const RunFiles plain = run_files(options);
  options.encapsulation = Encapsulation::kVxlan;
  const RunFiles tunnelled = run_files(options);
  ASSERT_EQ(plain.packets.size(), tunnelled.packets.size());
  std::size_t outer = 0;
  for (std::size_t i = 0; i < plain.packets.size(); ++i) {
    const SeenPacket& packet = tunnelled.packets[i];
    if (packet.destination_port != 4789) {
      ASSERT_EQ(packet.frame, plain.packets[i].frame);
      continue;
    }
    ++outer;
    ASSERT_EQ(packet.frame.substr(50), plain.packets[i].frame);
    ASSERT_EQ(number_at(packet.frame, 42, 4), 0x08000000U);
    // Between the nodes 10.0.1.x of the pods 10.244.x-11.y.
    ASSERT_EQ(packet.source & 0xffU, 11 + (plain.packets[i].source >> 8 & 0xffU));
    ASSERT_EQ(packet.destination & 0xffU, 11 + (plain.packets[i].destination >> 8 & 0xffU));
  }
  EXPECT_GT(outer, plain.packets.size() / 20);
  EXPECT_LT(outer, plain.packets.size());
}

TEST(Load, PagesFollowTheUsers) {
  // Requests of users, counted in the capture; each waits 3 s on average.
  const auto requests = [](double factor) {
    Options options;
    options.duration_ns = 100 * kNsPerSecond;
    options.users_max = 20;
    options.load_factor = factor;
    options.load = "steady";
    options.mix = {{"register", 1}};
    double count = 0;
    for (const SeenPacket& packet : run_files(options).packets) {
      if (packet.destination_port == 8079 && packet.payload_bytes > 0 &&
          packet.source >> 24 != 10) {
        ++count;
      }
    }
    return count;
  };
  EXPECT_NEAR(requests(0.5), 10 * 100 / 3.1, 30);
  EXPECT_NEAR(requests(1.5), 30 * 100 / 3.1, 60);
}

}  // namespace
}  // namespace mimir::simulator
