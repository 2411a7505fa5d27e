// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "dataplane/record/time.h"

namespace mimir::controlplane {

/// What the history was given and what became of it, since the start; all 0 without one.
struct HistoryStatus {
  std::uint64_t given = 0;
  std::uint64_t written = 0;
  std::uint64_t queue_full = 0;  ///< the disk was too slow
  std::uint64_t failed = 0;      ///< the file took nothing
  std::uint64_t bytes = 0;       ///< of the file
  /// From the last window that a former run remembered to the first of this run: nobody
  /// watched. 0 too while there is no window yet, and where this run is of an earlier time.
  TimeNs unwatched_ns = 0;

  [[nodiscard]] std::uint64_t lost() const { return queue_full + failed; }
};

}  // namespace mimir::controlplane
