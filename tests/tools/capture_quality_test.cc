// SPDX-License-Identifier: Apache-2.0
#include "tools/capture_quality.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "tests/frame.h"

namespace mimir::tools {
namespace {

using test::Frame;
using test::kAck;
using test::kReset;
using test::kSyn;

constexpr std::uint32_t kClient = 0x0a000001;
constexpr std::uint32_t kServer = 0x0a000002;

Frame& number(Frame& frame, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) {
    frame.set_transport(at + i, static_cast<std::uint8_t>(value >> (24 - 8 * i)));
  }
  return frame;
}

Frame segment(bool is_client, std::uint32_t sequence, std::uint32_t acknowledged, std::size_t bytes,
              std::uint8_t flags = kAck) {
  Frame frame =
      Frame::ethernet().ipv4(is_client ? kClient : kServer, is_client ? kServer : kClient);
  frame.tcp(is_client ? 40000 : 443, is_client ? 443 : 40000, flags).payload(bytes);
  number(frame, 4, sequence);
  return number(frame, 8, acknowledged);
}

class Quality : public testing::Test {
 protected:
  void see(const Frame& frame) {
    source::PacketBatch batch{.link = frame.link(), .count = 1, .packets = {}};
    batch.packets[0] = {.data = frame.bytes().data(),
                        .captured_bytes = static_cast<std::uint32_t>(frame.bytes().size()),
                        .wire_bytes = std::max(frame.wire_bytes(),
                                               static_cast<std::uint32_t>(frame.bytes().size()))};
    quality.add(batch);
  }
  void see_client(std::uint32_t sequence, std::size_t bytes, std::uint32_t acknowledged = 500) {
    see(segment(true, sequence, acknowledged, bytes));
  }
  void see_server(std::uint32_t acknowledged) { see(segment(false, 500, acknowledged, 0)); }
  [[nodiscard]] std::uint64_t missing() const { return quality.counts().missing_bytes; }

  CaptureQuality quality{wire::DissectOptions{}};
};

TEST_F(Quality, AWholeConversationMissesNothing) {
  see(segment(true, 99, 0, 0, kSyn));
  see(segment(false, 499, 100, 0, kSyn | kAck));
  see_client(100, 0);
  for (std::uint32_t at = 100; at < 10'100; at += 1000) see_client(at, 1000);
  see_server(10'100);
  EXPECT_EQ(missing(), 0U);
  EXPECT_EQ(quality.counts().tcp_bytes, 10'000U + 2) << "with a SYN of each";
  EXPECT_EQ(quality.counts().packets, 14U);
}

TEST_F(Quality, WhatTheNextPacketOrAnAcknowledgementShowsToBeLeftOutIsMissing) {
  see_client(100, 1000);
  see_client(2100, 1000);  // 1000 bytes before it were left out
  EXPECT_EQ(missing(), 1000U);
  see_server(3300);  // and 200 behind it
  EXPECT_EQ(missing(), 1200U);
  see_server(3300);
  see_client(3300, 50);
  EXPECT_EQ(missing(), 1200U);
  EXPECT_EQ(quality.counts().tcp_bytes, 3250U);
}

TEST_F(Quality, WhatComesLaterIsNotMissing) {
  see_client(100, 1000);
  see_client(2100, 1000);
  see_client(1100, 400);  // its front
  EXPECT_EQ(missing(), 600U);
  see_client(1500, 600);
  EXPECT_EQ(missing(), 0U);
  see_client(1100, 1000);  // once more: it was there
  EXPECT_EQ(missing(), 0U);
  see_server(4100);  // an acknowledgement overtook 1000 bytes
  see_client(3100, 1000);
  EXPECT_EQ(missing(), 0U);
  EXPECT_EQ(quality.counts().tcp_bytes, 4000U);
}

TEST_F(Quality, OfSeveralGapsEachIsFilled) {
  for (const std::uint32_t at : {100U, 300U, 500U, 700U, 900U}) see_client(at, 100);
  EXPECT_EQ(missing(), 400U);
  for (const std::uint32_t at : {800U, 200U, 600U, 400U}) see_client(at, 100);
  EXPECT_EQ(missing(), 0U);
}

TEST_F(Quality, NumbersBeginAnewBehindTheLast) {
  see_client(0xffffff00, 0x80);
  see_client(0xffffffc0, 0x40);  // 0x40 bytes were left out
  see_client(0, 0x100);
  EXPECT_EQ(missing(), 0x40U);
  EXPECT_EQ(quality.counts().tcp_bytes, 0x200U);
}

TEST_F(Quality, AnotherConnectionOfTheSameEndsIsNoGap) {
  see_client(100, 1000);
  see(segment(true, 900'000, 0, 0, kSyn));
  see_client(900'001, 10);
  see_client(0x90000000, 10);  // its SYN was before the capture, or left out
  see(segment(true, 0x91000000, 0, 0, kReset));
  EXPECT_EQ(missing(), 0U);
}

TEST_F(Quality, OneSideAloneShowsThatTheOtherIsMissing) {
  see_client(100, 10, 5000);
  see_client(110, 10, 6500);
  see_client(120, 10, 8000);
  EXPECT_EQ(missing(), 3000U);
  EXPECT_EQ(quality.counts().tcp_bytes, 3030U);
}

TEST_F(Quality, NamesWhatIsAroundADatagram) {
  const auto inner = [](Frame frame) { return frame.ipv4(kClient, kServer).udp(1, 2).payload(4); };
  see(inner(Frame::ethernet()));
  see(inner(Frame::ethernet().vlan(5)));
  see(inner(Frame::ethernet()
                .ipv4(1, 2)
                .udp(3, 4789)
                .tunnel({8, 0, 0, 0, 0, 0, 7, 0})
                .ethernet_inside()));
  see(inner(Frame::ethernet().vlan(5).ipv4(1, 2).protocol(47).tunnel({0, 0, 8, 0})));
  see(inner(Frame::ethernet().ipv4(1, 2).protocol(4).tunnel({})));
  const std::map<std::string, std::uint64_t> expected{
      {"VLAN tag", 1}, {"VXLAN", 1}, {"GRE or ERSPAN", 1}, {"IP in IP", 1}};
  EXPECT_EQ(quality.counts().wrappings, expected);
}

TEST_F(Quality, CountsWhatIsCut) {
  see(segment(true, 100, 500, 1000).cut(60));
  see_client(1100, 1000);
  EXPECT_EQ(quality.counts().cut, 1U);
  EXPECT_EQ(missing(), 0U) << "lengths are those the headers tell";
  EXPECT_EQ(quality.counts().tcp_bytes, 2000U);
}

}  // namespace
}  // namespace mimir::tools
