// SPDX-License-Identifier: Apache-2.0
#include "dataplane/record/connection.h"

#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace mimir {
namespace {

/// One packet of a conversation: `>` from the low end, `<` from the high one, and flags as
/// a packet analyser writes them.
struct Packet {
  char way;
  std::string_view flags;
};

std::uint8_t bits_of(std::string_view flags) {
  unsigned bits = 0;
  for (const char flag : flags) {
    bits |= 1U << std::string_view("FSRPAU").find(flag);
  }
  return static_cast<std::uint8_t>(bits);
}

struct Told {
  Outcome outcome;
  Caller caller;
};

Told tell(const std::vector<Packet>& packets) {
  std::array<std::uint8_t, 2> signs{};
  std::array<std::uint64_t, 2> counts{};
  for (const Packet& packet : packets) {
    const std::size_t d = packet.way == '>' ? 0 : 1;
    signs[d] = static_cast<std::uint8_t>(signs[d] | sign_of(bits_of(packet.flags)));
    ++counts[d];
  }
  return {outcome_of(kProtocolTcp, signs, counts), caller_of(signs)};
}

void expect_low_calls(const Told& told, Outcome outcome) {
  EXPECT_EQ(name(told.outcome), name(outcome));
  EXPECT_TRUE(told.caller.is_known);
  EXPECT_EQ(told.caller.client, Direction::kLowToHigh);
}

// Each as RFC 9293 has it happen: §3.5 (handshake), §3.10.7 (reset).
TEST(Connection, AHandshakeSaysWhoCallsAndHowItCameOut) {
  expect_low_calls(tell({{'>', "S"}, {'<', "SA"}, {'>', "A"}, {'>', "PA"}, {'<', "FA"}}),
                   Outcome::kEstablished);
  expect_low_calls(tell({{'>', "S"}, {'<', "RA"}}), Outcome::kRefused);
  expect_low_calls(tell({{'>', "S"}, {'>', "S"}}), Outcome::kUnanswered);
  expect_low_calls(tell({{'>', "S"}, {'>', "R"}}), Outcome::kUnanswered);
  expect_low_calls(tell({{'>', "S"}, {'<', "SA"}, {'>', "A"}, {'<', "R"}}), Outcome::kReset);
  expect_low_calls(tell({{'>', "S"}, {'<', "SA"}, {'>', "R"}}), Outcome::kReset);  // half open
}

TEST(Connection, AMirrorOfOneWayTellsAsMuchAsItCan) {
  expect_low_calls(tell({{'>', "S"}, {'>', "A"}, {'>', "PA"}}), Outcome::kEstablished);
  expect_low_calls(tell({{'<', "SA"}, {'<', "PA"}}), Outcome::kEstablished);
  const Told middle = tell({{'>', "PA"}, {'<', "A"}});
  EXPECT_EQ(middle.outcome, Outcome::kEstablished);
  EXPECT_FALSE(middle.caller.is_known);
  const Told backscatter = tell({{'<', "RA"}});
  EXPECT_EQ(backscatter.outcome, Outcome::kReset);
  EXPECT_FALSE(backscatter.caller.is_known);
}

TEST(Connection, ASimultaneousOpenHasNoCaller) {
  const Told told = tell({{'>', "S"}, {'<', "S"}, {'>', "SA"}, {'<', "SA"}});
  EXPECT_EQ(told.outcome, Outcome::kEstablished);
  EXPECT_FALSE(told.caller.is_known);
}

TEST(Connection, WithoutAHandshakeBothWaysAreAnAnswer) {
  EXPECT_EQ(outcome_of(kProtocolUdp, {}, {3, 0}), Outcome::kUnanswered);
  EXPECT_EQ(outcome_of(kProtocolUdp, {}, {3, 1}), Outcome::kAnswered);
  EXPECT_EQ(outcome_of(kProtocolIcmp, {}, {0, 1}), Outcome::kUnanswered);
}

TEST(Connection, ProbesWithNoFlagOrAllOfThemAreNoHandshake) {
  EXPECT_EQ(sign_of(bits_of("")), 0);
  EXPECT_EQ(sign_of(bits_of("FPU")), kSentFin);
  EXPECT_EQ(sign_of(bits_of("SR")), kSentReset);
}

}  // namespace
}  // namespace mimir
