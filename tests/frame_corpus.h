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
  return frames;
}

}  // namespace mimir::test
