// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/wire/dissect.h"
#include "tests/frame.h"

namespace mimir::wire {
namespace {

using test::Frame;

// tcpdump.org "LINKTYPE_NULL": a 32-bit address family in the byte order of the
// machine that captured; LINKTYPE_LOOP has it in network order.
TEST(Dissect, ReadsTheAddressFamilyOfALoopbackInEitherByteOrder) {
  const Frame ipv4 = Frame::raw().ipv4(1, 2).udp(3, 4);
  const Frame ipv6 = Frame::raw().ipv6(Address{}, Address{}).udp(3, 4);
  const auto drop_of = [](std::vector<int> link, const Frame& ip) {
    std::vector<std::byte> frame;
    for (const int byte : link) frame.push_back(static_cast<std::byte>(byte));
    frame.insert(frame.end(), ip.bytes().begin(), ip.bytes().end());
    PacketFacts facts;
    return dissect(LinkType::kLoopback, frame, static_cast<std::uint32_t>(frame.size()), {}, facts);
  };
  EXPECT_EQ(drop_of({2, 0, 0, 0}, ipv4), Drop::kNone);
  EXPECT_EQ(drop_of({0, 0, 0, 2}, ipv4), Drop::kNone);
  for (const int family : {10, 23, 24, 28, 30}) {
    EXPECT_EQ(drop_of({family, 0, 0, 0}, ipv6), Drop::kNone) << family;
    EXPECT_EQ(drop_of({0, 0, 0, family}, ipv6), Drop::kNone) << family;
  }
  EXPECT_EQ(drop_of({7, 0, 0, 0}, ipv4), Drop::kNotIp);
  EXPECT_EQ(drop_of({2, 0, 0, 0}, Frame::raw()), Drop::kTruncatedIpv4);
  EXPECT_EQ(drop_of({2, 0, 0}, Frame::raw()), Drop::kTruncatedLink);
}

// tcpdump.org "LINKTYPE_NFLOG": family, version, resource; then fields of length,
// type and padded value, in the byte order of the machine that captured.
TEST(Dissect, FindsThePacketAmongTheFieldsOfANetfilterMessage) {
  const Frame ip = Frame::raw().ipv4(0x0a000001, 0x0a000002).udp(3, 4).payload(5);
  const auto message = [&ip](bool big_endian, int family, int payload_type) {
    std::vector<std::byte> frame{static_cast<std::byte>(family), {}, {}, std::byte{42}};
    const auto put = [&frame, big_endian](std::size_t value) {
      const auto low = static_cast<std::byte>(value);
      const auto high = static_cast<std::byte>(value >> 8);
      frame.push_back(big_endian ? high : low);
      frame.push_back(big_endian ? low : high);
    };
    put(5);  // the prefix, an empty text: one byte of value, three of padding
    put(10);
    frame.resize(frame.size() + 4);
    put(4 + ip.bytes().size());
    put(static_cast<std::size_t>(payload_type));
    frame.insert(frame.end(), ip.bytes().begin(), ip.bytes().end());
    return frame;
  };
  const auto drop_of = [](std::span<const std::byte> frame, PacketFacts& facts) {
    return dissect(LinkType::kNetfilterLog, frame, static_cast<std::uint32_t>(frame.size()), {},
                   facts);
  };
  PacketFacts facts;
  for (const bool big_endian : {false, true}) {
    const std::vector<std::byte> whole = message(big_endian, 2, 9);
    ASSERT_EQ(drop_of(whole, facts), Drop::kNone);
    EXPECT_EQ(facts.ip_bytes, ip.bytes().size());
    EXPECT_EQ(facts.payload.size(), 5u);
    for (std::size_t size = 0; size < 16; ++size) {
      EXPECT_EQ(drop_of(std::span(whole).first(size), facts), Drop::kTruncatedLink) << size;
    }
    EXPECT_EQ(drop_of(message(big_endian, 7, 9), facts), Drop::kNotIp);
    EXPECT_EQ(drop_of(message(big_endian, 2, 8), facts), Drop::kTruncatedLink) << "no packet in it";
    std::vector<std::byte> endless = whole;
    endless[4] = endless[5] = std::byte{0};
    EXPECT_EQ(drop_of(endless, facts), Drop::kNotIp) << "a field shorter than its header";
  }
}

}  // namespace
}  // namespace mimir::wire
