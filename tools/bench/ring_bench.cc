// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/ring_bench.h"

#include <array>
#include <chrono>
#include <span>
#include <thread>
#include <vector>

#include "dataplane/record/record_ring.h"

namespace mimir::tools {

namespace {

constexpr std::size_t kBurst = 64;  // as a worker flushes

void send(RecordRing& ring, std::uint64_t record_count) {
  std::array<FlowRecord, kBurst> records{};
  for (std::uint64_t serial = 0; serial < record_count;) {
    for (FlowRecord& record : records) record.bytes[0] = serial++;
    std::span<const FlowRecord> left(records);
    while (true) {
      left = left.subspan(ring.push_records(left));
      if (left.empty()) break;
      std::this_thread::yield();
    }
  }
  ring.complete_through(RecordRing::kAllComplete);
}

}  // namespace

RingRound ring_once(std::uint64_t record_count) {
  using Clock = std::chrono::steady_clock;
  record_count = (record_count + kBurst - 1) / kBurst * kBurst;
  RecordRing ring(std::size_t{1} << 16);
  std::vector<FlowRecord> buffer(1024);
  std::uint64_t received = 0;
  bool in_order = true;
  const auto begin = Clock::now();
  const std::jthread sender([&ring, record_count] { send(ring, record_count); });
  for (bool ended = false; !ended;) {
    ended = ring.completed_through() == RecordRing::kAllComplete;
    bool was_empty = true;
    for (std::size_t count = 1; count > 0;) {
      count = ring.pop_records(buffer);
      for (std::size_t i = 0; i < count; ++i) in_order &= buffer[i].bytes[0] == received + i;
      received += count;
      was_empty = was_empty && count == 0;
    }
    if (was_empty) std::this_thread::yield();
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return {
      .records = received, .seconds = seconds, .is_exact = in_order && received == record_count};
}

}  // namespace mimir::tools
