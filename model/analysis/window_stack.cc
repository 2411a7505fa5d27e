// SPDX-License-Identifier: Apache-2.0
#include "model/analysis/window_stack.h"

#include <utility>

namespace mimir::analysis {

WindowStack::WindowStack(std::vector<std::uint32_t> granularities_s, Sink sink)
    : sink_(std::move(sink)) {
  for (std::size_t i = 1; i < granularities_s.size(); ++i) {
    coarse_.push_back({.length_ns = granularities_s[i] * kNsPerSecond, .open = std::nullopt});
  }
}

void WindowStack::close(Level& level, bool is_last) {
  if (!level.open) return;
  ReducedWindow& window = *level.open;
  if (window.begin_ns < *first_begin_ns_) window.is_partial = true;
  if (is_last && window.end_ns > last_end_ns_) window.is_partial = true;
  sink_(window);
  level.open.reset();
}

void WindowStack::add(const ReducedWindow& base) {
  if (!first_begin_ns_) first_begin_ns_ = base.begin_ns;
  close_until(base.begin_ns);
  last_end_ns_ = base.end_ns;
  sink_(base);
  for (Level& level : coarse_) {
    if (!level.open) {
      const TimeNs begin_ns = window_of(base.begin_ns, level.length_ns) * level.length_ns;
      level.open = ReducedWindow{.begin_ns = begin_ns,
                                 .end_ns = begin_ns + level.length_ns,
                                 .edges = {},
                                 .bytes = {},
                                 .packets = {}};
    }
    merge(*level.open, base);
    // The last base window of a coarse one completes it: nothing else can come.
    if (base.end_ns >= level.open->end_ns) close(level, false);
  }
}

void WindowStack::close_until(TimeNs time_ns) {
  for (Level& level : coarse_) {
    if (level.open && time_ns >= level.open->end_ns) close(level, false);
  }
}

void WindowStack::flush() {
  for (Level& level : coarse_) close(level, true);
}

void WindowStack::cut() {
  flush();
  first_begin_ns_.reset();
}

}  // namespace mimir::analysis
