// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/spans.h"

#include <algorithm>

namespace mimir::evaluation {

namespace {

bool is_clean(const analysis::ReducedWindow& window) {
  return !window.is_partial && window.records_lost == 0;
}

void count_left_out(Span span, WindowLedger& ledger) {
  for (const analysis::ReducedWindow& window : span) {
    if (window.is_partial) {
      ++ledger.partial;
    } else if (window.records_lost > 0) {
      ++ledger.lossy;
    } else {
      ++ledger.beside;
    }
  }
}

}  // namespace

SpanList clean_spans(std::span<const analysis::ReducedWindow> windows, TimeNs length_ns) {
  SpanList list;
  list.ledger.read = windows.size();
  std::size_t begin = 0;
  while (begin < windows.size()) {
    const TimeNs begin_ns = window_of(windows[begin].begin_ns, length_ns) * length_ns;
    std::size_t end = begin;
    while (end < windows.size() && windows[end].begin_ns < begin_ns + length_ns) ++end;
    const Span span = windows.subspan(begin, end - begin);
    const bool is_within =
        begin_ns >= windows.front().begin_ns && begin_ns + length_ns <= windows.back().end_ns;
    if (is_within && std::all_of(span.begin(), span.end(), is_clean)) {
      list.spans.push_back(span);
      list.ledger.used += span.size();
    } else {
      count_left_out(span, list.ledger);
    }
    begin = end;
  }
  return list;
}

TimeNs begin_of(Span span, TimeNs length_ns) {
  return window_of(span.front().begin_ns, length_ns) * length_ns;
}

std::vector<Stretch> stretches(std::span<const Span> spans, TimeNs length_ns) {
  std::vector<Stretch> result;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const bool follows =
        i > 0 && begin_of(spans[i], length_ns) == begin_of(spans[i - 1], length_ns) + length_ns;
    if (!follows) result.push_back({.begin = i, .end = i});
    result.back().end = i + 1;
  }
  return result;
}

}  // namespace mimir::evaluation
