// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/lasting_header.h"

#include <array>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "tests/frame.h"
#include "tests/frame_corpus.h"

namespace mimir::wire {
namespace {

using test::Frame;

/// What lasts of the datagram in a frame.
std::array<std::byte, LastingHeader::kBytes> of(const Frame& frame) {
  PacketFacts facts;
  EXPECT_EQ(dissect(frame.link(), frame.bytes(), frame.wire_bytes(), {}, facts), Drop::kNone);
  return lasting_header(facts).bytes;
}

Frame segment(Frame link = Frame::ethernet()) {
  return link.ipv4(0x0a000001, 0x0a000002).tcp(40000, 443, test::kAck).payload(100);
}
Frame segment6() {
  return Frame::ethernet()
      .ipv6(test::ipv6_address(1), test::ipv6_address(2))
      .tcp(40000, 443, test::kAck)
      .payload(100);
}

// What a router does to a datagram: RFC 1812 §5.3.1 (time to live, checksum), RFC 2474.
TEST(LastingHeader, IsTheSameAllAlongTheWay) {
  const auto expected = of(segment());
  EXPECT_EQ(of(segment().set_ip(8, 61)), expected) << "time to live";
  EXPECT_EQ(of(segment().set_ip(10, 0xab).set_ip(11, 0xcd)), expected) << "header checksum";
  EXPECT_EQ(of(segment().set_ip(1, 0x2e)), expected) << "traffic class";
  EXPECT_EQ(of(segment(Frame::ethernet().vlan(7))), expected) << "a tag before it";
  const Frame tunnel =
      Frame::ethernet().ipv4(1, 2).udp(5, 4789).tunnel({8, 0, 0, 0, 0, 0, 1, 0}).ethernet_inside();
  EXPECT_EQ(of(segment(tunnel)), expected) << "a tunnel around it";
  EXPECT_EQ(of(segment6().set_ip(7, 3)), of(segment6())) << "hop limit";
  EXPECT_EQ(of(segment6().set_ip(0, 0x6a).set_ip(1, 0xb0)), of(segment6())) << "traffic class";
}

TEST(LastingHeader, DiffersWithEveryOtherByteOfItsFront) {
  const Frame frame = segment();
  const std::set<std::size_t> rewritten{1, 8, 10, 11};
  PacketFacts facts;
  ASSERT_EQ(dissect(frame.link(), frame.bytes(), frame.wire_bytes(), {}, facts), Drop::kNone);
  const std::size_t datagram_bytes = facts.datagram.size();
  ASSERT_EQ(datagram_bytes, 140u);
  const auto whole = lasting_header(facts).bytes;
  std::vector<std::byte> other(facts.datagram.begin(), facts.datagram.end());
  for (std::size_t at = 0; at < datagram_bytes; ++at) {
    other[at] ^= std::byte{0x10};
    facts.datagram = other;
    const bool is_equal = lasting_header(facts).bytes == whole;
    EXPECT_EQ(is_equal, rewritten.contains(at) || at >= LastingHeader::kBytes) << at;
    other[at] ^= std::byte{0x10};
  }
}

// A snap length cuts the same datagram elsewhere in a tunnel than outside of one.
TEST(LastingHeader, IsTheSameHoweverMuchWasCaptured) {
  const auto whole = of(segment());
  for (std::size_t bytes = 14 + LastingHeader::kBytes; bytes < 14 + 140; ++bytes) {
    EXPECT_EQ(of(segment().cut(bytes)), whole) << bytes;
  }
  const auto cut = of(segment().cut(14 + 61));
  for (std::size_t at = 0; at < cut.size(); ++at) {
    EXPECT_EQ(cut[at], at < 61 ? whole[at] : std::byte{}) << at;
  }
}

TEST(LastingHeader, DoesNotLookAtWhatPadsAFrame) {
  const Frame small = Frame::ethernet().ipv4(1, 2).udp(3, 4).payload(1);
  EXPECT_EQ(of(Frame(small).padding(17)), of(small));
}

}  // namespace
}  // namespace mimir::wire
