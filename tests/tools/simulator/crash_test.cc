// SPDX-License-Identifier: Apache-2.0
// Services that die and come back, told from the files of a run.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/tools/simulator/result.h"
#include "tools/simulator/downtime.h"

namespace mimir::simulator {
namespace {

constexpr TimeNs kStartNs = 1'767'571'200 * kNsPerSecond;
constexpr double kDownS = 60;  // since the start
constexpr double kUpS = 105;
constexpr int kFin = 1;
constexpr int kSyn = 2;
constexpr int kReset = 4;
constexpr int kAck = 16;

/// Two of three tiers die: what is called anew each time, and what is kept open.
std::string dying(const std::string& crashes) {
  return R"(name: dying
front: web
dns: names
nodes: 2
services:
  - {name: web, protocol: http, port: 80, replicas: 2}
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
  - {name: item, service: app, method: GET, path: /item, reply: {mean: 90000},
     calls: [{call: query, times: 2}, {call: change, probability: 0.3}]}
  - {name: query, service: db, method: SELECT 1, reply: {mean: 700}}
  - {name: change, service: db, method: UPDATE t SET x = 1, reply: {mean: 1, sigma: 0},
     write: true}
actions:
  - {name: look, repeated: [{requests: [{call: page}]}], repeats: 10}
jobs:
  - {name: dump, at: 30s, from: db, to: store, size: {mean: 40000000, sigma: 0}, rate: 1000000}
crashes:
)" + crashes;
}

const RunFiles& run_of(const char* service) {
  static std::map<std::string, RunFiles> runs;
  if (!runs.contains(service)) {
    Options options;
    options.duration_ns = 3 * 60 * kNsPerSecond;
    options.users_max = 12;
    options.load = "steady";
    options.seed = 4;
    runs[service] = run_files(
        options, dying("  - {service: " + std::string(service) + ", at: 1min, down_for: 45s}\n"));
  }
  return runs[service];
}

double second_of(const SeenPacket& packet) {
  return static_cast<double>(packet.time_ns - kStartNs) / 1e9;
}

bool is_down_at(double second) { return second > kDownS + 0.05 && second < kUpS - 0.05; }

std::set<std::uint32_t> addresses_of(const RunFiles& run, const std::string& service) {
  std::set<std::uint32_t> addresses;
  for (const Tenure& each : run.tenures) {
    if (each.kind == "pod" && each.owner.ends_with('/' + service)) addresses.insert(each.address);
  }
  return addresses;
}

TEST(Downtime, IsThatOfTheClockAndPassesMidnight) {
  constexpr TimeNs kMinute = 60 * kNsPerSecond;
  constexpr TimeNs kDay = 1440 * kMinute;
  Topology topology;
  topology.services.resize(2);
  topology.services[0].name = "quiet";
  topology.services[1].name = "late";
  topology.crashes.push_back({"late", 1430 * kMinute, 20 * kMinute});
  const Downtime downtime(topology);
  for (TimeNs minute = 0; minute < 3 * 1440; minute += 5) {
    const TimeNs of_day = minute % 1440;
    EXPECT_EQ(downtime.is_down(1, 7 * kDay + minute * kMinute), of_day < 10 || of_day >= 1430)
        << minute;
    EXPECT_FALSE(downtime.is_down(0, minute * kMinute));
  }
  EXPECT_EQ(downtime.next_ns(1, 7 * kDay), 7 * kDay + 1430 * kMinute);
  EXPECT_EQ(downtime.next_ns(1, 7 * kDay + 1430 * kMinute + 1), 8 * kDay + 1430 * kMinute);
  EXPECT_EQ(downtime.next_ns(0, 0), Downtime::kNever);
}

TEST(Crash, PodsKeepTheirAddresses) {
  for (const char* service : {"app", "db", "web"}) {
    for (const Tenure& each : run_of(service).tenures) {
      if (!each.owner.ends_with(service)) continue;
      EXPECT_TRUE(std::isinf(each.end_s)) << each.name;
    }
  }
}

TEST(Crash, NothingIsSaidOnAConnectionAfterItsReset) {
  for (const char* service : {"app", "db", "web"}) {
    const RunFiles& run = run_of(service);
    const auto dead = addresses_of(run, service);
    std::set<SeenPacket::Tuple> reset;  // both ways
    int open = 0;
    for (const SeenPacket& packet : run.packets) {
      ASSERT_TRUE(packet.checksums_hold);
      if (packet.protocol != 6) continue;
      ASSERT_FALSE(reset.contains(packet.tuple())) << service << " " << second_of(packet);
      if ((packet.flags & kReset) == 0) continue;
      EXPECT_TRUE(dead.contains(packet.source)) << second_of(packet);
      EXPECT_EQ(packet.flags, kReset | kAck);
      reset.insert(packet.tuple());
      reset.insert(packet.reverse_tuple());
      // A kernel resets what it has with timestamps, what it does not know without.
      if (packet.ip_bytes == 52) {
        EXPECT_NEAR(second_of(packet), kDownS, 0.2);
        ++open;
      } else {
        EXPECT_EQ(packet.ip_bytes, 40U);
      }
    }
    EXPECT_GT(open, 3) << service;
  }
}

TEST(Crash, EveryOpenConnectionIsReset) {
  for (const char* service : {"app", "db", "web"}) {
    const RunFiles& run = run_of(service);
    const auto dead = addresses_of(run, service);
    std::set<SeenPacket::Tuple> open;  // as the client sends
    for (const SeenPacket& packet : run.packets) {
      if (packet.protocol != 6) continue;
      if (second_of(packet) > kUpS) break;
      if (!dead.contains(packet.source) && !dead.contains(packet.destination)) continue;
      if (packet.flags == kSyn && second_of(packet) < kDownS) open.insert(packet.tuple());
      if ((packet.flags & (kFin | kReset)) == 0) continue;
      open.erase(packet.tuple());
      open.erase(packet.reverse_tuple());
    }
    EXPECT_EQ(open.size(), 0U) << service;
  }
}

TEST(Crash, WhoIsDownRefusesEveryoneAsAKernelDoes) {
  for (const char* service : {"app", "db", "web"}) {
    const RunFiles& run = run_of(service);
    const auto dead = addresses_of(run, service);
    std::map<SeenPacket::Tuple, const SeenPacket*> asked;
    int refused = 0;
    for (const SeenPacket& packet : run.packets) {
      if (packet.protocol != 6 || !is_down_at(second_of(packet))) continue;
      if (dead.contains(packet.destination)) {
        // Nobody who was refused says another word on that connection.
        ASSERT_EQ(packet.flags, kSyn) << service << " " << second_of(packet);
        ASSERT_TRUE(asked.emplace(packet.reverse_tuple(), &packet).second);
      }
      if (!dead.contains(packet.source)) continue;
      ASSERT_EQ(packet.flags, kReset | kAck) << service << " " << second_of(packet);
      const auto syn = asked.find(packet.tuple());
      ASSERT_NE(syn, asked.end());
      // RFC 9293 §3.10.7.1: SEQ=0, ACK=SEG.SEQ+SEG.LEN. Of Linux: no window, options or number.
      EXPECT_EQ(number_at(packet.frame, 38, 4), 0U);
      EXPECT_EQ(number_at(packet.frame, 42, 4), number_at(syn->second->frame, 38, 4) + 1);
      EXPECT_EQ(number_at(packet.frame, 48, 2), 0U);
      EXPECT_EQ(number_at(packet.frame, 18, 2), 0U);
      EXPECT_EQ(packet.ip_bytes, 40U);
      EXPECT_LT(packet.time_ns - syn->second->time_ns, 500'000);
      ++refused;
    }
    EXPECT_EQ(refused, static_cast<int>(asked.size()));
    EXPECT_GT(refused, 20) << service;
  }
}

TEST(Crash, TheKubeletAsksOn) {
  const RunFiles& run = run_of("app");
  const auto pods = addresses_of(run, "app");
  std::map<std::uint32_t, int> probes;
  for (const SeenPacket& packet : run.packets) {
    if (packet.flags == kSyn && pods.contains(packet.destination) &&
        packet.source >> 8 == 0x0a0001 && is_down_at(second_of(packet))) {
      ++probes[packet.destination];
    }
  }
  ASSERT_EQ(probes.size(), 3U);
  for (const auto& [pod, count] : probes) EXPECT_NEAR(count, 2 * 45 / 3, 2) << pod;
}

TEST(Crash, CallsAreTriedThreeTimesAndPoolsLessAndLessOften) {
  // A page makes one call of web to app.
  const RunFiles& calls = run_of("app");
  const auto callers = addresses_of(calls, "web");
  int tries = 0;
  int pages = 0;
  for (const SeenPacket& packet : calls.packets) {
    if (!is_down_at(second_of(packet))) continue;
    tries += packet.flags == kSyn && callers.contains(packet.source) ? 1 : 0;
    pages += packet.payload_bytes > 0 && callers.contains(packet.destination) &&
                     packet.destination_port == 80
                 ? 1
                 : 0;
  }
  EXPECT_NEAR(tries, 3 * pages, 9);
  EXPECT_GT(pages, 50);

  const RunFiles& pools = run_of("db");
  const auto clients = addresses_of(pools, "app");
  std::map<std::uint32_t, std::vector<double>> attempts;
  for (const SeenPacket& packet : pools.packets) {
    if (packet.flags == kSyn && clients.contains(packet.source) &&
        packet.destination_port == 3306 && is_down_at(second_of(packet))) {
      attempts[packet.source].push_back(second_of(packet));
    }
  }
  ASSERT_EQ(attempts.size(), 3U);
  for (const auto& [pod, times] : attempts) {
    // 1, 1.6, 2.56, ... s: the sixth begins after 24.9 s, the seventh after 41.6 s, each +- 20 %.
    EXPECT_GE(times.size(), 6U);
    EXPECT_LE(times.size(), 8U);
    for (std::size_t i = 2; i < times.size(); ++i) {
      const double growth = (times[i] - times[i - 1]) / (times[i - 1] - times[i - 2]);
      EXPECT_GT(growth, 1.6 * 0.8 / 1.2 - 0.05);
      EXPECT_LT(growth, 1.6 * 1.2 / 0.8 + 0.05);
    }
  }
}

TEST(Crash, AllIsAsBeforeWhenItIsUpAgain) {
  for (const char* service : {"app", "db", "web"}) {
    const RunFiles& run = run_of(service);
    const auto pods = addresses_of(run, service);
    double before = 0;
    double after = 0;
    std::set<std::uint32_t> answering;
    for (const SeenPacket& packet : run.packets) {
      if (!pods.contains(packet.source) || packet.payload_bytes == 0) continue;
      const double second = second_of(packet);
      before += second > 10 && second < 30 ? 1 : 0;  // the dump begins then
      after += second > 150 && second < 170 ? 1 : 0;
      if (second > kUpS) answering.insert(packet.source);
    }
    EXPECT_EQ(answering, pods) << service;
    EXPECT_GT(after, 0.6 * before) << service;
  }
  // Members that died all find each other again.
  int members = 0;
  for (const SeenPacket& packet : run_of("db").packets) {
    members += packet.flags == (kSyn | kAck) && packet.source_port == 4567 ? 1 : 0;
  }
  EXPECT_EQ(members, 6);
}

TEST(Crash, AJobEndsWhatItBegan) {
  const RunFiles& run = run_of("db");
  double bytes = 0;
  for (const SeenPacket& packet : run.packets) {
    if (packet.destination_port == 9000) bytes += packet.payload_bytes;
  }
  EXPECT_NEAR(bytes, 40e6, 1e6);
}

TEST(Crash, ThoseOfOthersAreNotTouched) {
  for (const SeenPacket& packet : run_of("db").packets) {
    const bool is_other = packet.protocol == 6 && packet.destination_port == 80;
    EXPECT_FALSE(is_other && (packet.flags & kReset) != 0);
  }
}

}  // namespace
}  // namespace mimir::simulator
