// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/simulator.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <unistd.h>

#include <gtest/gtest.h>

#include "config/json.h"
#include "tests/tools/simulator/result.h"

namespace mimir::simulator {
namespace {

constexpr const char* kTheft = "exfil:path=user-db>user>outside,rate=1MB/min,start=15,duration=30";
constexpr std::uint32_t kGateway = 0xac110001;
constexpr std::uint32_t kUpstream = 0xc0000235;

Options short_run() {
  Options options;
  options.duration_ns = 60 * kNsPerSecond;
  options.users_max = 25;
  options.seed = 11;
  options.load = "steady";
  return options;
}

/// A folder of this process that goes when the process ends.
class Scratch {
 public:
  Scratch()
      : path_(std::filesystem::path(testing::TempDir()) /
              ("mimir-simulator-" + std::to_string(::getpid()))) {}
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

std::filesystem::path folder(const std::string& name) {
  static const Scratch kScratch;
  return kScratch.path() / name;
}

struct Holder {
  std::string kind;
  std::string service;
};

/// The run that most tests look at, simulated once.
struct Result {
  std::filesystem::path path;
  Summary summary;
  std::vector<SeenPacket> packets;
  std::map<std::uint32_t, Holder> holders;  ///< by address, from entities.jsonl
  config::Json truth;
  std::set<SeenPacket::Tuple> stolen;  ///< both directions of the attack's connections

  [[nodiscard]] std::string service_of(std::uint32_t address) const {
    const auto found = holders.find(address);
    return found == holders.end() ? "outside" : found->second.service;
  }
};

Result make_result(const Options& options, const std::string& name) {
  Result result;
  result.path = folder(name);
  config::Diagnostics diagnostics;
  const auto summary = simulate(options, result.path, diagnostics);
  EXPECT_TRUE(summary) << diagnostics.render();
  if (!summary) return result;
  result.summary = *summary;
  result.packets = read_capture(result.path / "capture.pcap");
  std::ifstream entities(result.path / "entities.jsonl");
  for (std::string line; std::getline(entities, line);) {
    const auto entity = config::parse_json(line, "entities.jsonl", diagnostics);
    const std::string& kind = *entity->find("kind")->string();
    std::string service = kind == "node" ? "node" : *entity->find("name")->string();
    if (kind == "pod") service = entity->find("owner")->string()->substr(11);
    for (const config::Json& address : *entity->find("ips")->elements()) {
      result.holders[address_number(*address.string())] = {kind, service};
    }
  }
  const std::string truth = file_bytes(result.path / "truth.jsonl");
  if (truth.empty()) return result;
  result.truth = *config::parse_json(truth, "truth.jsonl", diagnostics);
  for (const config::Json& hop : *result.truth.find("hops")->elements()) {
    const auto port = [&](const char* key) {
      return static_cast<std::uint16_t>(*hop.find(key)->count());
    };
    const std::uint32_t from = address_number(*hop.find("source")->string());
    const std::uint32_t to = address_number(*hop.find("destination")->string());
    result.stolen.insert({from, port("source_port"), to, port("destination_port")});
    result.stolen.insert({to, port("destination_port"), from, port("source_port")});
  }
  return result;
}

const Result& attacked() {
  static const Result kResult = [] {
    Options options = short_run();
    options.attacks = {kTheft};
    return make_result(options, "attacked");
  }();
  return kResult;
}

TEST(Simulator, PacketsAreInOrderAndInsideTheRun) {
  const auto& packets = attacked().packets;
  ASSERT_GT(packets.size(), 30'000U);
  EXPECT_EQ(packets.size(), attacked().summary.packets);
  EXPECT_TRUE(std::is_sorted(packets.begin(), packets.end(),
                             [](const auto& a, const auto& b) { return a.time_ns < b.time_ns; }));
  EXPECT_GE(packets.front().time_ns, short_run().start_ns);
  EXPECT_LT(packets.back().time_ns, short_run().start_ns + short_run().duration_ns);
  EXPECT_GT(packets.back().time_ns, short_run().start_ns + 59 * kNsPerSecond);
}

TEST(Simulator, ChecksumsHoldInEveryPacket) {
  const auto& packets = attacked().packets;
  EXPECT_TRUE(std::all_of(packets.begin(), packets.end(),
                          [](const SeenPacket& packet) { return packet.checksums_hold; }));
}

TEST(Simulator, EqualOptionsGiveEqualBytes) {
  Options options = short_run();
  options.attacks = {kTheft};
  const Result again = make_result(options, "again");
  for (const char* file : {"capture.pcap", "entities.jsonl", "truth.jsonl"}) {
    EXPECT_TRUE(file_bytes(again.path / file) == file_bytes(attacked().path / file)) << file;
  }
  options.seed = 12;
  EXPECT_FALSE(file_bytes(make_result(options, "other").path / "capture.pcap") ==
               file_bytes(attacked().path / "capture.pcap"));
}

TEST(Simulator, AnAttackLeavesTheRestOfTheRunAsItIs) {
  const Result benign = make_result(short_run(), "benign");
  std::vector<std::string> left;
  for (const SeenPacket& packet : attacked().packets) {
    if (!attacked().stolen.contains(packet.tuple())) left.push_back(packet.frame);
  }
  ASSERT_EQ(left.size(), benign.packets.size());
  for (std::size_t i = 0; i < left.size(); ++i) ASSERT_EQ(left[i], benign.packets[i].frame) << i;
}

TEST(Simulator, EveryAddressOfTheClusterIsAnEntity) {
  for (const SeenPacket& packet : attacked().packets) {
    for (const std::uint32_t address : {packet.source, packet.destination}) {
      if (address >> 24 != 10) continue;
      ASSERT_TRUE(attacked().holders.contains(address)) << address;
    }
  }
}

TEST(Simulator, OnlyServicesThatMayTalkDo) {
  // The shop's published policy, either direction; the session store, the DNS's
  // upstream and the kubelet are not in it.
  const std::map<std::string, std::set<std::string>> allowed = {
      {"carts", {"carts-db", "front-end", "kube-dns", "orders"}},
      {"catalogue", {"catalogue-db", "front-end", "kube-dns"}},
      {"front-end", {"carts", "catalogue", "outside", "kube-dns", "orders", "user", "session-db"}},
      {"orders", {"carts", "front-end", "kube-dns", "orders-db", "payment", "shipping", "user"}},
      {"queue-master", {"rabbitmq"}},
      {"shipping", {"kube-dns", "orders", "rabbitmq"}},
      {"user", {"front-end", "kube-dns", "orders", "user-db"}},
      {"user-db", {"kube-dns", "user"}},
      {"kube-dns", {"outside"}},
      {"node",
       {"front-end", "catalogue", "carts", "orders", "user", "payment", "shipping", "queue-master",
        "kube-dns"}},
  };
  const auto may = [&](const std::string& a, const std::string& b) {
    const auto found = allowed.find(a);
    return found != allowed.end() && found->second.contains(b);
  };
  std::set<std::pair<std::string, std::string>> seen;
  for (const SeenPacket& packet : attacked().packets) {
    if (attacked().stolen.contains(packet.tuple())) continue;
    seen.insert({attacked().service_of(packet.source), attacked().service_of(packet.destination)});
  }
  for (const auto& [from, to] : seen) EXPECT_TRUE(may(from, to) || may(to, from)) << from << to;
  for (const auto& [from, all] : allowed) {
    for (const std::string& to : all) {
      if (from == "kube-dns" || to == "kube-dns") continue;  // some are too rare for a minute
      EXPECT_TRUE(seen.contains({from, to})) << from << " never spoke to " << to;
    }
  }
}

TEST(Simulator, ACallIsMadeByThePodThatWasAsked) {
  constexpr std::uint8_t kEndOfMessage = 0x08;  // PSH
  std::map<std::uint32_t, int> under_way;       // requests of the front-end, by pod of orders
  int calls = 0;
  for (const SeenPacket& packet : attacked().packets) {
    if (packet.payload_bytes == 0 || (packet.flags & kEndOfMessage) == 0) continue;
    const std::string from = attacked().service_of(packet.source);
    const std::string to = attacked().service_of(packet.destination);
    if (from == "front-end" && to == "orders") ++under_way[packet.destination];
    if (from == "orders" && to == "front-end") --under_way[packet.source];
    if (from != "orders" || to != "payment") continue;
    ++calls;
    ASSERT_GT(under_way[packet.source], 0);
  }
  EXPECT_GT(calls, 5);
}

TEST(Simulator, AHandshakeTakesTheWayToTheUserAndBack) {
  std::map<SeenPacket::Tuple, std::int64_t> asked_ns;  // SYN and ACK, by the user's tuple
  int handshakes = 0;
  for (const SeenPacket& packet : attacked().packets) {
    if (packet.flags == 0x12) asked_ns[packet.reverse_tuple()] = packet.time_ns;
    if (packet.flags != 0x10 || !asked_ns.contains(packet.tuple())) continue;
    const std::int64_t took_ns = packet.time_ns - asked_ns[packet.tuple()];
    asked_ns.erase(packet.tuple());
    if (attacked().service_of(packet.source) != "outside") {
      EXPECT_LT(took_ns, 40'000'000);
      continue;
    }
    ++handshakes;
    EXPECT_GT(took_ns, 4'000'000);  // twice the least way of 2 ms
  }
  EXPECT_GT(handshakes, 10);
}

TEST(Simulator, TheTruthIsWhatTheCaptureHolds) {
  const auto& hops = *attacked().truth.find("hops")->elements();
  ASSERT_EQ(hops.size(), 2U);
  const auto& bytes_per_hop = *attacked().truth.find("bytes_per_hop")->elements();
  for (std::size_t i = 0; i < hops.size(); ++i) {
    std::uint64_t bytes = 0;
    std::uint64_t payload = 0;
    std::uint64_t packets = 0;
    for (const SeenPacket& packet : attacked().packets) {
      if (packet.source != address_number(*hops[i].find("source")->string())) continue;
      if (packet.destination != address_number(*hops[i].find("destination")->string())) continue;
      if (packet.source_port != hops[i].find("source_port")->count()) continue;
      if (packet.destination_port != hops[i].find("destination_port")->count()) continue;
      bytes += packet.ip_bytes;
      payload += packet.payload_bytes;
      ++packets;
    }
    EXPECT_EQ(hops[i].find("ip_bytes")->count(), bytes);
    EXPECT_EQ(bytes_per_hop[i].count(), bytes);
    EXPECT_EQ(hops[i].find("payload_bytes")->count(), payload);
    EXPECT_EQ(hops[i].find("packets")->count(), packets);
    // 1 MB/min for 30 s, in packets of 850 bytes on average: 590 gaps.
    EXPECT_NEAR(static_cast<double>(payload), 500e3, 50e3);
  }
}

TEST(Simulator, StolenDataGoInAcknowledgedPacketsAtTheTimesAsked) {
  std::uint64_t data = 0;
  std::uint64_t acknowledgements = 0;
  for (const SeenPacket& packet : attacked().packets) {
    if (!attacked().stolen.contains(packet.tuple())) continue;
    const TimeNs elapsed_ns = packet.time_ns - short_run().start_ns;
    EXPECT_GE(elapsed_ns, 15 * kNsPerSecond);
    EXPECT_LT(elapsed_ns, 46 * kNsPerSecond);
    if (packet.payload_bytes > 0) {
      ++data;
      EXPECT_GE(packet.payload_bytes, 300U);
      EXPECT_LE(packet.payload_bytes, 1400U);
    } else if (packet.flags == 0x10) {
      ++acknowledgements;
    }
  }
  // One for each packet, and two a connection for its handshake and its end.
  EXPECT_EQ(acknowledgements, data + 4);
  const auto& pods = *attacked().truth.find("pods")->elements();
  EXPECT_EQ(pods[0].string()->substr(0, 8), "user-db-");
  EXPECT_EQ(pods[1].string()->substr(0, 5), "user-");
}

TEST(Simulator, ANodeSeesBothSidesOfTheTranslation) {
  Options options = short_run();
  options.duration_ns = 20 * kNsPerSecond;
  options.observation = Observation::kNodeAny;
  const Result node = make_result(options, "node");
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> packets;
  std::map<std::uint32_t, std::pair<std::uint64_t, std::uint64_t>> by_client;
  std::uint64_t to_gateway = 0;
  std::uint64_t to_outside = 0;
  std::uint64_t to_node = 0;
  std::uint64_t from_node = 0;
  std::uint64_t from_gateway = 0;
  const auto is_user = [](std::uint32_t address) {
    return address >> 8 == 0xc63364U || address >> 8 == 0xcb0071U;
  };
  for (const SeenPacket& packet : node.packets) {
    ASSERT_TRUE(packet.checksums_hold);
    ++packets[{packet.source, packet.destination}];
    const std::string kind = node.holders.contains(packet.destination)
                                 ? node.holders.at(packet.destination).kind
                                 : "outside";
    const std::string from = node.service_of(packet.source);
    if (packet.destination == kGateway) to_gateway += packet.ip_bytes;
    if (kind == "node") {
      to_node += packet.ip_bytes;
      ASSERT_TRUE(is_user(packet.source) || packet.source == kUpstream)
          << "the kubelet's replies go to the gateway";
    }
    if (from == "node" && is_user(packet.destination)) from_node += packet.ip_bytes;
    if (from == "front-end" && kind == "outside" && packet.destination != kGateway) {
      to_outside += packet.ip_bytes;
    }
    if (from == "outside" && packet.source == kGateway && packet.destination_port == 8079) {
      from_gateway += packet.ip_bytes;
    }
    // What a client sends to an address of a service, it sends to pods of it as well.
    if (node.service_of(packet.destination) == "carts" && from == "front-end") {
      (kind == "service" ? by_client[packet.source].first : by_client[packet.source].second) +=
          packet.ip_bytes;
    }
    ASSERT_TRUE(!is_user(packet.source) || kind == "node")
        << "users come from the gateway's address to a pod";
  }
  ASSERT_FALSE(by_client.empty());
  for (const auto& [client, bytes] : by_client) EXPECT_EQ(bytes.first, bytes.second);
  for (const auto& [pair, count] : packets) {
    if (pair.first != kGateway) continue;
    EXPECT_EQ(count % 2, 0U);
  }
  EXPECT_GT(to_outside, 100'000U);
  EXPECT_GT(to_gateway, to_outside);
  // The node hands on to its users what its pods say to them, and the other way round,
  // where probes come from the gateway too.
  EXPECT_EQ(from_node, to_outside);
  EXPECT_GT(to_node, 20'000U);
  EXPECT_GT(from_gateway, 2 * to_node);
}

TEST(Simulator, WrongOptionsAreAllNamed) {
  Options options;
  options.duration_ns = 0;
  options.load = "heavy";
  options.mix = {{"buy", 0}};
  options.attacks = {"exfil:path=user>outside,rate=1MB/min,start=9,duration=1"};
  config::Diagnostics diagnostics;
  EXPECT_FALSE(simulate(options, folder("wrong"), diagnostics));
  EXPECT_EQ(diagnostics.error_count(), 4U) << diagnostics.render();
  EXPECT_FALSE(std::filesystem::exists(folder("wrong")));
}

TEST(Simulator, AFullDiskIsReported) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  const auto path = folder("full");
  std::filesystem::create_directories(path);
  std::filesystem::create_symlink("/dev/full", path / "capture.pcap");
  config::Diagnostics diagnostics;
  EXPECT_FALSE(simulate(short_run(), path, diagnostics));
  EXPECT_NE(diagnostics.render().find("cannot write"), std::string::npos) << diagnostics.render();
}

TEST(Simulator, AFolderThatCannotBeMadeIsReported) {
  config::Diagnostics diagnostics;
  EXPECT_FALSE(simulate(short_run(), "/dev/null/folder", diagnostics));
  EXPECT_EQ(diagnostics.error_count(), 1U);
}

}  // namespace
}  // namespace mimir::simulator
