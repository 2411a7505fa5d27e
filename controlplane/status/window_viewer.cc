// SPDX-License-Identifier: Apache-2.0
#include "controlplane/status/window_viewer.h"

#include <algorithm>

#include "model/detector/exfiltration_path.h"

namespace mimir::controlplane {

WindowViewer::WindowViewer(const learn::Model& model, const graph::Cluster& cluster)
    : cluster_(cluster) {
  for (const learn::EdgeBaseline& baseline : model.context.edges) {
    baselines_[{baseline.granularity_s, baseline.source, baseline.destination}] = &baseline;
  }
}

EdgeView WindowViewer::view(std::uint32_t granularity_s, const graph::ServiceEdge& edge,
                            std::span<const std::string> path) const {
  detector::EdgeEvidence evidence{.source = cluster_.class_name(edge.source),
                                  .destination = cluster_.class_name(edge.target),
                                  .packets = edge.counts.packets,
                                  .bytes = edge.counts.bytes};
  const auto found = baselines_.find({granularity_s, evidence.source, evidence.destination});
  if (found != baselines_.end()) {
    evidence.expected_bytes = found->second->median_bytes;
    evidence.p99_bytes = found->second->p99_bytes;
    evidence.is_known = true;
  }
  EdgeView view{.source = evidence.source,
                .destination = evidence.destination,
                .packets = evidence.packets,
                .bytes = evidence.bytes,
                .expected_bytes = evidence.expected_bytes,
                .p99_bytes = evidence.p99_bytes,
                .excess = evidence.excess(),
                .is_known = evidence.is_known};
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    view.is_on_path =
        view.is_on_path || (path[i] == view.source && path[i + 1] == view.destination);
  }
  return view;
}

WindowView WindowViewer::view(const analysis::Verdict& verdict,
                              std::span<const std::string> path) const {
  const analysis::ReducedWindow& window = verdict.window;
  WindowView view{.begin_ns = window.begin_ns,
                  .end_ns = window.end_ns,
                  .granularity_s = window.granularity_s(),
                  .is_partial = window.is_partial,
                  .has_data = !verdict.score.no_data,
                  .is_alert = verdict.score.alert(),
                  .score = verdict.score.value,
                  .threshold = verdict.score.threshold,
                  .packets = window.packets,
                  .records_lost = window.records_lost,
                  .packets_lost = window.packets_lost,
                  .lost_at_ports = window.lost_at_ports,
                  .shed_level = window.shed_level,
                  .mapped_bytes_ratio = 1.0 - window.bytes.unmapped_share(),
                  .edges = {},
                  .reasons = {}};
  for (const graph::ServiceEdge& edge : verdict.lens.services().edges()) {
    if (edge.source != edge.target) {
      view.edges.push_back(this->view(view.granularity_s, edge, path));
    }
  }
  std::stable_sort(view.edges.begin(), view.edges.end(),
                   [](const auto& a, const auto& b) { return a.excess > b.excess; });
  for (const learn::Contribution& part : verdict.score.contributions) {
    if (view.reasons.size() == kReasonMax) break;
    view.reasons.push_back({.feature = part.feature,
                            .observed = part.observed,
                            .expected = part.expected,
                            .z = part.z,
                            .contribution = part.contribution});
  }
  return view;
}

}  // namespace mimir::controlplane
