// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/dissect.h"

#include <array>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/dataplane/wire/naive_dissect.h"
#include "tests/frame.h"
#include "tests/frame_corpus.h"

namespace mimir::wire {
namespace {

using test::Frame;
using test::kAck;
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
FlowKey key_of(const PacketFacts& facts) {
  return facts.family == Family::kIpv4 ? widen(facts.key_v4) : facts.key_v6;
}

Frame syn() { return Frame::ethernet().ipv4(kClient, kServer).tcp(40000, 443, kSyn); }
Frame ipv6() { return Frame::ethernet().ipv6(test::ipv6_address(1), test::ipv6_address(2)); }

TEST(Dissect, BothDirectionsOfAnIpv4ConversationHaveOneKey) {
  PacketFacts there;
  PacketFacts back;
  ASSERT_EQ(read(syn(), there), Drop::kNone);
  ASSERT_EQ(read(Frame::ethernet().ipv4(kServer, kClient).tcp(443, 40000, kSyn | kAck, 4), back),
            Drop::kNone);
  EXPECT_EQ(there.key_v4, back.key_v4);
  EXPECT_EQ(there.direction, Direction::kLowToHigh);
  EXPECT_EQ(back.direction, Direction::kHighToLow);
  EXPECT_EQ(there.key_v4.low_address(), kClient);
  EXPECT_EQ(there.key_v4.high_address(), kServer);
  EXPECT_EQ(there.key_v4.low_port(), 40000);
  EXPECT_EQ(there.key_v4.high_port(), 443);
  EXPECT_EQ(there.key_v4.protocol(), kProtocolTcp);
  EXPECT_EQ(there.tcp_flags, kSyn);
  EXPECT_EQ(back.tcp_flags, kSyn | kAck);
  EXPECT_EQ(there.ip_bytes, 40u);
  EXPECT_EQ(back.ip_bytes, 44u);
}

TEST(Dissect, BothDirectionsOfAnIpv6ConversationHaveOneKey) {
  const Address client = test::ipv6_address(1);
  const Address server = test::ipv6_address(2);
  PacketFacts there;
  PacketFacts back;
  ASSERT_EQ(read(Frame::ethernet().ipv6(client, server).udp(53, 9), there), Drop::kNone);
  ASSERT_EQ(read(Frame::ethernet().ipv6(server, client).udp(9, 53), back), Drop::kNone);
  EXPECT_EQ(there.key_v6, back.key_v6);
  EXPECT_EQ(there.key_v6, (FlowKey{.low_address = client,
                                   .high_address = server,
                                   .low_port = 53,
                                   .high_port = 9,
                                   .protocol = kProtocolUdp}));
  EXPECT_EQ(there.direction, Direction::kLowToHigh);
  EXPECT_EQ(back.direction, Direction::kHighToLow);
  EXPECT_EQ(there.ip_bytes, 48u);
}

TEST(Dissect, EqualAddressesAreOrderedByPort) {
  const Address host = test::ipv6_address(9);
  const std::vector<std::pair<Frame, Frame>> pairs{
      {Frame::ethernet().ipv4(kClient, kClient).udp(1, 2),
       Frame::ethernet().ipv4(kClient, kClient).udp(2, 1)},
      {Frame::ethernet().ipv6(host, host).udp(1, 2), Frame::ethernet().ipv6(host, host).udp(2, 1)}};
  for (const auto& [first, second] : pairs) {
    PacketFacts there;
    PacketFacts back;
    ASSERT_EQ(read(first, there), Drop::kNone);
    ASSERT_EQ(read(second, back), Drop::kNone);
    EXPECT_EQ(key_of(there), key_of(back));
    EXPECT_EQ(key_of(there).low_port, 1);
    EXPECT_EQ(there.direction, Direction::kLowToHigh);
    EXPECT_EQ(back.direction, Direction::kHighToLow);
  }
}

TEST(Dissect, AnEndThatSpeaksToItselfSpeaksLowToHigh) {
  PacketFacts facts;
  ASSERT_EQ(read(Frame::ethernet().ipv4(kClient, kClient).udp(5, 5), facts), Drop::kNone);
  EXPECT_EQ(facts.direction, Direction::kLowToHigh);
  ASSERT_EQ(
      read(Frame::ethernet().ipv6(test::ipv6_address(3), test::ipv6_address(3)).icmpv6(), facts),
      Drop::kNone);
  EXPECT_EQ(facts.direction, Direction::kLowToHigh);
}

// 127.255.255.255 < 128.0.0.0: addresses compare as unsigned, in both families.
TEST(Dissect, HighBitsOfAnAddressAreNoSign) {
  PacketFacts facts;
  ASSERT_EQ(read(Frame::ethernet().ipv4(0x80000000, 0x7fffffff).udp(1, 2), facts), Drop::kNone);
  EXPECT_EQ(facts.direction, Direction::kHighToLow);
  Address high = test::ipv6_address(1);
  high.bytes[0] = 0xfe;
  ASSERT_EQ(read(Frame::ethernet().ipv6(high, test::ipv6_address(1)).udp(1, 2), facts),
            Drop::kNone);
  EXPECT_EQ(facts.direction, Direction::kHighToLow);
}

TEST(Dissect, WhatHasNoPortsHasPortsOfZeroAndNoFlags) {
  PacketFacts facts;
  facts.tcp_flags = 0xff;
  ASSERT_EQ(read(Frame::ethernet().ipv4(kClient, kServer).icmp(8, 0).payload(4), facts),
            Drop::kNone);
  EXPECT_EQ(facts.key_v4.low_port(), 0);
  EXPECT_EQ(facts.key_v4.high_port(), 0);
  EXPECT_EQ(facts.tcp_flags, 0);
  facts.tcp_flags = 0xff;
  ASSERT_EQ(read(ipv6().icmpv6(), facts), Drop::kNone);
  EXPECT_EQ(facts.key_v6.low_port, 0);
  EXPECT_EQ(facts.key_v6.high_port, 0);
  EXPECT_EQ(facts.tcp_flags, 0);
}

// Two packets in one batch share a PacketFacts: nothing of the first may stay.
TEST(Dissect, AReusedPacketFactsKeepsNothingOfThePacketBefore) {
  PacketFacts reused;
  for (const auto& [name, frame] : test::good_frames()) {
    PacketFacts fresh;
    ASSERT_EQ(read(frame, fresh), Drop::kNone) << name;
    ASSERT_EQ(read(frame, reused), Drop::kNone) << name;
    EXPECT_EQ(key_of(reused), key_of(fresh)) << name;
    EXPECT_EQ(reused.direction, fresh.direction) << name;
    EXPECT_EQ(reused.tcp_flags, fresh.tcp_flags) << name;
    EXPECT_EQ(reused.ip_bytes, fresh.ip_bytes) << name;
    EXPECT_EQ(reused.payload.data(), fresh.payload.data()) << name;
    EXPECT_EQ(reused.payload.size(), fresh.payload.size()) << name;
  }
}

// A DNS query as a resolver sends it, written out from RFC 791, 768 and 1035.
TEST(Dissect, ReadsAFrameWrittenByHand) {
  constexpr std::array<std::uint8_t, 71> kFrame{
      0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0x08, 0x00,  //
      0x45, 0x00, 0x00, 0x39, 0xbe, 0xef, 0x40, 0x00, 0x40, 0x11, 0x00, 0x00,              //
      0xc0, 0xa8, 0x01, 0x02, 0x08, 0x08, 0x04, 0x04,                                      //
      0xd4, 0x31, 0x00, 0x35, 0x00, 0x25, 0x00, 0x00,                                      //
      0x12, 0x34, 0x01, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07, 0x65,  //
      0x78, 0x61, 0x6d, 0x70, 0x6c, 0x65, 0x03, 0x63, 0x6f, 0x6d, 0x00, 0x00, 0x01, 0x00, 0x01};
  PacketFacts facts;
  ASSERT_EQ(dissect(LinkType::kEthernet, std::as_bytes(std::span(kFrame)), 71, {}, facts),
            Drop::kNone);
  EXPECT_EQ(facts.family, Family::kIpv4);
  EXPECT_EQ(facts.key_v4, (FlowKeyV4(0x08080404, 0xc0a80102, 53, 54321, kProtocolUdp)));
  EXPECT_EQ(facts.direction, Direction::kHighToLow);
  EXPECT_EQ(facts.ip_bytes, 57u);
  EXPECT_EQ(facts.payload.size(), 29u);
  EXPECT_EQ(facts.payload.front(), std::byte{0x12});
}

TEST(Dissect, SkipsIpv4AndTcpOptionsToThePayload) {
  PacketFacts facts;
  Frame frame = Frame::ethernet()
                    .ipv4(kClient, kServer, {.option_bytes = 12})
                    .tcp(40000, 443, kAck, 32)
                    .payload(10, 'p');
  ASSERT_EQ(read(frame, facts), Drop::kNone);
  EXPECT_EQ(facts.key_v4.low_port(), 40000);
  EXPECT_EQ(facts.ip_bytes, 20u + 12 + 20 + 32 + 10);
  ASSERT_EQ(facts.payload.size(), 10u);
  EXPECT_EQ(facts.payload.front(), std::byte{'p'});
}

TEST(Dissect, NeverTakesPaddingForPayload) {
  PacketFacts facts;
  ASSERT_EQ(read(syn().padding(6, 0xee), facts), Drop::kNone);
  EXPECT_EQ(facts.ip_bytes, 40u);
  EXPECT_TRUE(facts.payload.empty());
  ASSERT_EQ(read(ipv6().udp(1, 2).payload(1).padding(20, 0xee), facts), Drop::kNone);
  EXPECT_EQ(facts.ip_bytes, 49u);
  EXPECT_EQ(facts.payload.size(), 1u);
}

// A datagram of 6 bytes behind the IP header is no UDP header, padded or not.
TEST(Dissect, NeverTakesPaddingForAHeader) {
  EXPECT_EQ(reason(Frame::ethernet().ipv4(kClient, kServer).protocol(17).payload(6).padding(20)),
            Drop::kTruncatedUdp);
  EXPECT_EQ(reason(Frame::ethernet().ipv4(kClient, kServer).protocol(6).payload(19).padding(7)),
            Drop::kTruncatedTcp);
  EXPECT_EQ(reason(ipv6().protocol(58).payload(3).padding(9)), Drop::kTruncatedIcmp);
  EXPECT_EQ(reason(ipv6().protocol(60).payload(4).padding(30)), Drop::kTruncatedIpv6Extension);
  EXPECT_EQ(reason(ipv6().protocol(44).payload(2).padding(30, 0xff)),
            Drop::kTruncatedIpv6Extension);
}

// With a snap length, lengths speak of the wire; only headers must be captured.
TEST(Dissect, CountsWhatTheSnapLengthLeftOut) {
  PacketFacts facts;
  Frame frame = Frame::ethernet().ipv4(kClient, kServer).tcp(40000, 443, kAck).payload(1400);
  ASSERT_EQ(read(frame.cut(54), facts), Drop::kNone);
  EXPECT_EQ(facts.ip_bytes, 1440u);
  EXPECT_TRUE(facts.payload.empty());
  frame = ipv6().udp(4000, 53).payload(500);
  ASSERT_EQ(read(frame.cut(14 + 40 + 8 + 3), facts), Drop::kNone);
  EXPECT_EQ(facts.ip_bytes, 548u);
  EXPECT_EQ(facts.payload.size(), 3u);
  frame = Frame::ethernet().ipv4(kClient, kServer).tcp(40000, 443, kAck, 20).payload(7);
  ASSERT_EQ(read(frame.cut(54), facts), Drop::kNone) << "only TCP options are cut";
  EXPECT_TRUE(facts.payload.empty());
}

TEST(Dissect, ALengthOfZeroLeavesItToTheFrame) {
  PacketFacts facts;
  Frame big = Frame::ethernet().ipv4(kClient, kServer).tcp(40000, 443, kAck).payload(65535);
  ASSERT_EQ(read(big, facts), Drop::kNone) << "BIG TCP";
  EXPECT_EQ(facts.ip_bytes, 65575u);
  EXPECT_EQ(facts.payload.size(), 65535u);
  ASSERT_EQ(read(big.cut(66), facts), Drop::kNone);
  EXPECT_EQ(facts.ip_bytes, 65575u);
  big = ipv6().tcp(40000, 443, kAck).payload(180000);
  ASSERT_EQ(read(big, facts), Drop::kNone);
  EXPECT_EQ(facts.ip_bytes, 180060u);
  // RFC 2675: hop-by-hop with the jumbo payload option, and payload length 0.
  big = ipv6().extension(0).tcp(40000, 443, kAck).payload(70000);
  ASSERT_EQ(read(big.cut(128), facts), Drop::kNone);
  EXPECT_EQ(facts.ip_bytes, 70068u);
  Frame small = Frame::ethernet().ipv4(kClient, kServer).tcp(1, 2, kAck).payload(9);
  ASSERT_EQ(read(small.set_ip_length(0), facts), Drop::kNone) << "a card that segments";
  EXPECT_EQ(facts.ip_bytes, 49u);
}

TEST(Dissect, ASourceThatStatesLessWireThanItCapturedIsHeldToTheCapture) {
  PacketFacts facts;
  ASSERT_EQ(read(syn().wire(3), facts), Drop::kNone);
  EXPECT_EQ(facts.ip_bytes, 40u);
}

struct Case {
  std::string name;
  Frame frame;
  Drop expected;
};

Frame many_extensions(std::size_t count) {
  Frame frame = ipv6();
  for (std::size_t i = 0; i < count; ++i) frame.extension(60);
  return frame.udp(1, 2);
}

Frame nested(std::size_t tunnels) {
  Frame frame = Frame::ethernet().ipv4(kClient, kServer);
  for (std::size_t i = 0; i < tunnels; ++i) frame.protocol(4).tunnel({}).ipv4(kClient, kServer);
  return frame.udp(1, 2);
}

// Each breaks one thing in a good frame, and must be told which.
std::vector<Case> broken_frames() {
  const auto plain = [] { return Frame::ethernet().ipv4(kClient, kServer); };
  return {
      {"EmptyEthernet", syn().cut(0), Drop::kTruncatedLink},
      {"EmptyRaw", Frame::raw().ipv4(1, 2).udp(1, 2).cut(0), Drop::kTruncatedLink},
      {"CookedV1Of15", Frame::cooked_v1().ipv4(1, 2).udp(1, 2).cut(15), Drop::kTruncatedLink},
      {"CookedV2Of19", Frame::cooked_v2().ipv4(1, 2).udp(1, 2).cut(19), Drop::kTruncatedLink},
      {"VlanCutInItsTag", Frame::ethernet().vlan(1).ipv4(1, 2).udp(1, 2).cut(15),
       Drop::kTruncatedVlan},
      {"VlanCutInItsType", Frame::ethernet().vlan(1).ipv4(1, 2).udp(1, 2).cut(17),
       Drop::kTruncatedVlan},
      {"FourTags", Frame::ethernet().vlan(1).vlan(2).vlan(3).vlan(4).ipv4(1, 2).udp(1, 2),
       Drop::kTooManyVlanTags},
      {"Arp", Frame::ethernet().ether_type(0x0806), Drop::kNotIp},
      {"LengthInsteadOfType", syn().ether_type(46), Drop::kNotIp},
      {"ArpBehindVlan", Frame::ethernet().vlan(5).ether_type(0x0806), Drop::kNotIp},
      {"Ipv4CutBeforeItsEnd", syn().cut(33), Drop::kTruncatedIpv4},
      {"Ipv4OptionsCut", plain().cut(34).set_ip(0, 0x46).wire(100).set_ip_length(60),
       Drop::kTruncatedIpv4},
      {"Ipv4SaysVersion6", syn().set_ip(0, 0x65), Drop::kBadIpVersion},
      {"Ipv6SaysVersion4", ipv6().udp(1, 2).set_ip(0, 0x40), Drop::kBadIpVersion},
      {"RawVersion5", Frame::raw().ipv4(1, 2).udp(1, 2).set_ip(0, 0x55), Drop::kBadIpVersion},
      {"HeaderOf16Bytes", syn().set_ip(0, 0x44), Drop::kBadIpv4HeaderLength},
      {"HeaderOf0Bytes", syn().set_ip(0, 0x40), Drop::kBadIpv4HeaderLength},
      {"HeaderLongerThanDatagram", syn().set_ip(0, 0x4b), Drop::kBadIpv4TotalLength},
      {"TotalLengthBelowHeader", syn().set_ip_length(19), Drop::kBadIpv4TotalLength},
      {"TotalLengthOneAboveFrame", syn().set_ip_length(41), Drop::kBadIpv4TotalLength},
      {"TotalLengthFarAboveFrame", syn().set_ip_length(0x2828), Drop::kBadIpv4TotalLength},
      {"Ipv6CutBeforeItsEnd", ipv6().udp(1, 2).cut(53), Drop::kTruncatedIpv6},
      {"PayloadLengthOneAboveFrame", ipv6().udp(1, 2).set_ip_length(9),
       Drop::kBadIpv6PayloadLength},
      {"ExtensionCut", ipv6().extension(0, 2).udp(1, 2).cut(14 + 40 + 15),
       Drop::kTruncatedIpv6Extension},
      {"ExtensionLongerThanDatagram", ipv6().extension(60).udp(1, 2).set_ip(41, 2),
       Drop::kTruncatedIpv6Extension},
      {"AuthenticationCut", ipv6().authentication(4).udp(1, 2).cut(14 + 40 + 23),
       Drop::kTruncatedIpv6Extension},
      {"FragmentHeaderCut", ipv6().fragment().udp(1, 2).cut(14 + 40 + 7),
       Drop::kTruncatedIpv6Extension},
      {"NineExtensions", many_extensions(9), Drop::kTooManyIpv6Extensions},
      {"TcpCut", syn().cut(53), Drop::kTruncatedTcp},
      {"TcpOffsetOf16", syn().set_transport(12, 0x40), Drop::kBadTcpDataOffset},
      {"TcpOffsetOneWordAbove", syn().set_transport(12, 0x60), Drop::kBadTcpDataOffset},
      {"UdpCut", plain().udp(1, 2).payload(9).cut(41), Drop::kTruncatedUdp},
      {"UdpLengthOf7", plain().udp(1, 2).set_transport(5, 7), Drop::kBadUdpLength},
      {"UdpLengthOf0", plain().udp(1, 2).set_transport(5, 0), Drop::kBadUdpLength},
      {"UdpLengthOneAbove", plain().udp(1, 2).set_transport(5, 9), Drop::kBadUdpLength},
      {"UdpLengthAboveInIpv6", ipv6().udp(1, 2).set_transport(4, 1), Drop::kBadUdpLength},
      {"IcmpOf7Bytes", plain().icmp().cut(41), Drop::kTruncatedIcmp},
      {"Icmp6Of3Bytes", ipv6().icmpv6().cut(57), Drop::kTruncatedIcmp},
      {"LaterFragment", plain().udp(1, 2).set_ip(7, 1), Drop::kIpFragment},
      {"LaterFragment6", ipv6().fragment(3).udp(1, 2), Drop::kIpFragment},
      {"Sctp", plain().protocol(132).payload(20), Drop::kUnsupportedProtocol},
      {"GreCut", plain().protocol(47).tunnel({0, 0, 8, 0}).ipv4(1, 2).udp(1, 2).cut(37),
       Drop::kTruncatedTunnel},
      {"Pptp", plain().protocol(47).tunnel({0x30, 1, 0x88, 0x0b, 0, 0, 0, 0}),
       Drop::kUnsupportedTunnel},
      {"FiveTunnels", nested(5), Drop::kTunnelTooDeep},
      {"NoNextHeader", ipv6().extension(60), Drop::kUnsupportedProtocol},
  };
}

TEST(Dissect, NamesTheOneThingThatIsBroken) {
  for (const Case& broken : broken_frames()) {
    EXPECT_EQ(name(reason(broken.frame)), name(broken.expected)) << broken.name;
  }
}

TEST(Dissect, FollowsAsManyTagsAndExtensionsAsItPromises) {
  EXPECT_EQ(reason(Frame::ethernet().vlan(1).vlan(2).vlan(3).ipv4(1, 2).udp(1, 2)), Drop::kNone);
  EXPECT_EQ(reason(nested(DissectOptions{}.tunnel_depth_max)), Drop::kNone);
  EXPECT_EQ(reason(many_extensions(kIpv6ExtensionMax)), Drop::kNone);
}

// Adding a reason to Drop without a frame that earns it fails here.
TEST(Dissect, EveryReasonHasAFrame) {
  std::set<Drop> earned;
  for (const Case& broken : broken_frames()) earned.insert(reason(broken.frame));
  // These are not about the frame; tests/dataplane/worker_test.cc has them.
  earned.insert({Drop::kTooLate, Drop::kFlowTableFull, Drop::kDuplicate, Drop::kShed});
  earned.insert(reason(syn()));
  for (std::size_t i = 0; i < kDropCount; ++i) {
    const auto drop = static_cast<Drop>(i);
    EXPECT_TRUE(earned.contains(drop)) << "no frame earns " << name(drop);
  }
}

TEST(Dissect, AllTextsAreGivenAndNamesAreUnique) {
  std::set<std::string_view> names;
  for (const DropText& text : kDropTexts) {
    EXPECT_FALSE(text.name.empty());
    EXPECT_FALSE(text.help.empty()) << text.name;
    EXPECT_TRUE(names.insert(text.name).second) << text.name;
  }
}

bool is_truncation(Drop drop) {
  return drop >= Drop::kTruncatedLink && drop <= Drop::kTruncatedTunnel;
}

// Cut by a snap length, a good frame is a truncated one or still counted, with
// the same key and the same length; it never turns into another fault.
TEST(Dissect, EveryCutOfAGoodFrameIsTruncatedOrCounted) {
  for (const auto& [name, frame] : test::good_frames()) {
    PacketFacts whole;
    ASSERT_EQ(read(frame, whole), Drop::kNone) << name;
    bool was_counted = false;
    for (std::size_t size = 0; size <= frame.bytes().size(); ++size) {
      Frame cut = frame;
      PacketFacts facts;
      const Drop drop = read(cut.cut(size), facts);
      EXPECT_TRUE(is_truncation(drop) || drop == Drop::kNone) << name << " of " << size;
      EXPECT_FALSE(was_counted && drop != Drop::kNone) << "more bytes, less sense: " << name;
      was_counted = drop == Drop::kNone;
      if (drop != Drop::kNone) continue;
      EXPECT_EQ(key_of(facts), key_of(whole)) << name << " of " << size;
      EXPECT_EQ(facts.ip_bytes, whole.ip_bytes) << name << " of " << size;
    }
    EXPECT_TRUE(was_counted) << name;
  }
}

void expect_like_naive(LinkType link, std::span<const std::byte> frame, std::size_t wire_bytes,
                       const std::string& what) {
  PacketFacts facts;
  test::NaiveFacts naive;
  const Drop drop = dissect(link, frame, static_cast<std::uint32_t>(wire_bytes), {}, facts);
  const Drop expected = test::NaiveDissector(link, frame, wire_bytes).run(naive);
  ASSERT_EQ(name(drop), name(expected)) << what;
  if (drop != Drop::kNone) return;
  ASSERT_EQ(key_of(facts), naive.key) << what;
  ASSERT_EQ(facts.direction, naive.direction) << what;
  ASSERT_EQ(facts.tcp_flags, naive.tcp_flags) << what;
  ASSERT_EQ(facts.ip_bytes, naive.ip_bytes) << what;
  ASSERT_EQ(facts.payload.size(), naive.payload_bytes) << what;
  if (naive.payload_bytes > 0) {
    ASSERT_EQ(facts.payload.data(), frame.data() + naive.payload_at) << what;
  }
}

// Every byte of every header set to every value, whole and as the capture cuts it.
TEST(Dissect, AgreesWithANaiveReaderOnEveryFrameThatDiffersInOneByte) {
  for (const auto& [name, frame] : test::good_frames()) {
    std::vector<std::byte> bytes(frame.bytes().begin(), frame.bytes().end());
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      const std::byte was = bytes[at];
      for (int value = 0; value < 256; ++value) {
        bytes[at] = static_cast<std::byte>(value);
        expect_like_naive(frame.link(), bytes, frame.wire_bytes(),
                          name + " byte " + std::to_string(at) + " is " + std::to_string(value));
        if (testing::Test::HasFatalFailure()) return;
      }
      bytes[at] = was;
    }
    for (std::size_t size = 0; size <= bytes.size(); ++size) {
      const std::span<const std::byte> cut = std::span(bytes).first(size);
      expect_like_naive(frame.link(), cut, frame.wire_bytes(), name);
      expect_like_naive(frame.link(), cut, size, name);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace mimir::wire
