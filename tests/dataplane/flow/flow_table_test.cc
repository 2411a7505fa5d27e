// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flow/flow_table.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "tests/dataplane/flow/model_table.h"
#include "tests/random.h"

namespace mimir::flow {
namespace {

using test::kWindowNs;
using test::ModelTable;
using test::Random;

template <class Key>
Key key_number(std::uint32_t number);

template <>
FlowKeyV4 key_number<FlowKeyV4>(std::uint32_t number) {
  return {number, ~number, 7, 0, kProtocolTcp};
}
template <>
FlowKey key_number<FlowKey>(std::uint32_t number) {
  FlowKey key;
  key.high_port = 9;
  key.protocol = kProtocolUdp;
  std::memcpy(key.low_address.bytes.data() + 12, &number, sizeof number);
  key.high_address.bytes[0] = 0xfe;
  return key;
}

PacketCount packet_at(TimeNs time_ns, std::uint32_t ip_bytes = 100,
                      Direction direction = Direction::kLowToHigh, std::uint8_t flags = 0) {
  const TimeNs begin_ns = window_of(time_ns, kWindowNs) * kWindowNs;
  return {.time_ns = time_ns,
          .window_begin_ns = begin_ns,
          .window_end_ns = begin_ns + kWindowNs,
          .ip_bytes = ip_bytes,
          .direction = direction,
          .tcp_flags = flags};
}

template <class Key>
class FlowTableOf : public testing::Test {
 public:
  using Table = FlowTable<Key>;

  Drop count(Table& table, const Key& key, const PacketCount& packet) {
    return table.count(key, table.hash_of(key), packet,
                       [this](const FlowRecord& record) { emitted_.push_back(record); });
  }
  void sweep_all(Table& table, TimeNs before_ns) {
    std::size_t position = 0;
    while (!table.sweep(&position, {}, before_ns,
                        [this](const FlowRecord& record) { emitted_.push_back(record); })) {
    }
  }

  std::vector<FlowRecord> emitted_;
};

using Keys = testing::Types<FlowKeyV4, FlowKey>;
TYPED_TEST_SUITE(FlowTableOf, Keys);

TYPED_TEST(FlowTableOf, CountsBothDirectionsOfAFlowIntoOneRecord) {
  FlowTable<TypeParam> table(10, {}, kWindowNs);
  const TypeParam key = key_number<TypeParam>(1);
  ASSERT_TRUE(table.is_usable());
  EXPECT_EQ(this->count(table, key, packet_at(1015, 60, Direction::kHighToLow, 0x02)), Drop::kNone);
  EXPECT_EQ(this->count(table, key, packet_at(1030, 52, Direction::kLowToHigh, 0x12)), Drop::kNone);
  EXPECT_EQ(this->count(table, key, packet_at(1020, 1500, Direction::kHighToLow, 0x10)),
            Drop::kNone);
  EXPECT_EQ(table.size(), 1u);
  this->sweep_all(table, 2000);
  ASSERT_EQ(this->emitted_.size(), 1u);
  const FlowRecord& record = this->emitted_.front();
  EXPECT_EQ(record.key, widen(key));
  EXPECT_EQ(record.window, 10);
  EXPECT_EQ(record.bytes, (std::array<std::uint64_t, 2>{52, 1560}));
  EXPECT_EQ(record.packets, (std::array<std::uint64_t, 2>{1, 2}));
  EXPECT_EQ(record.tcp_flags, (std::array<std::uint8_t, 2>{0x12, 0x12}));
  EXPECT_EQ(record.first_ns, 1015);
  EXPECT_EQ(record.last_ns, 1030);
  EXPECT_EQ(record.first_direction, Direction::kHighToLow);
  EXPECT_EQ(record.signs, (std::array<std::uint8_t, 2>{kSentSynAck, kSentSyn | kSentAck}));
  EXPECT_EQ(record.reserved, (decltype(record.reserved){}));
}

TYPED_TEST(FlowTableOf, WhatWasCountedBeforeItGrewIsThereAfterwards) {
  FlowTable<TypeParam> table(1000, 20, {}, kWindowNs);
  for (std::uint32_t flow = 0; flow < 900; ++flow) {
    EXPECT_EQ(table.has_room(1), flow != 20 && flow != 160) << flow;
    while (!table.has_room(1)) table.grow();
    for (std::uint32_t packet = 0; packet <= flow % 3; ++packet) {
      EXPECT_EQ(this->count(table, key_number<TypeParam>(flow), packet_at(1000 + flow, flow)),
                Drop::kNone);
    }
  }
  EXPECT_EQ(table.size(), 900u);
  EXPECT_TRUE(this->emitted_.empty());
  this->sweep_all(table, 5000);
  ASSERT_EQ(this->emitted_.size(), 900u);
  for (const FlowRecord& record : this->emitted_) {
    const auto flow = static_cast<std::uint32_t>(record.first_ns - 1000);
    EXPECT_EQ(record.key, widen(key_number<TypeParam>(flow)));
    EXPECT_EQ(record.packets[0], flow % 3 + 1);
    EXPECT_EQ(record.bytes[0], std::uint64_t{flow} * (flow % 3 + 1));
  }
}

TYPED_TEST(FlowTableOf, AnEarlierPacketMovesTheBeginAndItsDirection) {
  FlowTable<TypeParam> table(10, {}, kWindowNs);
  const TypeParam key = key_number<TypeParam>(1);
  (void)this->count(table, key, packet_at(1050, 1, Direction::kHighToLow));
  (void)this->count(table, key, packet_at(1010, 1, Direction::kLowToHigh));
  this->sweep_all(table, 2000);
  ASSERT_EQ(this->emitted_.size(), 1u);
  EXPECT_EQ(this->emitted_[0].first_ns, 1010);
  EXPECT_EQ(this->emitted_[0].last_ns, 1050);
  EXPECT_EQ(this->emitted_[0].first_direction, Direction::kLowToHigh);
}

TYPED_TEST(FlowTableOf, CountersLeaveBeforeAPacketOfAnotherWindow) {
  FlowTable<TypeParam> table(10, {}, kWindowNs);
  const TypeParam key = key_number<TypeParam>(1);
  for (const TimeNs time_ns : {1099, 1100, 1098, 1100}) {  // forth, back and forth
    (void)this->count(table, key, packet_at(time_ns, 10));
  }
  ASSERT_EQ(this->emitted_.size(), 3u);
  EXPECT_EQ(this->emitted_[0].window, 10);
  EXPECT_EQ(this->emitted_[1].window, 11);
  EXPECT_EQ(this->emitted_[2].window, 10);
  EXPECT_EQ(table.size(), 1u);
}

TYPED_TEST(FlowTableOf, ASweepLeavesWhatBeganAtItsBoundAndForgetsTheIdle) {
  FlowTable<TypeParam> table(10, {}, kWindowNs);
  (void)this->count(table, key_number<TypeParam>(1), packet_at(1099));
  (void)this->count(table, key_number<TypeParam>(2), packet_at(1100));
  this->sweep_all(table, 1100);
  EXPECT_EQ(this->emitted_.size(), 1u);
  EXPECT_EQ(table.size(), 2u) << "the flow that left its counters stays, idle";
  this->sweep_all(table, 1100);
  EXPECT_EQ(this->emitted_.size(), 1u);
  EXPECT_EQ(table.size(), 1u);
  this->sweep_all(table, 1101);
  this->sweep_all(table, 1101);
  EXPECT_EQ(this->emitted_.size(), 2u);
  EXPECT_EQ(table.size(), 0u);
}

TYPED_TEST(FlowTableOf, AFullTableRefusesTheNewAndGoesOnCountingTheOld) {
  FlowTable<TypeParam> table(5, {}, kWindowNs);
  for (std::uint32_t i = 0; i < 5; ++i) {
    EXPECT_EQ(this->count(table, key_number<TypeParam>(i), packet_at(1000)), Drop::kNone);
  }
  EXPECT_EQ(this->count(table, key_number<TypeParam>(5), packet_at(1001)), Drop::kFlowTableFull);
  EXPECT_EQ(table.size(), 5u);
  for (std::uint32_t i = 0; i < 5; ++i) {
    EXPECT_EQ(this->count(table, key_number<TypeParam>(i), packet_at(1002)), Drop::kNone);
  }
  this->sweep_all(table, 2000);
  EXPECT_EQ(this->emitted_.size(), 5u);
  for (const FlowRecord& record : this->emitted_) EXPECT_EQ(record.packets[0], 2u);
  this->sweep_all(table, 2000);
  EXPECT_EQ(this->count(table, key_number<TypeParam>(5), packet_at(2001)), Drop::kNone)
      << "the sweep made room";
}

// Whoever forces all flows to one home gets kProbeMax of them and no more; the
// table has room for others still, and none of the probes leaves the memory.
TYPED_TEST(FlowTableOf, ProbesNoFurtherThanItsBound) {
  for (const std::uint64_t hash_value : {std::uint64_t{0}, ~std::uint64_t{0}}) {
    FlowTable<TypeParam> table(1000, {}, kWindowNs);
    const auto ignore = [](const FlowRecord&) {};
    std::size_t taken = 0;
    for (std::uint32_t i = 0; i < 700; ++i) {
      if (table.count(key_number<TypeParam>(i), hash_value, packet_at(1000), ignore) ==
          Drop::kNone) {
        ++taken;
      }
    }
    EXPECT_EQ(taken, FlowTable<TypeParam>::kProbeMax);
    EXPECT_EQ(table.size(), taken);
    EXPECT_EQ(table.count(key_number<TypeParam>(0), hash_value, packet_at(1000), ignore),
              Drop::kNone);
    EXPECT_EQ(table.count(key_number<TypeParam>(999), ~hash_value, packet_at(1000), ignore),
              Drop::kNone);
  }
}

// At 16/21 load runs are long, and still none reaches the bound.
TYPED_TEST(FlowTableOf, TakesAsManyFlowsAsItWasMadeFor) {
  constexpr std::uint32_t kFlowCount = 300'000;
  FlowTable<TypeParam> table(kFlowCount, {}, kWindowNs);
  std::uint32_t refused = 0;
  for (std::uint32_t i = 0; i < kFlowCount; ++i) {
    refused += this->count(table, key_number<TypeParam>(i), packet_at(1000)) != Drop::kNone;
  }
  EXPECT_EQ(refused, 0u);
  EXPECT_EQ(table.size(), kFlowCount);
  EXPECT_LE(table.memory_bytes(kFlowCount), std::size_t{128} * kFlowCount);
}

// Between locating and counting a sweep may have moved the flow, or the table may
// have been empty: a wrong guess costs time, nothing else.
TYPED_TEST(FlowTableOf, CountsAPacketWhereverItsFlowWasThoughtToBe) {
  FlowTable<TypeParam> table(16, {}, kWindowNs);
  const auto ignore = [](const FlowRecord&) {};
  for (std::size_t likely = 0; likely < 16; ++likely) {
    for (std::uint32_t i = 0; i < 16; ++i) {
      const TypeParam key = key_number<TypeParam>(i);
      EXPECT_EQ(table.count(key, table.hash_of(key), likely, packet_at(1000), ignore), Drop::kNone);
    }
  }
  EXPECT_EQ(table.size(), 16u);
  this->sweep_all(table, 2000);
  ASSERT_EQ(this->emitted_.size(), 16u);
  for (const FlowRecord& record : this->emitted_) EXPECT_EQ(record.packets[0], 16u);
}

TYPED_TEST(FlowTableOf, LocatesAFlowWhereItLies) {
  constexpr std::uint32_t kFlowCount = 3000;
  FlowTable<TypeParam> table(kFlowCount, {}, kWindowNs);
  for (std::uint32_t i = 0; i < kFlowCount; ++i) {
    (void)this->count(table, key_number<TypeParam>(i), packet_at(1000));
  }
  // Each flow has a slot of its own, and seven bits of tag leave few to be taken for another.
  std::set<std::size_t> places;
  for (std::uint32_t i = 0; i < kFlowCount; ++i) {
    places.insert(table.locate(table.hash_of(key_number<TypeParam>(i))));
  }
  EXPECT_GE(places.size(), kFlowCount * 9 / 10);
}

TYPED_TEST(FlowTableOf, ACounterLeavesBeforeItOverflows) {
  FlowSlot<TypeParam> slot;
  slot.key = key_number<TypeParam>(1);
  slot.count(packet_at(1000));
  slot.packets[0] = std::numeric_limits<std::uint32_t>::max();
  EXPECT_TRUE(slot.must_leave_before(packet_at(1001)));
  EXPECT_FALSE(slot.must_leave_before(packet_at(1001, 1, Direction::kHighToLow)));
}

// Both budgets bound a step, so that the worker never stalls at a window's edge.
TYPED_TEST(FlowTableOf, ASweepStopsAtEitherBudget) {
  const auto ignore = [](const FlowRecord&) {};
  FlowTable<TypeParam> table(100000, {}, kWindowNs);
  std::size_t position = 0;
  std::size_t steps = 1;
  while (!table.sweep(&position, {.slots = 4096, .flows = 256}, 2000, ignore)) {
    EXPECT_LE(position, steps * (4096 + 16)) << "an empty stretch is bounded too";
    ++steps;
  }
  EXPECT_GE(steps, 32u) << "131,251 + 512 slots, 4096 a step";
  for (std::uint32_t i = 0; i < 1000; ++i) {
    (void)this->count(table, key_number<TypeParam>(i), packet_at(1000));
  }
  std::size_t emitted = 0;
  const auto tally = [&emitted](const FlowRecord&) { ++emitted; };
  bool ended = false;
  while (!ended) {
    const std::size_t before = emitted;
    ended = table.sweep(&position, {.slots = 1000000, .flows = 7}, 2000, tally);
    EXPECT_LE(emitted - before, 7u);
  }
  EXPECT_EQ(emitted, 1000u);
  EXPECT_EQ(position, 0u);
}

/// Drives a table and its model with the same operations, and compares.
template <class Key>
void random_operations(std::size_t flow_count_max, std::uint32_t key_count, std::uint64_t seed) {
  Random random(seed);
  FlowTable<Key> table(flow_count_max, {.first = random.next(), .second = random.next()},
                       kWindowNs);
  ModelTable model(flow_count_max);
  ModelTable::Answer answer;
  const auto emit = [&answer](const FlowRecord& record) { answer.records.push_back(record); };
  std::size_t position = 0;
  TimeNs now_ns = 100 * kWindowNs;
  TimeNs before_ns = 0;
  const auto sweep = [&](const typename FlowTable<Key>::SweepBudget& budget) {
    answer = {.size_before = table.size()};
    const bool ended = table.sweep(&position, budget, before_ns, emit);
    answer.size_after = table.size();
    EXPECT_TRUE(model.sweep(before_ns, answer));
    EXPECT_TRUE(!ended || model.swept_all(before_ns));
    return ended;
  };
  for (int i = 0; i < 20000 && !testing::Test::HasFailure(); ++i) {
    if (random.below(4) != 0) {
      const Key key = key_number<Key>(static_cast<std::uint32_t>(random.below(key_count)));
      // Up to a window late, never older than what a sweep under way closes.
      const auto late_ns = static_cast<TimeNs>(random.below(10) == 0 ? random.below(100) : 0);
      const PacketCount packet = packet_at(
          std::max(now_ns - late_ns, before_ns), static_cast<std::uint32_t>(random.below(65536)),
          static_cast<Direction>(random.below(2)), static_cast<std::uint8_t>(random.next()));
      answer = {.size_before = table.size()};
      answer.drop = table.count(key, table.hash_of(key), packet, emit);
      answer.size_after = table.size();
      EXPECT_TRUE(model.count(widen(key), packet, answer));
    } else {
      if (position == 0) before_ns = (window_of(now_ns, kWindowNs) - 1) * kWindowNs;
      (void)sweep({.slots = 1 + random.below(200), .flows = 1 + random.below(6)});
    }
    now_ns += static_cast<TimeNs>(random.below(20));
  }
  // All that was counted leaves in the end, each flow exactly once.
  before_ns = std::numeric_limits<TimeNs>::max();
  position = 0;
  while (!sweep({})) {
  }
  EXPECT_EQ(model.active_count(), 0u);
  EXPECT_EQ(model.taken_packets(), model.counted_packets());
  EXPECT_EQ(model.taken_bytes(), model.counted_bytes());
  while (!sweep({})) {
  }
  EXPECT_EQ(table.size(), 0u) << "every flow is idle now, and all are found and forgotten";
}

TYPED_TEST(FlowTableOf, BehavesLikeAMapWithRoomToSpare) {
  random_operations<TypeParam>(1000, 200, 1);
}
TYPED_TEST(FlowTableOf, BehavesLikeAMapWhenFull) { random_operations<TypeParam>(100, 150, 2); }
TYPED_TEST(FlowTableOf, BehavesLikeAMapWhenTiny) {
  for (std::uint64_t seed = 3; seed < 13; ++seed) {
    random_operations<TypeParam>(1 + seed % 7, 12, seed);
  }
}

// One home for many keys, taken away from anywhere in the run: whoever remains
// must still be found at once, or it would be counted twice.
TYPED_TEST(FlowTableOf, EveryFlowIsFoundAfterAnyOtherIsForgotten) {
  Random random(99);
  for (int round = 0; round < 200; ++round) {
    FlowTable<TypeParam> table(40, {.first = random.next(), .second = random.next()}, kWindowNs);
    for (std::uint32_t i = 0; i < 40; ++i) {
      (void)this->count(table, key_number<TypeParam>(i), packet_at(1000));
    }
    this->sweep_all(table, 2000);  // all are idle
    std::set<std::uint32_t> kept;
    for (std::uint32_t i = 0; i < 40; ++i) {
      if (random.below(2) == 0) continue;
      kept.insert(i);
      (void)this->count(table, key_number<TypeParam>(i), packet_at(2000));
    }
    this->sweep_all(table, 2000);  // the idle half goes
    ASSERT_EQ(table.size(), kept.size());
    this->emitted_.clear();
    for (const std::uint32_t i : kept) {
      (void)this->count(table, key_number<TypeParam>(i), packet_at(2001));
    }
    ASSERT_EQ(table.size(), kept.size()) << "a flow was not found again";
    this->sweep_all(table, 3000);
    ASSERT_EQ(this->emitted_.size(), kept.size());
    for (const FlowRecord& record : this->emitted_) ASSERT_EQ(record.packets[0], 2u);
    this->emitted_.clear();
  }
}

TYPED_TEST(FlowTableOf, TheSecretChangesTheOrderAndNothingElse) {
  std::vector<std::vector<FlowRecord>> runs;
  for (const HashSecret secret : {HashSecret{}, HashSecret{.first = 12345, .second = 678910}}) {
    FlowTable<TypeParam> table(100, secret, kWindowNs);
    this->emitted_.clear();
    for (std::uint32_t i = 0; i < 100; ++i) {
      (void)this->count(table, key_number<TypeParam>(i), packet_at(1000 + i, i));
    }
    this->sweep_all(table, 2000);
    runs.push_back(this->emitted_);
  }
  const auto equal = [](const FlowRecord& a, const FlowRecord& b) {
    return std::memcmp(&a, &b, sizeof a) == 0;
  };
  const auto by_key = [](const FlowRecord& a, const FlowRecord& b) { return a.key < b.key; };
  EXPECT_FALSE(std::equal(runs[0].begin(), runs[0].end(), runs[1].begin(), equal));
  for (auto& run : runs) std::sort(run.begin(), run.end(), by_key);
  EXPECT_TRUE(std::equal(runs[0].begin(), runs[0].end(), runs[1].begin(), equal));
}

// Counters that are alike (hosts of one subnet) still spread: of 2^16 flows over
// 2^12 places no place gets far more than its 16, Poisson's 1 - 1e-6 being 42.
TYPED_TEST(FlowTableOf, NeighbouringKeysSpreadOverTheTable) {
  std::vector<int> places(4096);
  for (std::uint32_t i = 0; i < 65536; ++i) {
    ++places[hash(key_number<TypeParam>(i), HashSecret{}) >> 52];
  }
  EXPECT_LT(*std::max_element(places.begin(), places.end()), 48);
  EXPECT_GT(*std::min_element(places.begin(), places.end()), 0);
}

// Every bit of every byte, the number of bytes and where they are cut count.
TEST(Hash, OfBytesDiffersWithEachOfThem) {
  std::vector<std::byte> bytes(100);
  std::set<std::uint64_t> hashes;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] ^= std::byte{1} << bit % 8;
    hashes.insert(hash(bytes, 0, {}));
    bytes[bit / 8] ^= std::byte{1} << bit % 8;
  }
  for (std::size_t count = 0; count <= bytes.size(); ++count) {
    hashes.insert(hash(std::span(bytes).first(count), 0, {}));  // zeros all, of other lengths
  }
  hashes.insert(hash(bytes, 1, {}));
  hashes.insert(hash(bytes, 0, {.first = 1, .second = 2}));
  EXPECT_EQ(hashes.size(), 8 * bytes.size() + bytes.size() + 1 + 2);
}

// Who knows the secret cannot make a word that all before it is forgotten at.
TEST(Hash, OfBytesForgetsNothingAtAWordThatIsTheSecret) {
  const HashSecret secret;
  std::set<std::uint64_t> hashes;
  for (std::uint8_t first = 0; first < 200; ++first) {
    std::array<std::uint64_t, 6> words{first, 0, secret.first, secret.second, 7, 7};
    for (const std::uint64_t word : {secret.first, secret.second, std::uint64_t{0}}) {
      words[2] = word;
      hashes.insert(hash(std::as_bytes(std::span(words)), 0, secret));
    }
  }
  EXPECT_EQ(hashes.size(), 600u);
}

// A key made in memory that was full of ones before hashes like any other.
TYPED_TEST(FlowTableOf, NothingButTheKeysFieldsEntersTheHash) {
  alignas(TypeParam) std::array<std::byte, sizeof(TypeParam)> memory;
  memory.fill(std::byte{0xff});
  const TypeParam* const made = new (memory.data()) TypeParam(key_number<TypeParam>(77));
  EXPECT_EQ(hash(*made, {}), hash(key_number<TypeParam>(77), {}));
  EXPECT_NE(hash(*made, {}), hash(key_number<TypeParam>(78), {}));
  EXPECT_NE(hash(*made, {}), hash(*made, {.first = 1, .second = 2}));
}

TEST(SlotMemory, IsZeroAndSaysSoWhenItCannotBeHad) {
  const SlotMemory memory(100000);
  ASSERT_NE(memory.data(), nullptr);
  const auto* const bytes = static_cast<const std::byte*>(memory.data());
  EXPECT_TRUE(std::all_of(bytes, bytes + 100000, [](std::byte b) { return b == std::byte{}; }));
  const SlotMemory impossible(std::size_t{1} << 62);
  EXPECT_EQ(impossible.data(), nullptr);
}

}  // namespace
}  // namespace mimir::flow
