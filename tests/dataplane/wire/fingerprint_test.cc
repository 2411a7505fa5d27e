// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/fingerprint.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/frame.h"
#include "tests/frame_corpus.h"

namespace mimir::wire {
namespace {

using test::Frame;

std::uint64_t of(const Frame& frame) {
  PacketFacts facts;
  EXPECT_EQ(dissect(frame.link(), frame.bytes(), frame.wire_bytes(), facts), Drop::kNone);
  return fingerprint(facts);
}

Frame segment() {
  return Frame::ethernet().ipv4(0x0a000001, 0x0a000002).tcp(40000, 443, test::kAck).payload(100);
}
Frame segment6() {
  return Frame::ethernet()
      .ipv6(test::ipv6_address(1), test::ipv6_address(2))
      .tcp(40000, 443, test::kAck)
      .payload(100);
}

// What a router does to a datagram: RFC 1812 §5.3.1 (time to live, checksum), RFC 2474.
TEST(Fingerprint, IsTheSameAllAlongTheWay) {
  const std::uint64_t expected = of(segment());
  EXPECT_EQ(of(segment().set_ip(8, 61)), expected) << "time to live";
  EXPECT_EQ(of(segment().set_ip(10, 0xab).set_ip(11, 0xcd)), expected) << "header checksum";
  EXPECT_EQ(of(segment().set_ip(1, 0x2e)), expected) << "traffic class";
  EXPECT_EQ(of(segment6().set_ip(7, 3)), of(segment6())) << "hop limit";
  const Frame tagged = Frame::ethernet()
                           .vlan(7)
                           .ipv4(0x0a000001, 0x0a000002)
                           .tcp(40000, 443, test::kAck)
                           .payload(100);
  EXPECT_EQ(of(tagged), expected) << "a tag before it";
  const Frame carried = Frame::ethernet()
                            .ipv4(1, 2)
                            .udp(5, 4789)
                            .tunnel({8, 0, 0, 0, 0, 0, 1, 0})
                            .ethernet_inside()
                            .ipv4(0x0a000001, 0x0a000002)
                            .tcp(40000, 443, test::kAck)
                            .payload(100);
  EXPECT_EQ(of(carried), expected) << "a tunnel around it";
}

TEST(Fingerprint, DiffersWithEveryOtherByteItLooksAt) {
  const Frame frame = segment();
  const std::set<std::size_t> rewritten{1, 8, 10, 11};
  PacketFacts facts;
  ASSERT_EQ(dissect(frame.link(), frame.bytes(), frame.wire_bytes(), facts), Drop::kNone);
  std::vector<std::byte> datagram(facts.datagram.begin(), facts.datagram.end());
  const std::uint64_t whole = fingerprint(facts);
  for (std::size_t at = 0; at < kFingerprintBytes; ++at) {
    datagram[at] ^= std::byte{0x10};
    facts.datagram = datagram;
    EXPECT_EQ(fingerprint(facts) == whole, rewritten.contains(at)) << at;
    datagram[at] ^= std::byte{0x10};
  }
}

TEST(Fingerprint, DoesNotLookAtWhatPadsAFrame) {
  const Frame small = Frame::ethernet().ipv4(1, 2).udp(3, 4).payload(1);
  EXPECT_EQ(of(Frame(small).padding(17)), of(small));
}

}  // namespace
}  // namespace mimir::wire
