// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "model/analysis/reduced_window.h"

namespace mimir::analysis {

/// Sums base windows to the coarser granularities, on the absolute grid.
///
/// A coarse window is complete when a base window behind it comes, or at flush().
/// Gaps cost nothing and make nothing: a window in which nothing was seen is not
/// there. A coarse window is partial if a base window in it is, or if the first or
/// the last base window of all leaves a part of it uncovered.
///
/// Threads: none; one owner. Memory: one window a granularity.
class WindowStack {
 public:
  /// Base and coarse windows in the order of their ends; of equal ends the finer first.
  using Sink = std::function<void(const ReducedWindow&)>;

  /// REQUIRES: granularities ascend, in seconds; the first is the base window's, and
  /// each is a multiple of the one before it.
  WindowStack(std::vector<std::uint32_t> granularities_s, Sink sink);

  /// REQUIRES: base windows in ascending order.
  void add(const ReducedWindow& base);
  void flush();
  /// Closes the coarse windows that end at `time_ns` or before: no base window that begins
  /// earlier will come.
  void close_until(TimeNs time_ns);
  /// The same in the middle: what comes begins anew, in coarse windows that are partial.
  void cut();

 private:
  struct Level {
    TimeNs length_ns = 0;
    std::optional<ReducedWindow> open;
  };

  void close(Level& level, bool is_last);

  std::vector<Level> coarse_;
  Sink sink_;
  std::optional<TimeNs> first_begin_ns_;
  TimeNs last_end_ns_ = 0;
};

}  // namespace mimir::analysis
