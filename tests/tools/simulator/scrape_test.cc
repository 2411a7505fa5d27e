// SPDX-License-Identifier: Apache-2.0
// Who monitors the cluster, told from the files of a run.
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/tools/simulator/result.h"

namespace mimir::simulator {
namespace {

constexpr double kStartS = 1'767'571'200;
constexpr int kSyn = 2;
constexpr int kReset = 4;
constexpr int kAck = 16;

/// HTTP has metrics at its own port, the database at another, the queue nowhere.
constexpr const char* kWatched = R"(name: watched
front: web
dns: names
nodes: 2
services:
  - {name: web, protocol: http, port: 80, target: 8079, replicas: 2, replicas_max: 6,
     users_per_replica: 5}
  - {name: app, protocol: http, port: 80, replicas: 3}
  - {name: db, protocol: mysql, port: 3306, replicas: 2, metrics_port: 9104}
  - {name: queue, protocol: amqp, port: 5672}
  - {name: names, protocol: dns, port: 53}
  - {name: prometheus, namespace: monitoring, protocol: http, port: 9090}
links:
  - {client: web, server: app, reuse: call}
operations:
  - {name: page, service: web, method: GET, path: /, calls: [{call: item}]}
  - {name: item, service: app, method: GET, path: /item}
actions:
  - {name: look, repeated: [{requests: [{call: page}]}], repeats: 10}
updates:
  - {service: app, at: 4min}
crashes:
  - {service: db, at: 3min, down_for: 30s}
scrapers:
  - {service: prometheus}
)";

const RunFiles& watched() {
  static const RunFiles kRun = [] {
    Options options;
    options.duration_ns = 6 * 60 * kNsPerSecond;
    options.users_max = 10;
    options.load = "steady";
    options.bursts = {"start=60,duration=60,factor=3"};
    options.seed = 4;
    return run_files(options, kWatched);
  }();
  return kRun;
}

struct Scrape {
  double second;
  std::uint16_t port;
  bool is_answered = false;
  bool is_refused = false;
  int syns = 1;
  std::uint32_t bytes = 0;
};

std::uint32_t scraper() {
  for (const Tenure& each : watched().tenures) {
    if (each.owner == "Deployment/prometheus") return each.address;
  }
  return 0;
}

/// What the scraper began while the pod had the address, and for `after_s` longer.
std::vector<Scrape> scrapes_of(const Tenure& pod, double after_s = 0) {
  std::map<std::uint16_t, Scrape> by_port;  // the scraper's: it has more than it needs here
  std::vector<Scrape> scrapes;
  for (const SeenPacket& packet : watched().packets) {
    const double time_s = static_cast<double>(packet.time_ns) / 1e9;
    if (time_s < pod.begin_s || time_s > pod.end_s + after_s || packet.protocol != 6) continue;
    if (packet.source == scraper() && packet.destination == pod.address) {
      if (packet.flags != kSyn) continue;
      Scrape& scrape = by_port[packet.source_port];
      if (scrape.port != 0) {
        ++scrape.syns;
      } else {
        scrape.second = time_s - kStartS;
        scrape.port = packet.destination_port;
        scrape.syns = 1;
      }
    } else if (packet.source == pod.address && packet.destination == scraper()) {
      Scrape& scrape = by_port[packet.destination_port];
      scrape.is_answered |= packet.flags == (kSyn | kAck);
      scrape.is_refused |= packet.flags == (kReset | kAck);
      scrape.bytes += packet.payload_bytes;
    }
  }
  for (const auto& [port, scrape] : by_port) scrapes.push_back(scrape);
  std::sort(scrapes.begin(), scrapes.end(),
            [](const Scrape& a, const Scrape& b) { return a.second < b.second; });
  return scrapes;
}

TEST(Scrape, EveryPodIsAskedEveryFifteenSecondsAtItsPort) {
  const std::map<std::string, std::uint16_t> ports{
      {"Deployment/web", 8079}, {"Deployment/app", 80}, {"Deployment/db", 9104}};
  int pods = 0;
  for (const Tenure& pod : watched().tenures) {
    if (pod.kind != "pod") continue;
    const auto scrapes = scrapes_of(pod);
    const auto port = ports.find(pod.owner);
    if (port == ports.end()) {
      EXPECT_TRUE(scrapes.empty()) << pod.name;
      continue;
    }
    ++pods;
    // A new one within a minute.
    ASSERT_FALSE(scrapes.empty()) << pod.name;
    EXPECT_LT(scrapes.front().second, pod.begin_s - kStartS + 60) << pod.name;
    for (std::size_t i = 0; i < scrapes.size(); ++i) {
      EXPECT_EQ(scrapes[i].port, port->second);
      EXPECT_EQ(scrapes[i].syns, 1);
      if (i == 0) continue;
      EXPECT_NEAR(scrapes[i].second - scrapes[i - 1].second, 15, 0.01);
    }
  }
  EXPECT_EQ(pods, 2 + 4 + 3 + 3 + 2);  // with those of the autoscaler and of the update
}

TEST(Scrape, WhoIsDownRefusesAndIsAskedOn) {
  for (const Tenure& pod : watched().tenures) {
    if (pod.owner != "Deployment/db") continue;
    int refused = 0;
    for (const Scrape& each : scrapes_of(pod)) {
      const bool is_down = each.second > 180 && each.second < 210;
      EXPECT_EQ(each.is_refused, is_down) << each.second;
      EXPECT_EQ(each.is_answered, !is_down) << each.second;
      EXPECT_NEAR(each.bytes, is_down ? 0 : 6'000, is_down ? 0 : 1'500);
      refused += each.is_refused ? 1 : 0;
    }
    EXPECT_EQ(refused, 2);
  }
}

TEST(Scrape, WhoIsGoneIsAskedInVainForAMoment) {
  int in_vain = 0;
  for (const Tenure& pod : watched().tenures) {
    if (std::isinf(pod.end_s)) continue;
    for (const Scrape& each : scrapes_of(pod, 60)) {
      if (each.second + kStartS <= pod.end_s) {
        EXPECT_TRUE(each.is_answered) << each.second;
        continue;
      }
      // It hears every 30 s who is there; until then a SYN comes after 0, 1, 3 and 7 s.
      EXPECT_LT(each.second + kStartS, pod.end_s + 30.1);
      EXPECT_FALSE(each.is_answered);
      EXPECT_EQ(each.syns, 4);
      ++in_vain;
    }
  }
  EXPECT_GT(in_vain, 1);
}

}  // namespace
}  // namespace mimir::simulator
