// SPDX-License-Identifier: Apache-2.0
#include "controlplane/alert/alert_builder.h"

#include <algorithm>
#include <utility>

namespace mimir::controlplane {

namespace {

constexpr const char* kOutside = "outside";

}  // namespace

AlertLoss loss_of(const analysis::ReducedWindow& window) {
  return {.packets = window.packets,
          .records_lost = window.records_lost,
          .packets_lost = window.packets_lost,
          .lost_at_ports = window.lost_at_ports,
          .shed_level = window.shed_level,
          .mapped_bytes_ratio = 1.0 - window.bytes.unmapped_share()};
}

AlertBuilder::AlertBuilder(const learn::Model& model, const graph::Cluster& cluster,
                           std::string model_digest)
    : model_(model),
      cluster_(&cluster),
      baselines_(model),
      model_digest_(std::move(model_digest)) {}

std::vector<detector::EdgeEvidence> AlertBuilder::weigh(const analysis::Verdict& verdict) const {
  std::vector<detector::EdgeEvidence> edges;
  const graph::ServiceGraph& services = verdict.lens.services();
  for (const graph::ServiceEdge& edge : services.edges()) {
    if (edge.source == edge.target) continue;
    edges.push_back(
        baselines_.weigh(verdict.window.granularity_s(), cluster_->class_name(edge.source),
                         cluster_->class_name(edge.target), edge.counts.packets, edge.counts.bytes,
                         services.counts(edge.target, edge.source).bytes));
    edges.back().applications = edge.counts.applications;
  }
  std::stable_sort(edges.begin(), edges.end(),
                   [](const auto& a, const auto& b) { return a.excess() > b.excess(); });
  return edges;
}

AlertHop AlertBuilder::busiest(const graph::PodGraph& pods, const std::string& source,
                               const std::string& destination) const {
  AlertHop hop;
  for (const graph::PodEdge& edge : pods.edges()) {
    const graph::PodNode& from = pods.nodes()[edge.source];
    const graph::PodNode& to = pods.nodes()[edge.target];
    if (cluster_->class_name(from.class_id) != source ||
        cluster_->class_name(to.class_id) != destination || edge.counts.bytes <= hop.bytes) {
      continue;
    }
    hop = {.source = cluster_->node_name(from.id),
           .destination = cluster_->node_name(to.id),
           .packets = edge.counts.packets,
           .bytes = edge.counts.bytes};
  }
  return hop;
}

Alert AlertBuilder::build(const analysis::Verdict& verdict) const {
  const analysis::ReducedWindow& window = verdict.window;
  Alert alert{.begin_ns = window.begin_ns,
              .end_ns = window.end_ns,
              .granularity_s = window.granularity_s(),
              .is_partial = window.is_partial,
              .score = verdict.score,
              .path = {},
              .hops = {},
              .edges = weigh(verdict),
              .loss = loss_of(window),
              .model_name = model_.context.name,
              .model_digest = model_digest_};
  alert.path = detector::find_path(alert.edges, model_.context.sensitive_service, kOutside);
  for (std::size_t i = 0; i + 1 < alert.path.size(); ++i) {
    alert.hops.push_back(busiest(verdict.lens.pods(), alert.path[i], alert.path[i + 1]));
  }
  // The edges of the path are listed whatever their rank.
  std::vector<detector::EdgeEvidence> listed;
  for (const detector::EdgeEvidence& edge : alert.edges) {
    const bool is_on_path = detector::has_hop(alert.path, edge.source, edge.destination);
    if (is_on_path || listed.size() < kEdgeMax) listed.push_back(edge);
  }
  alert.edges = std::move(listed);
  return alert;
}

}  // namespace mimir::controlplane
