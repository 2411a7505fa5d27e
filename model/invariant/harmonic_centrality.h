// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "model/invariant/invariant.h"
#include "model/invariant/services.h"

namespace mimir::invariant {

/// How much of all traffic finds its way to a service:
///
///   H(A) = sum over B != A of 1 / d(B,A)
///
/// d is the length of the shortest directed path in the service graph, an edge of
/// w bytes being (all bytes) / w long; no path adds nothing. A direct term is the
/// edge's share of all traffic. Harmonic centrality: Boldi and Vigna, "Axioms for
/// centrality" (2014).
///
/// Columns `harmonic_centrality(A)`. NaN for a service without traffic.
/// Cost: one Dijkstra a service, O(s e log e), e edges between services.
class HarmonicCentrality final : public Invariant {
 public:
  explicit HarmonicCentrality(const Services& services);

  [[nodiscard]] std::span<const std::string> columns() const override { return columns_; }
  void compute(const Graphs& graphs, std::span<double> into) override;

 private:
  struct Arc {
    std::uint32_t from = 0;
    double length = 0;
  };

  void build_arcs(const graph::ServiceGraph& graph);
  [[nodiscard]] double centrality(std::uint32_t into);

  const Services& services_;
  std::vector<std::string> columns_;
  std::vector<bool> present_;     // by ClassId
  std::vector<std::size_t> row_;  // by ClassId: where its incoming arcs begin
  std::vector<Arc> arcs_;
  std::vector<double> distance_;  // by ClassId
  std::vector<std::pair<double, std::uint32_t>> heap_;
};

}  // namespace mimir::invariant
