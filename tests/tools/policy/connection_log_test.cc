// SPDX-License-Identifier: Apache-2.0
#include "tools/policy/connection_log.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/record/connection.h"
#include "tests/tools/policy/small_cluster.h"

namespace mimir::policy {
namespace {

constexpr std::uint8_t kCalls = kSentSyn | kSentAck;
constexpr std::uint8_t kAnswers = kSentSynAck | kSentAck;

struct Side {
  std::string_view address;
  std::uint16_t port = 0;
  std::uint8_t signs = 0;
  std::uint64_t packets = 1;
};

FlowRecord flow(Side a, Side b, std::uint8_t protocol = kProtocolTcp) {
  Address first = test::address_of(a.address);
  Address second = test::address_of(b.address);
  if (std::pair(second, b.port) < std::pair(first, a.port)) {
    std::swap(a, b);
    std::swap(first, second);
  }
  FlowRecord record;
  record.key = {.low_address = first,
                .high_address = second,
                .low_port = a.port,
                .high_port = b.port,
                .protocol = protocol};
  record.signs = {a.signs, b.signs};
  record.packets = {a.packets, b.packets};
  record.first_direction = a.packets > 0 ? Direction::kLowToHigh : Direction::kHighToLow;
  return record;
}

class ConnectionLogTest : public testing::Test {
 protected:
  ConnectionLogTest()
      : world_(test::small_cluster()),
        observation_(graph::propose_cidrs({}, world_.entities)),
        log_(world_.cluster, observation_) {}

  void add(std::vector<FlowRecord> records) {
    Window window;
    window.records = records;
    log_.add(window);
  }

  test::World world_;
  graph::ObservationConfig observation_;
  ConnectionLog log_;
};

TEST_F(ConnectionLogTest, KnowsClientsByTheirHandshake) {
  add({flow({"10.1.0.1", 40000, kCalls}, {"10.1.0.3", 50000, kAnswers}),
       flow({"10.1.0.3", 45000, kCalls}, {"8.8.8.8", 443, kAnswers}),
       flow({"1.1.1.1", 45000, kCalls}, {"10.1.0.2", 80, kAnswers}),
       flow({"10.1.0.1", 45000, kCalls}, {"10.96.0.2", 5432, kAnswers}),
       flow({"10.1.0.1", 45000, kCalls}, {"10.1.0.2", 80, kAnswers})});
  EXPECT_EQ(log_.take().allowed,
            (Connections{{"db", "internet"}, {"internet", "web"}, {"web", "db"}, {"web", "web"}}));
}

TEST_F(ConnectionLogTest, KnowsServersFromHandshakesThatCameLater) {
  add({flow({"10.1.0.3", 33000, kSentAck}, {"10.1.1.1", 32900, kSentAck})});
  add({flow({"10.1.0.1", 34000, kCalls}, {"10.1.0.3", 33000, kAnswers})});
  EXPECT_EQ(log_.take().allowed, (Connections{{"batch", "db"}, {"web", "db"}}));
}

TEST_F(ConnectionLogTest, CountsWhatFailedAndNeedsItNot) {
  add({flow({"10.1.0.1", 40000, kSentSyn}, {"10.1.0.3", 81, kSentReset}),
       flow({"10.1.0.1", 40001, kSentSyn}, {"10.1.0.3", 82, 0, 0}),
       flow({"10.1.1.1", 40000, 0, 3}, {"10.1.2.1", 514, 0, 0}, kProtocolUdp)});
  const LearnedConnections learned = log_.take();
  EXPECT_EQ(learned.allowed, (Connections{{"batch", "probe"}})) << "syslog is never answered";
  EXPECT_EQ(learned.failed, 2U);
}

TEST_F(ConnectionLogTest, NamesWhatNoPolicySpeaksOf) {
  add({flow({"10.1.0.1", 40000, kCalls}, {"10.1.7.7", 80, kAnswers}),
       flow({"127.0.0.1", 40000, kCalls}, {"10.1.0.3", 80, kAnswers}),
       flow({"8.8.8.8", 40000, kCalls}, {"1.1.1.1", 80, kAnswers})});
  const LearnedConnections learned = log_.take();
  EXPECT_TRUE(learned.allowed.empty());
  EXPECT_EQ(learned.left_out, (Connections{{"web", "(unknown)"}}));
}

}  // namespace
}  // namespace mimir::policy
