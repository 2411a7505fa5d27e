// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "model/analysis/reduced_window.h"
#include "model/analysis/window_stack.h"
#include "model/graph/cluster.h"
#include "model/graph/pod_graph.h"
#include "model/graph/service_graph.h"
#include "model/invariant/registry.h"
#include "model/learn/model.h"

namespace mimir::analysis {

/// A window's graphs and the values of the invariants in it.
///
/// Threads: one owner. Cost: keeps its memory from window to window. What it
/// returns is valid until the next call of look_at().
class Lens {
 public:
  Lens(const graph::Cluster& cluster, invariant::Registry registry);

  void look_at(const ReducedWindow& window);

  [[nodiscard]] const graph::PodGraph& pods() const { return pods_; }
  [[nodiscard]] const graph::ServiceGraph& services() const { return services_; }
  [[nodiscard]] std::span<const std::string> names() const { return registry_.columns(); }
  [[nodiscard]] std::span<const double> values() const { return values_; }

 private:
  const graph::Cluster* cluster_;
  invariant::Registry registry_;
  graph::PodGraph pods_;
  graph::ServiceGraph services_;
  std::vector<double> values_;
};

/// A window and what a model makes of it. Everything is lent for the call.
struct Verdict {
  const ReducedWindow& window;
  const Lens& lens;
  /// Of the window's own granularity; for the coarsest of several, all of them combined.
  const learn::Score& score;
};

/// Base windows in, verdicts out: the same code live, offline and in training.
///
/// Threads: one owner. Verdicts come in the order of WindowStack. REQUIRES: the
/// cluster and the model outlive it.
class Analyzer {
 public:
  using Sink = std::function<void(const Verdict&)>;

  Analyzer(const graph::Cluster& cluster, const graph::ObservationConfig& observation,
           invariant::Registry registry, const learn::Model& model, Sink sink);
  /// From here on, the map of who is who is a later one of the same cluster, whose classes
  /// go on from the earlier one's. With `is_renumbered` its nodes do not: the coarse window
  /// that is open ends here, partial. Between windows only.
  void move_to(const graph::Cluster& cluster, const graph::ObservationConfig& observation,
               invariant::Registry registry, bool is_renumbered);
  Analyzer(const Analyzer&) = delete;  // the stack calls back to where it was made
  Analyzer& operator=(const Analyzer&) = delete;

  /// REQUIRES: in ascending order, whichever of the two.
  void add(const Window& window);
  void add(const ReducedWindow& window) { stack_.add(window); }
  void flush() { stack_.flush(); }
  /// As WindowStack has it.
  void close_until(TimeNs time_ns) { stack_.close_until(time_ns); }

 private:
  void judge(const ReducedWindow& window);

  const graph::Cluster* cluster_;
  const graph::ObservationConfig* observation_;
  const learn::Model& model_;
  Sink sink_;
  graph::NodeTable nodes_;
  Lens lens_;
  std::vector<std::vector<learn::Score>>
      scores_within_;  ///< by granularity, of the open coarse one
  WindowStack stack_;
};

}  // namespace mimir::analysis
