// SPDX-License-Identifier: Apache-2.0
#include "controlplane/history/history_window.h"

#include "controlplane/status/status_json.h"

namespace mimir::controlplane {

HistoryWindow history_window_of(WindowView view) {
  if (view.edges.size() > kHistoryEdgeMax) view.edges.resize(kHistoryEdgeMax);
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
