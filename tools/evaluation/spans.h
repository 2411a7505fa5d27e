// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "dataplane/record/time.h"
#include "model/analysis/reduced_window.h"

namespace mimir::evaluation {

/// The base windows of one window of the coarsest granularity, in order; borrowed
/// from their run.
using Span = std::span<const analysis::ReducedWindow>;

/// Where the base windows of a run went.
struct WindowLedger {
  std::size_t read = 0;
  std::size_t used = 0;     ///< in a span
  std::size_t partial = 0;  ///< the capture begins or ends within them
  std::size_t lossy = 0;    ///< records of theirs were lost
  std::size_t beside = 0;   ///< clean, but their coarse window is not, or reaches beyond the run

  [[nodiscard]] bool balances() const { return read == used + partial + lossy + beside; }
  friend bool operator==(const WindowLedger&, const WindowLedger&) = default;
};

struct SpanList {
  std::vector<Span> spans;  ///< ascending
  WindowLedger ledger;
};

/// The spans of `length_ns` on the absolute grid that lie wholly within the run and
/// hold no partial or lossy window. A window in which nothing was seen is not there
/// and spoils nothing.
/// REQUIRES: `windows` ascend; they outlive the result.
[[nodiscard]] SpanList clean_spans(std::span<const analysis::ReducedWindow> windows,
                                   TimeNs length_ns);

/// The begin of the span's coarse window.
[[nodiscard]] TimeNs begin_of(Span span, TimeNs length_ns);

/// Positions [begin, end) of spans that follow each other without a gap.
struct Stretch {
  std::size_t begin = 0;
  std::size_t end = 0;

  [[nodiscard]] std::size_t size() const { return end - begin; }
  friend bool operator==(const Stretch&, const Stretch&) = default;
};

/// All spans, as the longest stretches they make.
[[nodiscard]] std::vector<Stretch> stretches(std::span<const Span> spans, TimeNs length_ns);

}  // namespace mimir::evaluation
