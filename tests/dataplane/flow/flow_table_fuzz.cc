// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include "dataplane/flow/flow_table.h"
#include "tests/dataplane/flow/model_table.h"
#include "tests/fuzz_target.h"
#include "tests/random.h"

namespace mimir::test {

std::vector<FuzzInput> fuzz_seeds() {
  std::vector<FuzzInput> seeds;
  Random random(7);
  for (int i = 0; i < 40; ++i) {
    FuzzInput& seed = seeds.emplace_back();
    const std::uint64_t size = 3 + 3 * random.below(200);
    for (std::uint64_t at = 0; at < size; ++at) {
      seed.push_back(static_cast<std::byte>(random.next()));
    }
  }
  return seeds;
}

std::vector<FuzzInput> fuzz_inputs_of(std::span<const std::byte>) { return {}; }

}  // namespace mimir::test

// The first byte is the table's size, the second its secret; then three bytes an
// operation: a packet of one of 32 flows, some time later, or a step of a sweep.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mimir;
  using test::kWindowNs;
  using test::must;
  using Table = flow::FlowTable<FlowKeyV4>;
  if (size < 2) return 0;
  const std::size_t flow_count_max = 1 + data[0] % 24;
  test::Random secret(data[1]);
  Table table(flow_count_max, {.first = secret.next(), .second = secret.next()}, kWindowNs);
  test::ModelTable model(flow_count_max);
  test::ModelTable::Answer answer;
  const auto emit = [&answer](const FlowRecord& record) { answer.records.push_back(record); };
  TimeNs now_ns = 100 * kWindowNs;
  TimeNs before_ns = 0;
  std::size_t position = 0;
  const auto sweep = [&](const Table::SweepBudget& budget) {
    answer = {.size_before = table.size()};
    const bool ended = table.sweep(&position, budget, before_ns, emit);
    answer.size_after = table.size();
    must(model.sweep(before_ns, answer), "a sweep emits what is old, and all of it once");
    must(!ended || model.swept_all(before_ns), "a sweep that ended left nothing old");
    return ended;
  };
  for (std::size_t at = 2; at + 3 <= size; at += 3) {
    const std::uint8_t* const operation = data + at;
    now_ns += operation[2] % 64;
    if (operation[0] < 0xc0) {
      const FlowKeyV4 key(operation[0] % 32U, 99, 0, 0, kProtocolTcp);
      const TimeNs time_ns = std::max(now_ns - operation[1] % 128, before_ns);
      const TimeNs begin_ns = window_of(time_ns, kWindowNs) * kWindowNs;
      const flow::PacketCount packet{.time_ns = time_ns,
                                     .window_begin_ns = begin_ns,
                                     .window_end_ns = begin_ns + kWindowNs,
                                     .ip_bytes = operation[1],
                                     .direction = static_cast<Direction>(operation[1] & 1),
                                     .tcp_flags = operation[2]};
      answer = {.size_before = table.size()};
      answer.drop = table.count(key, table.hash_of(key), packet, emit);
      answer.size_after = table.size();
      must(model.count(widen(key), packet, answer), "a packet is counted as in a map");
    } else {
      if (position == 0) before_ns = (window_of(now_ns, kWindowNs) - 1) * kWindowNs;
      (void)sweep(
          {.slots = std::size_t{1} + operation[1], .flows = std::size_t{1} + operation[2] % 8U});
    }
  }
  before_ns = std::numeric_limits<TimeNs>::max();
  for (position = 0; !sweep({});) {
  }
  while (!sweep({})) {
  }
  must(model.taken_packets() == model.counted_packets(), "every packet left in a record");
  must(model.taken_bytes() == model.counted_bytes(), "and every byte");
  must(table.size() == 0, "every idle flow is found and forgotten");
  return 0;
}
