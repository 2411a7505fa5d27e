// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/fragment.h"

#include <gtest/gtest.h>

#include "dataplane/wire/dissect.h"
#include "tests/frame.h"

namespace mimir::wire {
namespace {

using test::Frame;
using test::kSyn;

constexpr std::uint32_t kClient = 0x0a000001;
constexpr std::uint32_t kServer = 0x0a00000b;

Drop read(const Frame& frame, PacketFacts& facts) {
  return dissect(frame.link(), frame.bytes(), frame.wire_bytes(), {}, facts);
}
Drop reason(const Frame& frame) {
  PacketFacts facts;
  return read(frame, facts);
}
Frame ipv6() { return Frame::ethernet().ipv6(test::ipv6_address(1), test::ipv6_address(2)); }

TEST(Fragment, AFirstFragmentIsAPacketOfItsFlowAndLaterOnesAreNot) {
  PacketFacts facts;
  Frame first = Frame::ethernet()
                    .ipv4(kClient, kServer, {.more_fragments = true})
                    .udp(40000, 2049)
                    .payload(1472);
  first.set_transport(4, 0x1f).set_transport(5, 0x48);  // the whole datagram: 8008 bytes
  ASSERT_EQ(read(first, facts), Drop::kNone);
  EXPECT_EQ(facts.key_v4.high_port(), 2049);
  EXPECT_EQ(facts.payload.size(), 1472u);
  EXPECT_EQ(reason(Frame::ethernet()
                       .ipv4(kClient, kServer, {.more_fragments = true, .fragment_offset = 185})
                       .protocol(17)
                       .payload(1480)),
            Drop::kIpFragment);
  EXPECT_EQ(reason(Frame::ethernet()
                       .ipv4(kClient, kServer, {.fragment_offset = 0x1000})
                       .protocol(17)
                       .payload(8)),
            Drop::kIpFragment)
      << "the highest bit of the offset counts";
  Frame first6 = ipv6().fragment(0, true).udp(40000, 2049).payload(100);
  first6.set_transport(4, 0x10);
  ASSERT_EQ(read(first6, facts), Drop::kNone);
  EXPECT_EQ(facts.ip_bytes, 40u + 8 + 8 + 100);
  EXPECT_EQ(reason(ipv6().fragment(1, false).protocol(17).payload(64)), Drop::kIpFragment);
  EXPECT_EQ(reason(ipv6().fragment(0x1000, true).protocol(17).payload(64)), Drop::kIpFragment);
}

// RFC 1858 "tiny fragments": a SYN whose options are in the second fragment has
// its ports and flags in the first, and must not slip by uncounted.
TEST(Fragment, AFirstFragmentThatEndsInTcpsOptionsIsCounted) {
  PacketFacts facts;
  Frame tiny =
      Frame::ethernet().ipv4(kClient, kServer, {.more_fragments = true}).tcp(40000, 443, kSyn, 4);
  ASSERT_EQ(read(tiny.set_transport(12, 0xa0), facts), Drop::kNone);
  EXPECT_EQ(facts.tcp_flags, kSyn);
  EXPECT_EQ(facts.key_v4.high_port(), 443);
  EXPECT_EQ(facts.ip_bytes, 44u);
  EXPECT_TRUE(facts.payload.empty());
  EXPECT_EQ(reason(tiny.set_transport(12, 0x40)), Drop::kBadTcpDataOffset);
}

// RFC 6946: offset 0 and nothing to follow is a whole datagram, and its UDP
// length is held to it; "don't fragment" alone makes no fragment either.
TEST(Fragment, AnAtomicFragmentIsAWholeDatagram) {
  EXPECT_EQ(reason(ipv6().fragment().udp(1, 2).payload(5)), Drop::kNone);
  EXPECT_EQ(reason(ipv6().fragment().udp(1, 2).set_transport(5, 9)), Drop::kBadUdpLength);
  Frame whole = Frame::ethernet().ipv4(kClient, kServer).udp(1, 2);
  EXPECT_EQ(reason(whole.set_ip(6, 0x40)), Drop::kNone);
  EXPECT_EQ(reason(whole.set_transport(5, 9)), Drop::kBadUdpLength);
}

// RFC 791 §3.2: source, destination, protocol and identification are what fragments of
// one datagram share; RFC 8200 §4.5: without the protocol.
TEST(Fragment, FragmentsOfADatagramHaveOneIdentity) {
  PacketFacts first;
  PacketFacts later;
  const Frame front = Frame::ethernet()
                          .ipv4(kServer, kClient, {.more_fragments = true})
                          .udp(2049, 40000)
                          .payload(64);
  const Frame back =
      Frame::ethernet().ipv4(kServer, kClient, {.fragment_offset = 9}).protocol(17).payload(30);
  ASSERT_EQ(read(front, first), Drop::kNone);
  ASSERT_EQ(read(back, later), Drop::kIpFragment);
  EXPECT_EQ(first.fragment, Fragment::kFirst);
  EXPECT_EQ(later.fragment, Fragment::kLater);
  EXPECT_EQ(fragment_id(later), fragment_id(first));
  EXPECT_EQ(fragment_id(later).identification, 0x1234u);
  EXPECT_EQ(fragment_id(later).source, Address::from_ipv4(kServer));
  EXPECT_EQ(later.ip_bytes, 50u);
  set_fragment_flow(fragment_ends(first), later);
  EXPECT_EQ(later.key_v4, FlowKeyV4(kClient, kServer, 40000, 2049, kProtocolUdp));
  EXPECT_EQ(later.direction, Direction::kHighToLow);
  ASSERT_EQ(read(Frame(back).set_ip(4, 9), later), Drop::kIpFragment);
  EXPECT_NE(fragment_id(later), fragment_id(first)) << "another identification";
  ASSERT_EQ(read(Frame(back).set_ip(9, 6), later), Drop::kIpFragment);
  EXPECT_NE(fragment_id(later), fragment_id(first)) << "another protocol";

  ASSERT_EQ(read(ipv6().fragment(0, true).udp(40000, 2049).payload(56), first), Drop::kNone);
  ASSERT_EQ(read(ipv6().fragment(8).protocol(6).payload(8), later), Drop::kIpFragment);
  EXPECT_EQ(fragment_id(later), fragment_id(first));
  EXPECT_EQ(fragment_id(later).identification, 0x1234u);
  set_fragment_flow(fragment_ends(first), later);
  EXPECT_EQ(later.key_v6, first.key_v6);
  EXPECT_EQ(later.direction, first.direction);
}

}  // namespace
}  // namespace mimir::wire
