// SPDX-License-Identifier: Apache-2.0
// Reads a simulated capture with Wireshark's dissectors, which share nothing with us.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/tools/simulator/topologies.h"
#include "tools/simulator/simulator.h"

namespace mimir::simulator {
namespace {

std::string output_of(const std::string& command) {
  std::string output;
  std::FILE* const pipe = ::popen(command.c_str(), "r");  // NOLINT: a fixed command of this test
  if (pipe == nullptr) return output;
  char buffer[4096];
  for (std::size_t got = 0; (got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    output.append(buffer, got);
  }
  ::pclose(pipe);
  return output;
}

class Tshark : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    present_ = !output_of("command -v tshark 2>/dev/null").empty();
    if (!present_) return;
    path_ =
        std::filesystem::path(testing::TempDir()) / ("mimir-tshark-" + std::to_string(::getpid()));
    Options options;
    options.duration_ns = 40 * kNsPerSecond;
    options.users_max = 25;
    options.load = "steady";
    config::Diagnostics diagnostics;
    // Enough is lost to be seen in a short run.
    const std::filesystem::path lossy = path_.string() + ".yaml";
    std::string shop = built_in_text("sock-shop");
    const std::string loss = "loss: 0.0001";
    ASSERT_NE(shop.find(loss), std::string::npos);
    std::ofstream(lossy) << shop.replace(shop.find(loss), loss.size(), "loss: 0.004");
    options.topology = lossy.string();
    const auto summary = simulate(options, path_, diagnostics);
    std::filesystem::remove(lossy);
    ASSERT_TRUE(summary) << diagnostics.render();
    summary_ = *summary;
  }

  static void TearDownTestSuite() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  void SetUp() override {
    if (!present_) GTEST_SKIP() << "tshark is not installed";
  }

  /// Fields of the packets that match, a line each. MongoDB's port belongs to TLS here.
  static std::string fields(const std::string& filter, const std::string& names) {
    return output_of("tshark -n -r '" + (path_ / "capture.pcap").string() +
                     "' -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE"
                     " -o udp.check_checksum:TRUE -d tcp.port==27017,mongo -Y '" +
                     filter + "' -T fields " + names + " 2>/dev/null");
  }

  static bool present_;
  static std::filesystem::path path_;
  static Summary summary_;
};

bool Tshark::present_ = false;
Summary Tshark::summary_;
std::filesystem::path Tshark::path_;

TEST_F(Tshark, FindsNothingWrong) {
  // What is sent again, and what asks whether the other side is there, is meant to be; the
  // first answer to that may be the first packet with a scaled window.
  EXPECT_EQ(fields("(tcp.analysis.flags && !tcp.analysis.retransmission && "
                   "!tcp.analysis.keep_alive && !tcp.analysis.keep_alive_ack && "
                   "!tcp.analysis.window_update) || "
                   "_ws.malformed || ip.checksum.status == 0 || "
                   "tcp.checksum.status == 0 || udp.checksum.status == 0 || "
                   "_ws.expert.severity >= 0x600000",
                   "-e frame.number -e _ws.col.Info -e _ws.expert.message"),
            "");
}

TEST_F(Tshark, SeesEveryRetransmissionAndNoOther) {
  const std::string seen = fields("tcp.analysis.retransmission", "-e frame.number");
  EXPECT_EQ(static_cast<std::uint64_t>(std::count(seen.begin(), seen.end(), '\n')),
            summary_.retransmissions);
  EXPECT_GT(summary_.retransmissions, 0U);
}

TEST_F(Tshark, SeesKeepAlivesAnswered) {
  const std::string asked = fields("tcp.analysis.keep_alive", "-e frame.number");
  const std::string answered = fields("tcp.analysis.keep_alive_ack", "-e frame.number");
  EXPECT_EQ(std::count(asked.begin(), asked.end(), '\n'),
            std::count(answered.begin(), answered.end(), '\n'));
  EXPECT_FALSE(asked.empty());
}

TEST_F(Tshark, KnowsEveryProtocol) {
  std::istringstream lines(
      fields("tcp.len > 0 || udp", "-e ip.src -e tcp.srcport -e tcp.dstport -e frame.protocols"));
  std::map<std::string, int> seen;
  for (std::string line; std::getline(lines, line);) {
    for (const char* name :
         {"http", "mysql", "mongo", "resp", "amqp", "dns", "json", "image-jfif"}) {
      if (line.find(std::string(":") + name) != std::string::npos) ++seen[name];
    }
  }
  for (const char* name : {"http", "mysql", "mongo", "resp", "amqp", "dns", "json", "image-jfif"}) {
    EXPECT_GT(seen[name], 10) << name;
  }
}

TEST_F(Tshark, ReadsNamesAndTheAddressesOfServices) {
  std::istringstream lines(fields("dns.flags.response == 1 && dns.a", "-e dns.qry.name -e dns.a"));
  std::map<std::string, std::string> addresses;
  for (std::string name, address; lines >> name >> address;) {
    const auto [known, fresh] = addresses.emplace(name, address);
    EXPECT_EQ(known->second, address) << name;
  }
  const auto catalogue = addresses.find("catalogue.sock-shop.svc.cluster.local");
  ASSERT_NE(catalogue, addresses.end());
  EXPECT_EQ(catalogue->second.substr(0, 6), "10.96.");
  EXPECT_GE(addresses.size(), 6U);
}

TEST_F(Tshark, ReadsGrpcOverHttp2ToItsEnd) {
  const std::filesystem::path path = path_ / "store";
  Options options;
  options.app = "hipster-store";
  options.duration_ns = 30 * kNsPerSecond;
  options.users_max = 40;
  options.load = "steady";
  config::Diagnostics diagnostics;
  ASSERT_TRUE(simulate(options, path, diagnostics)) << diagnostics.render();
  std::string decode;
  for (const char* port : {"9555", "7070", "5050", "7000", "50051", "3550", "5000"}) {
    decode += std::string(" -d tcp.port==") + port + ",http2";
  }
  const auto count = [&](const std::string& filter) {
    const std::string seen =
        output_of("tshark -n -r '" + (path / "capture.pcap").string() + "'" + decode + " -Y '" +
                  filter + "' -T fields -e frame.number 2>/dev/null");
    return std::count(seen.begin(), seen.end(), '\n');
  };
  EXPECT_EQ(count("_ws.malformed || _ws.expert.severity >= 0x600000"), 0);
  const auto requests = count("http2.headers.path contains \"/hipstershop.\"");
  EXPECT_GT(requests, 1000);
  EXPECT_EQ(count("http2.headers.status == 200"), requests);
  EXPECT_EQ(count("http2.header.name == \"grpc-status\""), requests);
}

}  // namespace
}  // namespace mimir::simulator
