// SPDX-License-Identifier: Apache-2.0
#include "model/graph/server_ports.h"

#include <gtest/gtest.h>

#include "dataplane/record/connection.h"

namespace mimir::graph {
namespace {

/// A flow of 10.0.0.1 (low) and 10.0.0.2 (high).
FlowRecord flow(std::uint16_t low_port, std::uint16_t high_port,
                std::array<std::uint8_t, 2> signs = {}, std::uint8_t protocol = kProtocolTcp) {
  FlowRecord record;
  record.key = {.low_address = Address::from_ipv4(0x0a000001),
                .high_address = Address::from_ipv4(0x0a000002),
                .low_port = low_port,
                .high_port = high_port,
                .protocol = protocol};
  record.signs = signs;
  return record;
}

void expect_role(const Role& role, Direction client, RoleEvidence evidence) {
  EXPECT_EQ(role.client, client);
  EXPECT_EQ(name(role.evidence), name(evidence));
}

TEST(ServerPorts, AHandshakeOutweighsEveryPort) {
  const ServerPorts ports;
  expect_role(ports.role_of(flow(80, 50000, {kSentSyn, kSentSynAck})), Direction::kLowToHigh,
              RoleEvidence::kHandshake);
  expect_role(ports.role_of(flow(50000, 80, {kSentSynAck, 0})), Direction::kHighToLow,
              RoleEvidence::kHandshake);
}

TEST(ServerPorts, AnAnsweredHandshakeTeachesThePortOfOtherFlows) {
  ServerPorts ports;
  const FlowRecord middle = flow(40001, 36000, {kSentAck, kSentAck});
  expect_role(ports.role_of(middle), Direction::kLowToHigh, RoleEvidence::kFirstPacket);
  ports.learn(flow(40000, 36000, {kSentSyn | kSentAck, kSentSynAck | kSentAck}));
  expect_role(ports.role_of(middle), Direction::kLowToHigh, RoleEvidence::kServerPort);
  ServerPorts others;
  others.learn(flow(40001, 50000, {kSentSynAck, kSentSyn}));
  expect_role(others.role_of(middle), Direction::kHighToLow, RoleEvidence::kServerPort);
}

TEST(ServerPorts, ARefusedSynTeachesNothing) {
  ServerPorts ports;
  ports.learn(flow(40000, 36000, {kSentSyn, kSentReset}));
  expect_role(ports.role_of(flow(40001, 36000)), Direction::kLowToHigh, RoleEvidence::kFirstPacket);
}

TEST(ServerPorts, TheLowerRangeServes) {
  const ServerPorts ports;
  expect_role(ports.role_of(flow(53, 8080, {}, kProtocolUdp)), Direction::kHighToLow,
              RoleEvidence::kPortRank);
  expect_role(ports.role_of(flow(40000, 8080)), Direction::kLowToHigh, RoleEvidence::kPortRank);
}

TEST(ServerPorts, WithoutAnyOtherWordTheFirstPacketIsTheClients) {
  const ServerPorts ports;
  FlowRecord ping = flow(0, 0, {}, kProtocolIcmp);
  ping.first_direction = Direction::kHighToLow;
  expect_role(ports.role_of(ping), Direction::kHighToLow, RoleEvidence::kFirstPacket);
}

}  // namespace
}  // namespace mimir::graph
