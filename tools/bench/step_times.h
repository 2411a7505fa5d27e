// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mimir::tools {

/// How long a worker's steps took, one after the other.
struct StepTimes {
  std::vector<std::uint32_t> wall_ns;
  /// The thread's own time: without what others took from its core, with about
  /// 300 ns for asking.
  std::vector<std::uint32_t> cpu_ns;
  std::size_t sweep_begin = 0;  ///< the first step after the window's edge
  std::size_t sweep_end = 0;    ///< behind the one that completed the window
  std::uint64_t records = 0;    ///< of all windows
  std::uint64_t records_lost = 0;
  bool is_exact = false;
};

struct Percentiles {
  double p50_us = 0;
  double p99_us = 0;
  double max_us = 0;
};

/// By nearest rank; zeros if there are none.
[[nodiscard]] Percentiles percentiles(std::vector<std::uint32_t> times_ns);

}  // namespace mimir::tools
