// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/invariant/invariant.h"
#include "model/invariant/services.h"

namespace mimir::invariant {

/// How evenly the pods of a service would carry a current from the sensitive pods
/// to the outside, if every pair of endpoints were joined by a wire that conducts
/// as many bytes as it exchanged both ways:
///
///   raw(v) = sum over sensitive pods s of 1/2 sum over edges {v,u} of |w_vu (p_v - p_u)|
///
/// p are the potentials when one unit enters at s and leaves at outside. The value
/// is the standard deviation (of the population) over the mean of raw over the
/// service's pods. Current-flow betweenness: Newman, "A measure of betweenness
/// centrality based on random walks" (2005); Brandes and Fleischer (2005).
///
/// Only what is connected with outside takes part. Columns
/// `current_flow_variation(A)`; NaN if no pod of A, or no sensitive pod, is
/// connected, or the pods carry nothing; 0 of a single pod. kPrototype: of
/// raw/2 - 1/(n-2), n the nodes that take part.
///
/// Cost: one LDLT of the Laplacian grounded at outside, in minimum-degree order,
/// and one solution a sensitive pod. Sparse, unless more than 1/4 of the factor
/// would be filled at more than 64 nodes: then a dense LLT, n^3 / 3.
class CurrentFlow final : public Invariant {
 public:
  /// `sensitive` is the slot of the service that holds the data.
  CurrentFlow(const Services& services, Slot sensitive, Form form);
  ~CurrentFlow() override;

  [[nodiscard]] std::span<const std::string> columns() const override { return columns_; }
  void compute(const Graphs& graphs, std::span<double> into) override;

  /// raw(v) by position in graph.nodes(), NaN where v takes no part; empty when the
  /// flow is not defined. Valid until the next call of either.
  [[nodiscard]] std::span<const double> currents(const graph::PodGraph& graph);

 private:
  struct Wire {
    std::uint32_t low = 0;  // positions in nodes()
    std::uint32_t high = 0;
    double conductance = 0;
  };
  struct Solver;  // keeps Eigen out of here

  void build_wires(const graph::PodGraph& graph);
  void find_component(std::size_t node_count, std::uint32_t outside);
  void variation(const graph::PodGraph& graph, std::span<double> into);

  const Services& services_;
  Slot sensitive_;
  Form form_;
  std::vector<std::string> columns_;
  std::vector<Wire> wires_;
  std::vector<std::uint32_t> root_;     // by node, of its tree
  std::vector<std::uint32_t> unknown_;  // by node: row of the grounded Laplacian
  std::uint32_t unknown_count_ = 0;
  std::vector<double> raw_;  // by node
  std::unique_ptr<Solver> solver_;
};

}  // namespace mimir::invariant
