// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace mimir::tools {

struct RingRound {
  std::uint64_t records = 0;
  double seconds = 0;
  bool is_exact = false;  ///< every record came, once and in order
};

/// Sends at least `record_count` records, 64 at a time, through a RecordRing from
/// one thread to another.
[[nodiscard]] RingRound ring_once(std::uint64_t record_count);

}  // namespace mimir::tools
