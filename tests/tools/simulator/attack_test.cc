// SPDX-License-Identifier: Apache-2.0
// What attacks put into a capture, counted there, beside what the truth file says.
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/tools/simulator/result.h"

namespace mimir::simulator {
namespace {

constexpr double kThefts = 20;  // seconds each takes

Options attacked_run(const std::vector<std::string>& attacks) {
  Options options;
  options.duration_ns = 40 * kNsPerSecond;
  options.users_max = 3;
  options.load = "steady";
  options.seed = 5;
  options.attacks = attacks;
  return options;
}

struct Counted {
  std::uint64_t packets = 0;
  std::uint64_t ip_bytes = 0;
  std::uint64_t payload_bytes = 0;
};

/// The packets of one hop of a truth line, from its sender to its receiver.
Counted counted(const RunFiles& run, const config::Json& hop) {
  const std::uint32_t from = address_number(*hop.find("source")->string());
  const std::uint32_t to = address_number(*hop.find("destination")->string());
  const bool is_icmp = *hop.find("protocol")->string() == "icmp";
  Counted sum;
  for (const SeenPacket& packet : run.packets) {
    if (packet.source != from || packet.destination != to) continue;
    if (packet.source_port != hop.find("source_port")->count()) continue;
    if (packet.destination_port != hop.find("destination_port")->count()) continue;
    if (is_icmp && (packet.protocol != 1 || packet.flags != 8)) continue;
    ++sum.packets;
    sum.ip_bytes += packet.ip_bytes;
    sum.payload_bytes += packet.payload_bytes;
  }
  return sum;
}

class Methods : public testing::TestWithParam<const char*> {};

TEST_P(Methods, TheTruthIsWhatTheCaptureHoldsAtTheRateAsked) {
  const std::string method = GetParam();
  const std::string path =
      method == "dns" ? "user-db>user>kube-dns>outside" : "user-db>user>outside";
  const RunFiles run = run_files(attacked_run(
      {"exfil:path=" + path + ",rate=300kB/min,start=10,duration=20,method=" + method}));
  ASSERT_EQ(run.truths.size(), 1U);
  const auto& hops = *run.truths[0].find("hops")->elements();
  ASSERT_EQ(hops.size(), method == "dns" ? 3U : 2U);
  EXPECT_EQ(*run.truths[0].find("method")->string(), method);
  for (const config::Json& hop : hops) {
    const Counted seen = counted(run, hop);
    EXPECT_EQ(hop.find("packets")->count(), seen.packets);
    EXPECT_EQ(hop.find("ip_bytes")->count(), seen.ip_bytes);
    const auto stolen = static_cast<double>(*hop.find("payload_bytes")->count());
    // 285 packets of 350 bytes or 1250 of 80, at gaps uniform between 0 and twice the
    // mean: three deviations are 3 * 100 kB / sqrt(3 * 285).
    EXPECT_NEAR(stolen, 5e3 * kThefts, 10.3e3) << method;
    EXPECT_GE(static_cast<double>(seen.payload_bytes), stolen);
    const bool is_bare =
        *hop.find("protocol")->string() == "tcp" || method == "udp" || method == "icmp";
    if (is_bare) {
      EXPECT_EQ(static_cast<double>(seen.payload_bytes), stolen);
    }
  }
  EXPECT_TRUE(std::all_of(run.packets.begin(), run.packets.end(),
                          [](const SeenPacket& packet) { return packet.checksums_hold; }));
}

INSTANTIATE_TEST_SUITE_P(Attack, Methods,
                         testing::Values("tcp", "http", "https", "udp", "icmp", "dns"));

// Ten times as fast as POSTs come back over this way: what cannot be kept up with is not sent
// later on, for then the truth would call stolen bytes benign.
TEST_P(Methods, NothingIsSentAfterTheAttackHasEnded) {
  const std::string method = GetParam();
  const std::string path =
      method == "dns" ? "user-db>user>kube-dns>outside" : "user-db>user>outside";
  const RunFiles run = run_files(
      attacked_run({"exfil:path=" + path + ",rate=3MB/min,start=5,duration=10,method=" + method}));
  ASSERT_EQ(run.truths.size(), 1U);
  const auto end_ns = static_cast<std::int64_t>(*run.truths[0].find("end")->number() * 1e9);
  constexpr std::int64_t kLastWordNs = 1'000'000'000;  // what is under way, and FINs
  for (const config::Json& hop : *run.truths[0].find("hops")->elements()) {
    for (const SeenPacket& packet : run.packets) {
      if (packet.source != address_number(*hop.find("source")->string())) continue;
      if (packet.destination != address_number(*hop.find("destination")->string())) continue;
      if (packet.source_port != hop.find("source_port")->count()) continue;
      EXPECT_LE(packet.time_ns, end_ns + kLastWordNs) << method;
    }
  }
}

TEST(Attack, ADripIsSlowAndSmall) {
  const RunFiles run = run_files(
      attacked_run({"exfil:path=user-db>user>outside,rate=10B/s,start=2,duration=36,pace=drip"}));
  const auto& hops = *run.truths[0].find("hops")->elements();
  const auto stolen = static_cast<double>(*hops[1].find("payload_bytes")->count());
  EXPECT_GT(stolen, 100);  // 360 on average
  EXPECT_LT(stolen, 900);
}

TEST(Attack, BulkTravelsInFullSegments) {
  const RunFiles run = run_files(attacked_run(
      {"exfil:path=user-db>user>outside,rate=30MB/min,start=5,duration=20,pace=bulk"}));
  const config::Json& hop = run.truths[0].find("hops")->elements()->at(1);
  std::uint64_t full = 0;
  std::uint64_t data = 0;
  for (const SeenPacket& packet : run.packets) {
    if (packet.source_port != hop.find("source_port")->count()) continue;
    if (packet.destination != address_number(*hop.find("destination")->string())) continue;
    full += packet.payload_bytes == 1448 ? 1U : 0U;
    data += packet.payload_bytes > 0 ? 1U : 0U;
  }
  EXPECT_GT(data, 5000U);  // 10 MB
  EXPECT_GT(full * 10, data * 9);
}

TEST(Attack, SeveralPodsShareTheRate) {
  const RunFiles run = run_files(
      attacked_run({"exfil:path=user>outside,rate=1200kB/min,start=10,duration=20,pods=4"}));
  const auto& hops = *run.truths[0].find("hops")->elements();
  ASSERT_EQ(hops.size(), 4U);
  std::set<std::string> pods;
  double stolen = 0;
  double ip_bytes = 0;
  for (const config::Json& hop : hops) {
    pods.insert(*hop.find("from")->string());
    stolen += static_cast<double>(*hop.find("payload_bytes")->count());
    ip_bytes += static_cast<double>(*hop.find("ip_bytes")->count());
  }
  EXPECT_GT(pods.size(), 1U);
  EXPECT_NEAR(stolen, 400e3, 30e3);
  const auto& per_hop = *run.truths[0].find("bytes_per_hop")->elements();
  ASSERT_EQ(per_hop.size(), 1U);
  EXPECT_EQ(*per_hop[0].number(), ip_bytes);
}

TEST(Attack, AScanTriesPortsAndCountsWhatAnswers) {
  const RunFiles run = run_files(attacked_run({"scan:from=user,rate=50,start=10,duration=20"}));
  const config::Json& truth = run.truths[0];
  EXPECT_EQ(*truth.find("kind")->string(), "scan");
  const std::uint32_t scanner =
      address_number(*truth.find("hops")->elements()->at(0).find("source")->string());
  std::map<SeenPacket::Tuple, int> tried;
  std::uint64_t open = 0;
  std::uint64_t silent = 0;
  std::uint64_t refused = 0;
  for (const SeenPacket& packet : run.packets) {
    // The scanner's window is its own: no other SYN has 1024.
    if (packet.protocol == 6 && packet.source == scanner && packet.flags == 0x02 &&
        number_at(packet.frame, 48, 2) == 1024) {
      ++tried[packet.tuple()];
    }
    if (packet.flags == 0x12 && tried.contains(packet.reverse_tuple())) ++open;
    // As hosts with Linux answer: a reset is 40 bytes and has no window (IP length, TCP window).
    if (!tried.contains(packet.reverse_tuple()) || (packet.flags & 0x04) == 0) continue;
    EXPECT_EQ(number_at(packet.frame, 16, 2), 40U);
    EXPECT_EQ(number_at(packet.frame, 48, 2), 0U);
    ++refused;
  }
  for (const auto& [tuple, times] : tried) silent += times == 2 ? 1U : 0U;
  EXPECT_EQ(truth.find("probes")->count(), tried.size());
  EXPECT_EQ(truth.find("open")->count(), open);
  EXPECT_NEAR(static_cast<double>(tried.size()), 1000, 100);  // Poisson
  EXPECT_GT(open, 5U);
  EXPECT_GT(refused, 50U);
  EXPECT_GT(silent, 100U);  // most addresses are nobody's
}

TEST(Attack, LateralHopsGoWhereNobodyWent) {
  const RunFiles run = run_files(attacked_run(
      {"lateral:path=front-end>payment>orders-db,rate=60kB/min,start=10,duration=20"}));
  const auto& hops = *run.truths[0].find("hops")->elements();
  ASSERT_EQ(hops.size(), 2U);
  for (const config::Json& hop : hops) {
    EXPECT_EQ(hop.find("packets")->count(), counted(run, hop).packets);
    EXPECT_NEAR(static_cast<double>(*hop.find("payload_bytes")->count()), 20e3, 5e3);
  }
  EXPECT_EQ(*run.truths[0].find("kind")->string(), "lateral");
}

}  // namespace
}  // namespace mimir::simulator
