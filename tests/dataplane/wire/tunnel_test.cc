// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/wire/dissect.h"
#include "dataplane/wire/shim.h"
#include "tests/frame.h"
#include "tests/frame_corpus.h"

namespace mimir::wire {
namespace {

using test::Frame;
using test::kAck;
using test::kSyn;

constexpr std::uint32_t kNode = 0x0a000001;
constexpr std::uint32_t kOtherNode = 0x0a000002;
constexpr std::uint32_t kPod = 0x0af40105;
constexpr std::uint32_t kOtherPod = 0x0af40207;

Drop read(const Frame& frame, PacketFacts& facts) {
  return dissect(frame.link(), frame.bytes(), frame.wire_bytes(), {}, facts);
}
Drop reason(const Frame& frame) {
  PacketFacts facts;
  return read(frame, facts);
}

Frame to_port(std::uint16_t port) {
  return Frame::ethernet().ipv4(kNode, kOtherNode).udp(51000, port);
}
Frame vxlan() { return to_port(4789).tunnel({8, 0, 0, 0, 0, 0, 1, 0}).ethernet_inside(); }
Frame over(std::uint8_t protocol) {
  return Frame::ethernet().ipv4(kNode, kOtherNode).protocol(protocol);
}

/// Whether the frame was counted as the carrier's own flow of nodes.
bool is_of_nodes(const Frame& frame) {
  PacketFacts facts;
  return read(frame, facts) == Drop::kNone && facts.key_v4.low_address() == kNode &&
         facts.key_v4.high_address() == kOtherNode && facts.key_v4.protocol() == kProtocolUdp;
}

// A Kubernetes overlay as a mirror between two nodes sees it.
TEST(Tunnel, AHandshakeOfPodsOverVxlanIsAFlowOfThePods) {
  const FlowKeyV4 key(kPod, kOtherPod, 40000, 8080, kProtocolTcp);
  const Frame back = Frame::ethernet()
                         .ipv4(kOtherNode, kNode)
                         .udp(52000, 4789)
                         .tunnel({8, 0, 0, 0, 0, 0, 1, 0})
                         .ethernet_inside();
  PacketFacts facts;
  ASSERT_EQ(read(vxlan().ipv4(kPod, kOtherPod).tcp(40000, 8080, kSyn, 20), facts), Drop::kNone);
  EXPECT_EQ(facts.key_v4, key);
  EXPECT_EQ(facts.direction, Direction::kLowToHigh);
  EXPECT_EQ(facts.tcp_flags, kSyn);
  EXPECT_EQ(facts.ip_bytes, 60u) << "of the pods' datagram, not of the nodes'";
  ASSERT_EQ(read(Frame(back).ipv4(kOtherPod, kPod).tcp(8080, 40000, kSyn | kAck, 20), facts),
            Drop::kNone);
  EXPECT_EQ(facts.key_v4, key);
  EXPECT_EQ(facts.direction, Direction::kHighToLow);
  EXPECT_EQ(facts.tcp_flags, kSyn | kAck);
  ASSERT_EQ(read(vxlan().ipv4(kPod, kOtherPod).tcp(40000, 8080, kAck).payload(7), facts),
            Drop::kNone);
  EXPECT_EQ(facts.key_v4, key);
  EXPECT_EQ(facts.ip_bytes, 47u);
  EXPECT_EQ(facts.payload.size(), 7u);
}

// The corpus says what is inside: one TCP handshake over IPv4, one DNS answer over IPv6.
TEST(Tunnel, EveryKindYieldsTheInnermostFlow) {
  for (const auto& [name, frame] : test::good_tunnels()) {
    PacketFacts facts;
    ASSERT_EQ(read(frame, facts), Drop::kNone) << name;
    if (facts.family == Family::kIpv4) {
      EXPECT_EQ(facts.key_v4, (FlowKeyV4(0x0af40105, 0x0af40207, 40000, 8080, kProtocolTcp)))
          << name;
      EXPECT_EQ(facts.tcp_flags, kSyn) << name;
      EXPECT_EQ(facts.ip_bytes, 44u) << name;
      EXPECT_EQ(facts.direction, Direction::kLowToHigh) << name;
    } else {
      EXPECT_EQ(facts.key_v6, (FlowKey{.low_address = test::ipv6_address(0x21),
                                       .high_address = test::ipv6_address(0x22),
                                       .low_port = 40000,
                                       .high_port = 53,
                                       .protocol = kProtocolUdp}))
          << name;
      EXPECT_EQ(facts.tcp_flags, 0) << name;
      EXPECT_EQ(facts.ip_bytes, 51u) << name;
      EXPECT_EQ(facts.direction, Direction::kHighToLow) << name;
    }
  }
}

TEST(Tunnel, WhatOnlyLooksLikeOneIsAnOrdinaryFlow) {
  EXPECT_TRUE(is_of_nodes(to_port(4789))) << "nothing inside";
  EXPECT_TRUE(is_of_nodes(to_port(4789).payload(7, 8))) << "shorter than the header";
  EXPECT_TRUE(is_of_nodes(to_port(4789).payload(50, 0))) << "no valid identifier";
  EXPECT_TRUE(is_of_nodes(to_port(4789).tunnel({8, 0, 0, 0, 0, 0, 1, 0}).payload(13)));
  EXPECT_TRUE(is_of_nodes(to_port(4789).tunnel({8, 0, 0, 0, 0, 0, 1, 0}).payload(60)));
  EXPECT_TRUE(is_of_nodes(vxlan().ipv4(1, 2).udp(1, 2).set_ip(0, 0x55))) << "IP version";
  EXPECT_TRUE(is_of_nodes(vxlan().ipv4(1, 2).udp(1, 2).set_ip(0, 0x44))) << "header length";
  EXPECT_TRUE(is_of_nodes(vxlan().ipv4(1, 2).udp(1, 2).set_ip_length(29))) << "total length";
  EXPECT_TRUE(is_of_nodes(to_port(6081).payload(40, 0x40))) << "version 1";
  EXPECT_TRUE(is_of_nodes(to_port(2152).tunnel({0x30, 1, 0, 0, 0, 0, 0, 0}))) << "an echo";
  EXPECT_TRUE(is_of_nodes(to_port(3544).payload(48, 'x')));
  EXPECT_TRUE(is_of_nodes(to_port(4790).payload(48, 'x')));
}

TEST(Tunnel, WhatIsOneAndBrokenLeavesByTheNameOfItsFault) {
  EXPECT_EQ(reason(vxlan().ether_type(0x0806).payload(28, 0)), Drop::kNotIp) << "ARP of pods";
  EXPECT_EQ(reason(vxlan().ipv4(1, 2).tcp(1, 2, kSyn).set_transport(12, 0x40)),
            Drop::kBadTcpDataOffset);
  EXPECT_EQ(reason(vxlan().ipv4(1, 2).udp(1, 2).cut(45)), Drop::kTruncatedTunnel);
  EXPECT_EQ(reason(vxlan().ipv4(1, 2).udp(1, 2).cut(60)), Drop::kTruncatedLink);
  EXPECT_EQ(reason(vxlan().ipv4(1, 2).udp(1, 2).cut(70)), Drop::kTruncatedIpv4);
  EXPECT_EQ(reason(vxlan().ipv4(1, 2, {.fragment_offset = 9}).protocol(17).payload(9)),
            Drop::kIpFragment);
  EXPECT_EQ(reason(over(4).tunnel({}).ipv4(1, 2).udp(1, 2).set_ip(0, 0x55)), Drop::kBadIpVersion);
  EXPECT_EQ(reason(over(41).tunnel({}).ipv4(1, 2).udp(1, 2)), Drop::kTruncatedIpv6);
  EXPECT_EQ(reason(over(4).tunnel({}).payload(19)), Drop::kTruncatedIpv4);
  EXPECT_EQ(reason(vxlan().ipv4(1, 2).protocol(4).tunnel({}).ipv4(3, 4).udp(1, 2).set_ip(0, 0x55)),
            Drop::kBadIpVersion)
      << "the tunnel inside is none of a port";
}

TEST(Tunnel, WhatIsNotFollowedIsRefusedByName) {
  EXPECT_EQ(reason(over(47).tunnel({0x40, 0, 8, 0, 0, 0, 0, 0})), Drop::kUnsupportedTunnel)
      << "source routing";
  EXPECT_EQ(reason(over(47).tunnel({0, 0, 0, 0})), Drop::kUnsupportedTunnel) << "a keepalive";
  EXPECT_EQ(reason(to_port(4790).tunnel({0x0c, 0, 0, 4, 0, 0, 1, 0})), Drop::kUnsupportedTunnel)
      << "a network service header";
  const auto mpls = [] { return Frame::ethernet().ether_type(0x8847); };
  EXPECT_EQ(reason(mpls().shim({0, 1, 0x11, 64, 0, 0, 0, 1})), Drop::kUnsupportedTunnel)
      << "a pseudowire's control word";
  EXPECT_EQ(reason(mpls().shim({0, 1, 0x11, 64})), Drop::kTruncatedTunnel);
  const auto pppoe = [] { return Frame::ethernet().ether_type(0x8864); };
  EXPECT_EQ(reason(pppoe().shim({0x11, 9, 0, 1, 0, 2, 0, 0x21})), Drop::kUnsupportedTunnel);
  EXPECT_EQ(reason(pppoe().shim({0x11, 0, 0, 1, 0, 2, 0xc0, 0x21})), Drop::kNotIp) << "LCP";
}

TEST(Tunnel, FollowsAsManyLabelsAsItPromises) {
  for (const std::size_t labels : {kMplsLabelMax, kMplsLabelMax + 1}) {
    Frame frame = Frame::ethernet().ether_type(0x8847);
    for (std::size_t i = 1; i < labels; ++i) frame.shim({0, 1, 0x10, 64});
    EXPECT_EQ(reason(frame.shim({0, 1, 0x11, 64}).ipv4(1, 2).udp(1, 2)),
              labels > kMplsLabelMax ? Drop::kTunnelTooDeep : Drop::kNone);
  }
}

TEST(Tunnel, FollowsAsManyTunnelsOverUdpAsItPromises) {
  Frame frame = Frame::ethernet();
  for (std::size_t i = 0; i < DissectOptions{}.tunnel_depth_max; ++i) {
    frame.ipv4(kNode, kOtherNode).udp(5, 4789).tunnel({8, 0, 0, 0, 0, 0, 1, 0}).ethernet_inside();
  }
  EXPECT_EQ(reason(Frame(frame).ipv4(kPod, kOtherPod).udp(1, 2)), Drop::kNone);
  EXPECT_EQ(reason(frame.ipv4(kNode, kOtherNode)
                       .udp(5, 4789)
                       .tunnel({8, 0, 0, 0, 0, 0, 1, 0})
                       .ethernet_inside()
                       .ipv4(kPod, kOtherPod)
                       .udp(1, 2)),
            Drop::kTunnelTooDeep);
}

DissectOptions with_networks() {
  DissectOptions options;
  options.network_mask = DissectOptions::kNetworkBits;
  return options;
}

/// The network of a frame's flow, told by both keys the same.
std::uint32_t network_of(const Frame& frame) {
  PacketFacts facts;
  EXPECT_EQ(dissect(frame.link(), frame.bytes(), frame.wire_bytes(), with_networks(), facts),
            Drop::kNone);
  return facts.family == Family::kIpv4 ? widen(facts.key_v4).network() : facts.key_v6.network();
}

TEST(Tunnel, TheInnermostLayerThatNamesANetworkSaysWhichItIs) {
  const auto pods = [](Frame frame) { return frame.ipv4(kPod, kOtherPod).tcp(1, 2, kAck); };
  const auto pods6 = [](Frame frame) {
    return frame.ipv6(test::ipv6_address(1), test::ipv6_address(2)).udp(1, 2);
  };
  const auto vni = [](Frame frame) {
    return frame.udp(5, 4789).tunnel({8, 0, 0, 0, 0xab, 0xcd, 0xef, 0}).ethernet_inside();
  };
  EXPECT_EQ(network_of(pods(Frame::ethernet())), 0u);
  EXPECT_EQ(network_of(pods(Frame::ethernet().vlan(0xe07b))), 0x7bu) << "priority does not count";
  EXPECT_EQ(network_of(pods(Frame::ethernet().vlan(0xabc, 0x88a8).vlan(0xdef))), 0xabcdefu);
  EXPECT_EQ(network_of(pods(Frame::ethernet().vlan(1).vlan(2).vlan(3))), 0x2003u);
  const Frame overlay = vni(Frame::ethernet().vlan(9).ipv4(kNode, kOtherNode));
  EXPECT_EQ(network_of(pods(overlay)), 0xabcdefu);
  EXPECT_EQ(network_of(pods6(overlay)), 0xabcdefu);
  EXPECT_EQ(network_of(pods(Frame(overlay).vlan(4))), 0xabcdefu) << "a tag right inside";
  const Frame geneve = to_port(6081).tunnel({0, 0, 0x65, 0x58, 0, 1, 2, 0}).ethernet_inside();
  EXPECT_EQ(network_of(pods(geneve)), 0x102u);
  EXPECT_EQ(network_of(pods(to_port(4790).tunnel({0x0c, 0, 0, 1, 0, 0, 3, 0}))), 3u);
  // A mirror's own tunnel names nothing; what is inside may, or what is around it.
  const auto erspan = [](Frame frame) {
    return frame.ipv4(kNode, kOtherNode).protocol(47).tunnel({0, 0, 0x88, 0xbe}).ethernet_inside();
  };
  EXPECT_EQ(network_of(pods(erspan(Frame::ethernet().vlan(9)).vlan(5))), 5u);
  EXPECT_EQ(network_of(pods(erspan(Frame::ethernet().vlan(9)))), 9u);
  EXPECT_EQ(network_of(pods(erspan(Frame(overlay)).vlan(5))), 5u);
  PacketFacts facts;
  ASSERT_EQ(read(pods(overlay), facts), Drop::kNone);
  EXPECT_EQ(facts.key_v4.network(), 0u) << "where nobody asked";
}

TEST(Tunnel, VxlanIsLookedForWhereOneSays) {
  DissectOptions options;
  options.ports = TunnelPorts({4799});
  PacketFacts facts;
  const Frame there = to_port(4799)
                          .tunnel({8, 0, 0, 0, 0, 0, 1, 0})
                          .ethernet_inside()
                          .ipv4(kPod, kOtherPod)
                          .tcp(40000, 8080, kSyn);
  const Frame elsewhere = vxlan().ipv4(kPod, kOtherPod).tcp(40000, 8080, kSyn);
  const auto address = [&](const Frame& frame) {
    EXPECT_EQ(dissect(frame.link(), frame.bytes(), frame.wire_bytes(), options, facts),
              Drop::kNone);
    return facts.key_v4.low_address();
  };
  EXPECT_EQ(address(there), kPod);
  EXPECT_EQ(address(elsewhere), kNode);
  EXPECT_TRUE(is_of_nodes(there));
}

// The first fragment of a carrier holds the headers of what is inside, and its length.
TEST(Tunnel, TheFirstFragmentOfACarrierCountsTheWholeDatagramInside) {
  PacketFacts facts;
  Frame first = Frame::ethernet()
                    .ipv4(kNode, kOtherNode, {.more_fragments = true})
                    .udp(51000, 4789)
                    .tunnel({8, 0, 0, 0, 0, 0, 1, 0})
                    .ethernet_inside()
                    .ipv4(kPod, kOtherPod)
                    .tcp(40000, 8080, kAck)
                    .payload(100)
                    .set_ip_length(1500);
  ASSERT_EQ(read(first, facts), Drop::kNone);
  EXPECT_EQ(facts.key_v4.low_address(), kPod);
  EXPECT_EQ(facts.ip_bytes, 1500u);
}

// RFC 2675: a carrier too long for its fields has lengths of 0.
TEST(Tunnel, ACarrierTooLongForItsLengthsIsFollowed) {
  PacketFacts facts;
  const Address host = test::ipv6_address(1);
  const Frame big = Frame::ethernet()
                        .ipv6(host, test::ipv6_address(2))
                        .udp(51000, 4789)
                        .tunnel({8, 0, 0, 0, 0, 0, 1, 0})
                        .ethernet_inside()
                        .ipv6(test::ipv6_address(3), test::ipv6_address(4))
                        .tcp(40000, 8080, kAck)
                        .payload(80000);
  ASSERT_EQ(read(big, facts), Drop::kNone);
  EXPECT_EQ(facts.key_v6.low_address, test::ipv6_address(3));
  EXPECT_EQ(facts.ip_bytes, 80060u);
}

}  // namespace
}  // namespace mimir::wire
