// SPDX-License-Identifier: Apache-2.0
#include "dataplane/wire/plain.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "tests/frame.h"
#include "tests/frame_corpus.h"

namespace mimir::wire {
namespace {

using test::Frame;

constexpr std::uint32_t kClient = 0x0a000001;
constexpr std::uint32_t kServer = 0x0a00000b;

bool is_plain(const Frame& frame) {
  PacketFacts facts;
  return dissect_plain(frame.bytes(), frame.wire_bytes(), {}, facts);
}

Frame ipv4() { return Frame::ethernet().ipv4(kClient, kServer); }
Frame ipv6() { return Frame::ethernet().ipv6(test::ipv6_address(1), test::ipv6_address(2)); }

// That it agrees with dissect() is the fuzzer's to show; here, that it does its work.
TEST(DissectPlain, TakesWhatAClusterMostlySends) {
  EXPECT_TRUE(is_plain(ipv4().tcp(40000, 443, test::kSyn)));
  EXPECT_TRUE(is_plain(ipv4().tcp(443, 40000, test::kAck, 12).payload(700)));
  EXPECT_TRUE(is_plain(ipv4().udp(53, 40000).payload(90)));
  EXPECT_TRUE(is_plain(ipv6().tcp(40000, 443, test::kSyn)));
  EXPECT_TRUE(is_plain(ipv6().udp(40000, 53).payload(30)));
}

TEST(DissectPlain, LeavesTheOthersToTheFullReader) {
  EXPECT_FALSE(is_plain(Frame::ethernet().vlan(7).ipv4(kClient, kServer).tcp(1, 2, test::kAck)));
  EXPECT_FALSE(is_plain(ipv4().udp(51234, 4789).payload(60, 0))) << "no frame inside";
  EXPECT_FALSE(is_plain(ipv4().udp(51234, 6081).payload(60)));
  EXPECT_FALSE(is_plain(ipv6().extension(60).tcp(1, 2, test::kAck)));
  EXPECT_FALSE(is_plain(
      Frame::ethernet().ipv4(kClient, kServer, {.more_fragments = true}).udp(1, 2).payload(8)));
  for (const auto& [name, frame] : test::good_tunnels()) {
    if (frame.link() != LinkType::kEthernet) continue;
    EXPECT_EQ(is_plain(frame), name.starts_with("Vxlan") && !name.starts_with("VxlanGpe") &&
                                   name != "VxlanLinuxPort6")
        << name;
  }
}

TEST(DissectPlain, ReadsNoByteThatIsNotThere) {
  const Frame whole = ipv4().tcp(40000, 443, test::kAck, 4).payload(10);
  for (std::size_t bytes = 0; bytes < whole.bytes().size(); ++bytes) {
    // A vector of its own, so that a sanitizer sees the first byte behind.
    const std::vector<std::byte> cut(whole.bytes().begin(),
                                     whole.bytes().begin() + static_cast<std::ptrdiff_t>(bytes));
    PacketFacts facts;
    EXPECT_EQ(dissect_plain(cut, whole.wire_bytes(), {}, facts), bytes >= 14 + 20 + 24) << bytes;
  }
}

}  // namespace
}  // namespace mimir::wire
