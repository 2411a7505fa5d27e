// SPDX-License-Identifier: Apache-2.0
#include "controlplane/status/appliance_status.h"

#include <utility>

#include "controlplane/alert/alert_builder.h"

namespace mimir::controlplane {

WindowView view_of(const analysis::Verdict& verdict, std::vector<detector::EdgeEvidence> edges,
                   std::vector<std::string> path) {
  const analysis::ReducedWindow& window = verdict.window;
  const std::uint64_t edge_count = edges.size();
  WindowView view{.begin_ns = window.begin_ns,
                  .end_ns = window.end_ns,
                  .granularity_s = window.granularity_s(),
                  .is_partial = window.is_partial,
                  .score = verdict.score,
                  .loss = loss_of(window),
                  .edges = std::move(edges),
                  .edge_count = edge_count,
                  .path = std::move(path)};
  view.score.keep_largest(WindowView::kContributionMax);
  return view;
}

}  // namespace mimir::controlplane
