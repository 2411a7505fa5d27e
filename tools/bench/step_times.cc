// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/step_times.h"

#include <algorithm>

namespace mimir::tools {

Percentiles percentiles(std::vector<std::uint32_t> times_ns) {
  if (times_ns.empty()) return {};
  std::sort(times_ns.begin(), times_ns.end());
  const auto rank_us = [&times_ns](std::size_t percent) {
    const std::size_t rank = (times_ns.size() * percent + 99) / 100;
    return times_ns[rank - 1] / 1000.0;
  };
  return {.p50_us = rank_us(50), .p99_us = rank_us(99), .max_us = rank_us(100)};
}

}  // namespace mimir::tools
