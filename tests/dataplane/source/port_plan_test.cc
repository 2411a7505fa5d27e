// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/port_plan.h"

#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/source/loss_watch.h"
#include "tests/random.h"

namespace mimir::source {
namespace {

constexpr std::size_t kBuffer = 2048;

// Toeplitz, bit by bit: for every bit of the input that is set, the 32 bits of the key that
// begin at its place.
std::uint32_t toeplitz(std::span<const std::uint8_t> key, std::span<const std::uint8_t> input) {
  std::uint32_t hash = 0;
  for (std::size_t bit = 0; bit < 8 * input.size(); ++bit) {
    if ((input[bit / 8] >> (7 - bit % 8) & 1) == 0) continue;
    for (std::size_t i = 0; i < 32; ++i) {
      const std::size_t at = bit + i;
      const std::uint32_t key_bit = key[at / 8] >> (7 - at % 8) & 1U;
      hash ^= key_bit << (31 - i);
    }
  }
  return hash;
}

// The oracle's own: "Verifying the RSS Hash Calculation", Microsoft, its key and first vector.
TEST(PortPlan, TheNaiveToeplitzGivesThePublishedHash) {
  const std::vector<std::uint8_t> key{0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
                                      0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
                                      0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
                                      0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa};
  // 66.9.149.187:2794 to 161.142.100.80:1766
  const std::vector<std::uint8_t> input{66,  9,  149,       187,        161,       142,
                                        100, 80, 2794 >> 8, 2794 & 255, 1766 >> 8, 1766 & 255};
  EXPECT_EQ(toeplitz(key, input), 0x51ccc178u);
}

TEST(PortPlan, BothDirectionsOfAFlowHaveOneHash) {
  const auto key = symmetric_rss_key();
  test::Random random(1);
  std::vector<int> queues(8);
  for (int run = 0; run < 2000; ++run) {
    const std::size_t address_bytes = run % 2 == 0 ? 4 : 16;
    std::vector<std::uint8_t> one(2 * address_bytes + 4);
    for (std::uint8_t& byte : one) byte = static_cast<std::uint8_t>(random.next());
    std::vector<std::uint8_t> other;
    const auto take = [&](std::size_t from, std::size_t bytes) {
      for (std::size_t i = 0; i < bytes; ++i) other.push_back(one[from + i]);
    };
    take(address_bytes, address_bytes);
    take(0, address_bytes);
    take(2 * address_bytes + 2, 2);
    take(2 * address_bytes, 2);
    const std::uint32_t hash = toeplitz(key, one);
    ASSERT_EQ(hash, toeplitz(key, other));
    ++queues[hash % queues.size()];
  }
  // And it spreads: 2000 flows over 8 queues, within five standard deviations.
  for (const int flows : queues) EXPECT_NEAR(flows, 250, 5 * 14.8);
}

TEST(PortPlan, SpreadsByTheInnermostHashThePortHas) {
  EXPECT_EQ(plan_port({.hashes_flows = true, .hashes_inside = true}, 1, kBuffer).spread,
            Spread::kNone);
  EXPECT_EQ(plan_port({.hashes_flows = true, .hashes_inside = true}, 2, kBuffer).spread,
            Spread::kInner);
  EXPECT_EQ(plan_port({.hashes_flows = true}, 2, kBuffer).spread, Spread::kOuter);
  EXPECT_EQ(plan_port({}, 2, kBuffer).spread, Spread::kByDriver);
}

// Every frame up to the MTU lies in one buffer, or in several and the port does that, and
// never in more than the pool was made for.
TEST(PortPlan, TakesTheLongestFramesThatThePortAndItsBuffersHold) {
  for (std::size_t mtu_max = 1500; mtu_max < 65'000; mtu_max += 7) {
    for (const bool scatters : {false, true}) {
      const PortAbility ability{.scatters = scatters, .mtu_max = mtu_max, .overhead_bytes = 26};
      const PortPlan plan = plan_port(ability, 1, kBuffer);
      const std::size_t frame_bytes = plan.mtu + ability.overhead_bytes;
      ASSERT_LE(plan.mtu, mtu_max);
      ASSERT_LE(plan.scatters, scatters);
      ASSERT_TRUE(plan.scatters || frame_bytes <= kBuffer);
      ASSERT_LE(frame_bytes, kSegmentMax * kBuffer);
      // One byte more would not do.
      const bool is_longest =
          plan.mtu == mtu_max || plan.mtu == kMtuMax || (!scatters && frame_bytes == kBuffer);
      ASSERT_TRUE(is_longest) << mtu_max;
      ASSERT_TRUE(!plan.scatters || frame_bytes > kBuffer) << "only where it must";
      const bool is_told = !shortcomings(plan, ability, 1).empty();
      ASSERT_EQ(is_told, plan.mtu < std::min(mtu_max, kMtuMax)) << mtu_max;
    }
  }
  EXPECT_EQ(plan_port({.scatters = true}, 1, kBuffer).mtu, 0u) << "what is not said is let be";
}

TEST(PortPlan, SaysWhatThePortCannotDo) {
  const PortAbility ability{.mtu_max = 9000, .overhead_bytes = 26};
  const PortPlan plan = plan_port(ability, 4, kBuffer);
  EXPECT_EQ(shortcomings(plan, ability, 4),
            (std::vector<std::string>{
                "offers no hash: how its 4 queues share the packets is up to its driver",
                "cannot lay a frame over several buffers: frames above an MTU of 2022 are "
                "refused and counted as its errors"}));
}

// Names that drivers of DPDK 22.11 have: ixgbe, i40e, ice, mlx5, virtio, ena.
TEST(PortPlan, KnowsTheCountersThatTellOfLoss) {
  for (const char* name :
       {"rx_crc_errors", "rx_priority0_dropped", "rx_q0_errors", "rx_out_of_buffer",
        "rx_phy_discard_packets", "rx_length_errors", "mac_local_errors", "rx_discards_phy",
        "rx_l3_l4_xsum_error", "rx_no_mbuf", "rx_overflow_errors", "wd_expired_drops"}) {
    EXPECT_TRUE(counts_loss(name)) << name;
  }
  for (const char* name : {"rx_good_packets", "rx_good_bytes", "tx_errors", "rx_missed_errors",
                           "rx_errors", "rx_mbuf_allocation_errors", "tx_dropped", "mac_tx_errors",
                           "rx_q0_packets", "rx_size_64_packets", "rx_broadcast_packets"}) {
    EXPECT_FALSE(counts_loss(name)) << name;
  }
}

TEST(LossWatch, FullBurstsWhileTheCountRisesArePressedForSoManyPolls) {
  LossWatch watch;
  EXPECT_EQ(watch.look(true, 0), QueueLoad::kBusy);
  EXPECT_EQ(watch.look(false, 0), QueueLoad::kCalm);
  for (std::uint32_t i = 0; i < LossWatch::kPressedPollCount; ++i) {
    EXPECT_EQ(watch.look(true, 5), QueueLoad::kPressed) << i;
  }
  EXPECT_EQ(watch.look(true, 5), QueueLoad::kBusy) << "it did not rise again";
  EXPECT_EQ(watch.look(true, 6), QueueLoad::kPressed);
  EXPECT_EQ(watch.look(false, 6), QueueLoad::kCalm) << "nothing waits";
  EXPECT_EQ(watch.look(true, 6), QueueLoad::kBusy) << "and what was missed is past";
  EXPECT_EQ(watch.look(false, 9), QueueLoad::kCalm) << "missed in a stall that is over";
  EXPECT_EQ(watch.look(true, 9), QueueLoad::kBusy);
}

}  // namespace
}  // namespace mimir::source
