// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>

#include "controlplane/status/appliance_status.h"
#include "model/analysis/analyzer.h"
#include "model/graph/cluster.h"
#include "model/learn/model.h"

namespace mimir::controlplane {

/// Makes of a verdict, which is lent, a window that can be kept and shown: its edges by
/// services beside what the model knows of each, and the largest reasons of its score.
///
/// Threads: none. REQUIRES: model and cluster outlive it. Cost: a search a edge.
class WindowViewer {
 public:
  static constexpr std::size_t kReasonMax = 12;

  WindowViewer(const learn::Model& model, const graph::Cluster& cluster);

  /// `path`: the services of the window's alert, the holder of the data first; may be empty.
  [[nodiscard]] WindowView view(const analysis::Verdict& verdict,
                                std::span<const std::string> path) const;

 private:
  using EdgeName = std::tuple<std::uint32_t, std::string_view, std::string_view>;

  [[nodiscard]] EdgeView view(std::uint32_t granularity_s, const graph::ServiceEdge& edge,
                              std::span<const std::string> path) const;

  const graph::Cluster& cluster_;
  std::map<EdgeName, const learn::EdgeBaseline*> baselines_;
};

}  // namespace mimir::controlplane
