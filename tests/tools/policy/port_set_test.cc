// SPDX-License-Identifier: Apache-2.0
#include "tools/policy/port_set.h"

#include <algorithm>
#include <bitset>
#include <iterator>

#include <gtest/gtest.h>

#include "tests/random.h"

namespace mimir::policy {
namespace {

using Bits = std::bitset<65536>;

struct Both {
  PortSet set;
  Bits bits;  // of UDP

  void add(std::uint16_t first, std::uint16_t last) {
    set.add(Protocol::kUdp, {.first = first, .last = last});
    for (std::size_t port = first; port <= last; ++port) bits.set(port);
  }
};

std::uint16_t edge(test::Random& random) {
  constexpr std::uint16_t kEdges[] = {0, 1, 2, 79, 80, 81, 1023, 1024, 65534, 65535};
  return kEdges[random.below(std::size(kEdges))];
}

Both draw(test::Random& random) {
  Both both;
  const std::uint64_t count = random.below(5);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint16_t a = edge(random);
    const std::uint16_t b = edge(random);
    both.add(std::min(a, b), std::max(a, b));
  }
  return both;
}

void expect_equal(const PortSet& set, const Bits& bits) {
  for (std::size_t port = 0; port < bits.size(); ++port) {
    ASSERT_EQ(set.contains(Protocol::kUdp, static_cast<std::uint16_t>(port)), bits[port]) << port;
  }
  ASSERT_EQ(set.empty(), bits.none());
}

TEST(PortSet, IsASetOfPorts) {
  test::Random random(11);
  for (int round = 0; round < 60; ++round) {
    const Both a = draw(random);
    const Both b = draw(random);
    PortSet united = a.set;
    united |= b.set;
    expect_equal(united, a.bits | b.bits);
    PortSet common = a.set;
    common &= b.set;
    expect_equal(common, a.bits & b.bits);
    PortSet rest = a.set;
    rest -= b.set;
    expect_equal(rest, a.bits & ~b.bits);
    // What is common and what is left make the whole, however it came about.
    common |= rest;
    EXPECT_EQ(common, a.set);
  }
}

TEST(PortSet, KeepsProtocolsApart) {
  PortSet set;
  EXPECT_TRUE(set.empty());
  set.add(Protocol::kTcp, {.first = 80, .last = 80});
  EXPECT_TRUE(set.contains(Protocol::kTcp, 80));
  EXPECT_FALSE(set.contains(Protocol::kUdp, 80));
  PortSet all = PortSet::all();
  all -= set;
  EXPECT_FALSE(all.contains(Protocol::kTcp, 80));
  EXPECT_TRUE(all.contains(Protocol::kTcp, 81));
  EXPECT_TRUE(all.contains(Protocol::kUdp, 80));
  EXPECT_TRUE(all.contains(Protocol::kIcmp, 0));
}

}  // namespace
}  // namespace mimir::policy
