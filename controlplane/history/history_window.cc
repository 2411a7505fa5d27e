// SPDX-License-Identifier: Apache-2.0
#include "controlplane/history/history_window.h"

#include <algorithm>
#include <functional>
#include <vector>

#include "controlplane/status/status_json.h"

namespace mimir::controlplane {

namespace {

void keep_what_says_most(std::vector<detector::EdgeEvidence>& edges) {
  if (edges.size() <= kHistoryEdgeMax) return;
  constexpr std::size_t kHalf = kHistoryEdgeMax / 2;
  constexpr std::size_t kHeavy = kHistoryEdgeMax - kHalf;
  std::vector<std::uint64_t> bytes;
  for (std::size_t i = kHalf; i < edges.size(); ++i) bytes.push_back(edges[i].bytes);
  std::nth_element(bytes.begin(), bytes.begin() + (kHeavy - 1), bytes.end(), std::greater<>());
  const std::uint64_t least = bytes[kHeavy - 1];
  auto equal = static_cast<std::size_t>(std::count(bytes.begin(), bytes.begin() + kHeavy, least));
  std::vector<detector::EdgeEvidence> kept;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    // Of those as heavy as the lightest that is kept, the first ones.
    const bool is_last = i >= kHalf && edges[i].bytes == least && equal > 0;
    if (is_last) --equal;
    if (i < kHalf || edges[i].bytes > least || is_last) kept.push_back(std::move(edges[i]));
  }
  edges = std::move(kept);
}

}  // namespace

HistoryWindow history_window_of(WindowView view) {
  keep_what_says_most(view.edges);
  return {.begin_ns = view.begin_ns,
          .end_ns = view.end_ns,
          .granularity_s = view.granularity_s,
          .is_partial = view.is_partial,
          .has_data = !view.score.no_data,
          .is_alarm = view.score.alert(),
          .score = view.score.value,
          .threshold = view.score.threshold,
          .loss_ratio = view.loss.loss_ratio(),
          .detail = config::to_text(to_json(view))};
}

}  // namespace mimir::controlplane
