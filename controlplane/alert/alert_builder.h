// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "controlplane/alert/alert.h"
#include "model/analysis/analyzer.h"
#include "model/graph/cluster.h"
#include "model/learn/model.h"

namespace mimir::controlplane {

/// Turns a verdict above its threshold into an alert: weighs every edge of the
/// window against its baseline, finds the path and the pods on it, and states what
/// the window lost.
///
/// Threads: none. REQUIRES: model and cluster outlive it.
class AlertBuilder {
 public:
  /// Edges an alert lists at most, the most excessive first; those of its path are
  /// listed whatever their rank.
  static constexpr std::size_t kEdgeMax = 10;

  AlertBuilder(const learn::Model& model, const graph::Cluster& cluster, std::string model_digest);

  /// From here on, windows are of a later map of the same cluster.
  void move_to(const graph::Cluster& cluster) { cluster_ = &cluster; }

  [[nodiscard]] Alert build(const analysis::Verdict& verdict) const;
  /// The window's edges between services beside their baselines, the most excessive first.
  [[nodiscard]] std::vector<detector::EdgeEvidence> weigh(const analysis::Verdict& verdict) const;

 private:
  [[nodiscard]] AlertHop busiest(const graph::PodGraph& pods, const std::string& source,
                                 const std::string& destination) const;

  const learn::Model& model_;
  const graph::Cluster* cluster_;
  detector::EdgeBaselines baselines_;
  std::string model_digest_;
};

/// What the window lost.
[[nodiscard]] AlertLoss loss_of(const analysis::ReducedWindow& window);

}  // namespace mimir::controlplane
