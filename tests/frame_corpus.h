// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "tests/frame.h"

namespace mimir::test {

struct NamedFrame {
  std::string name;
  Frame frame;
};

/// One good frame of every tunnel: headers are written out from the documents that
/// define them. Each is a packet of the flow inside.
[[nodiscard]] inline std::vector<NamedFrame> good_tunnels() {
  constexpr std::uint32_t kNode = 0xc0a80001;
  constexpr std::uint32_t kOtherNode = 0xc0a80002;
  constexpr std::uint32_t kPod = 0x0af40105;
  constexpr std::uint32_t kOtherPod = 0x0af40207;
  const Address node = ipv6_address(0x11);
  const Address other_node = ipv6_address(0x12);
  const Address pod = ipv6_address(0x21);
  const Address other_pod = ipv6_address(0x22);
  std::vector<NamedFrame> frames;
  const auto add = [&frames](std::string name, const Frame& frame) {
    frames.push_back({std::move(name), frame});
  };
  const auto over = [&](std::uint8_t protocol) {
    return Frame::ethernet().ipv4(kNode, kOtherNode).protocol(protocol);
  };
  const auto udp = [&](std::uint16_t port) {
    return Frame::ethernet().ipv4(kNode, kOtherNode).udp(51234, port);
  };
  const auto tcp4 = [&](Frame frame) {
    return frame.ipv4(kPod, kOtherPod).tcp(40000, 8080, kSyn, 4);
  };
  const auto udp6 = [&](Frame frame) {
    return frame.ipv6(other_pod, pod).udp(53, 40000).payload(3);
  };

  add("ThreeTags", tcp4(Frame::ethernet().vlan(1, 0x88a8).vlan(2).vlan(3)));
  add("Mpls", tcp4(Frame::ethernet().ether_type(0x8847).shim({0, 1, 0x11, 64})));
  add("MplsThreeLabels6", udp6(Frame::ethernet().vlan(9).ether_type(0x8848).shim(
                              {0, 1, 0x10, 64, 0, 2, 0x20, 64, 0xff, 0xff, 0xff, 1})));
  add("Pppoe", tcp4(Frame::ethernet().ether_type(0x8864).shim({0x11, 0, 0, 7, 0, 46, 0, 0x21})));
  add("Pppoe6", udp6(Frame::ethernet().ether_type(0x8864).shim({0x11, 0, 0, 7, 0, 53, 0, 0x57})));
  add("Ipv4InIpv4", tcp4(over(4).tunnel({})));
  add("Ipv6InIpv4", udp6(over(41).tunnel({})));
  add("Ipv4InIpv6", tcp4(Frame::ethernet().ipv6(node, other_node).protocol(4).tunnel({})));
  add("Ipv6InIpv6",
      udp6(Frame::ethernet().ipv6(node, other_node).extension(60).protocol(41).tunnel({})));
  add("Gre", tcp4(over(47).tunnel({0, 0, 0x08, 0})));
  add("GreAllFields",
      udp6(over(47).tunnel({0xb0, 0, 0x86, 0xdd, 1, 2, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9})));
  add("GreBridged", tcp4(over(47).tunnel({0x20, 0, 0x65, 0x58, 0, 0, 0, 1}).ethernet_inside()));
  add("GreMpls", tcp4(over(47).tunnel({0, 0, 0x88, 0x47, 0, 1, 0x11, 64})));
  add("Erspan1", tcp4(over(47).tunnel({0, 0, 0x88, 0xbe}).ethernet_inside()));
  add("Erspan2", tcp4(over(47)
                          .tunnel({0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 7, 8, 1, 0, 0, 0, 2})
                          .ethernet_inside()
                          .vlan(5)));
  add("Erspan3",
      tcp4(over(47)
               .tunnel({0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 7, 8, 1, 1, 2, 3, 4, 0, 0, 0x80, 0})
               .ethernet_inside()));
  add("Erspan3OptionsIp",
      udp6(over(47).tunnel({0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 7, 8, 1, 1,    2,
                            3,    4, 0,    0,    8, 1, 0, 0, 0,    0, 0, 0, 0x11, 0x22})));
  add("Vxlan", tcp4(udp(4789).tunnel({8, 0, 0, 0, 0, 0, 1, 0}).ethernet_inside()));
  add("VxlanLinuxPort6",
      udp6(udp(8472).tunnel({8, 0, 0, 0, 0, 0, 1, 0}).ethernet_inside().vlan(4)));
  add("VxlanReservedBits", tcp4(udp(4789).tunnel({0xff, 1, 2, 3, 0, 0, 1, 9}).ethernet_inside()));
  add("VxlanGroupPolicy", tcp4(udp(4789).tunnel({0x88, 0, 0, 5, 0, 0, 1, 0}).ethernet_inside()));
  add("VxlanGpe", tcp4(udp(4790).tunnel({0x0c, 0, 0, 3, 0, 0, 1, 0}).ethernet_inside()));
  add("VxlanGpeIpv4", tcp4(udp(4790).tunnel({0x0c, 0, 0, 1, 0, 0, 1, 0})));
  add("VxlanGpeIpv6", udp6(udp(4790).tunnel({0x0c, 0, 0, 2, 0, 0, 1, 0})));
  add("Geneve", tcp4(udp(6081).tunnel({0, 0, 0x65, 0x58, 0, 0, 1, 0}).ethernet_inside()));
  add("GeneveOptions", udp6(udp(6081).tunnel({3,    0x40, 0x86, 0xdd, 0, 0, 1, 0, 1, 2,
                                              0x80, 2,    9,    9,    9, 9, 9, 9, 9, 9})));
  add("Gtp", tcp4(udp(2152).tunnel({0x30, 255, 0, 44, 0, 0, 0, 1})));
  add("GtpExtensions", udp6(udp(2152).tunnel({0x36, 255,  0, 63, 0, 0,    0, 1, 0, 1,
                                              0,    0x85, 1, 0,  9, 0xc0, 1, 3, 4, 0})));
  add("Teredo", udp6(udp(3544).tunnel({})));
  add("TeredoIndications",
      udp6(Frame::ethernet().ipv4(kNode, kOtherNode).udp(3544, 40001).tunnel({0, 1, 1, 2, 9, 8,
                                                                              8, 1, 2, 3, 4, 5,
                                                                              6, 7, 8, 0, 0, 0,
                                                                              1, 2, 3, 4, 5, 6})));
  add("ErspanVxlan", tcp4(over(47)
                              .tunnel({0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 7, 8, 1, 0, 0, 0, 2})
                              .ethernet_inside()
                              .ipv4(kNode, kOtherNode)
                              .udp(51234, 4789)
                              .tunnel({8, 0, 0, 0, 0, 0, 1, 0})
                              .ethernet_inside()));
  return frames;
}

/// One good frame of every kind the dissector knows: each is a packet of a flow.
[[nodiscard]] inline std::vector<NamedFrame> good_frames() {
  constexpr std::uint32_t kClient = 0x0a000001;
  constexpr std::uint32_t kServer = 0x0a00000b;
  const Address client = ipv6_address(1);
  const Address server = ipv6_address(2);
  const Ipv4Shape first_fragment{.more_fragments = true};
  std::vector<NamedFrame> frames;
  const auto add = [&frames](std::string name, const Frame& frame) {
    frames.push_back({std::move(name), frame});
  };
  add("EthernetTcp", Frame::ethernet().ipv4(kClient, kServer).tcp(40000, 443, kSyn));
  add("EthernetTcpPayload",
      Frame::ethernet().ipv4(kClient, kServer).tcp(40000, 443, kAck | kPush).payload(100));
  add("EthernetTcpOptions",
      Frame::ethernet().ipv4(kServer, kClient).tcp(443, 40000, kSyn | kAck, 20).payload(3));
  add("EthernetIpOptions", Frame::ethernet()
                               .ipv4(kClient, kServer, {.option_bytes = 40})
                               .tcp(40000, 443, kAck, 40)
                               .payload(9));
  add("EthernetPadded", Frame::ethernet().ipv4(kClient, kServer).udp(53, 53).padding(18));
  add("EthernetUdp", Frame::ethernet().ipv4(kClient, kServer).udp(5353, 53).payload(30));
  add("EthernetIcmp", Frame::ethernet().ipv4(kClient, kServer).icmp().payload(56));
  add("EthernetVlan",
      Frame::ethernet().vlan(7).ipv4(kClient, kServer).tcp(40000, 80, kFin).payload(5));
  add("EthernetQinQ", Frame::ethernet()
                          .vlan(7, 0x88a8)
                          .vlan(9)
                          .ipv4(kClient, kServer)
                          .udp(40000, 4789)
                          .payload(12));
  add("EthernetOldQinQ", Frame::ethernet().vlan(7, 0x9100).vlan(9).ipv6(client, server).icmpv6());
  add("EthernetUdpFirstFragment",
      Frame::ethernet().ipv4(kClient, kServer, first_fragment).udp(40000, 2049).payload(64));
  add("EthernetTcpFirstFragment", Frame::ethernet()
                                      .ipv4(kClient, kServer, first_fragment)
                                      .tcp(40000, 443, kSyn, 8)
                                      .set_transport(12, 0xa0));
  add("EthernetTcp6", Frame::ethernet().ipv6(client, server).tcp(40000, 443, kSyn, 20));
  add("EthernetUdp6", Frame::ethernet().ipv6(client, server).udp(5353, 5353).payload(40));
  add("EthernetIcmp6", Frame::ethernet().ipv6(client, server).icmpv6(135).payload(28));
  add("EthernetTcp6Extensions", Frame::ethernet()
                                    .ipv6(client, server)
                                    .extension(0)
                                    .extension(43, 3)
                                    .extension(60, 2)
                                    .authentication(4)
                                    .tcp(40000, 443, kAck)
                                    .payload(7));
  add("EthernetAtomicFragment6",
      Frame::ethernet().ipv6(client, server).fragment().udp(5353, 53).payload(11));
  add("EthernetFirstFragment6",
      Frame::ethernet().ipv6(client, server).fragment(0, true).udp(5353, 53).payload(48));
  add("RawTcp", Frame::raw().ipv4(kClient, kServer).tcp(40000, 443, kReset));
  add("RawUdp6", Frame::raw().ipv6(client, server).udp(53, 40000).payload(2));
  add("CookedV1Tcp", Frame::cooked_v1().ipv4(kClient, kServer).tcp(40000, 443, kAck).payload(1));
  add("CookedV1Vlan6", Frame::cooked_v1().vlan(3).ipv6(client, server).tcp(40000, 443, kAck));
  add("CookedV2Udp", Frame::cooked_v2().ipv4(kClient, kServer).udp(68, 67).payload(240));
  add("CookedV2Icmp6", Frame::cooked_v2().ipv6(client, server).icmpv6(1, 4).payload(44));
  for (NamedFrame& tunnel : good_tunnels()) frames.push_back(std::move(tunnel));
  return frames;
}

}  // namespace mimir::test
