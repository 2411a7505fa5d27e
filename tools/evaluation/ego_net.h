// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/graph/pod_graph.h"

namespace mimir::evaluation {

/// A node, its neighbours, and all edges among them; directions do not matter.
struct EgoNet {
  std::uint32_t neighbor_count = 0;
  std::uint32_t edge_count = 0;  ///< pairs that sent each other something
  double bytes = 0;              ///< over these pairs, both ways
};

/// One a node of the graph, in its order. Traffic of a node with itself is left out.
/// Cost: the sum over edges of the smaller degree.
[[nodiscard]] std::vector<EgoNet> ego_nets(const graph::PodGraph& graph);

/// y = scale * x^exponent, fitted to the logarithms by least squares. Points that are
/// not positive are left out; with fewer than two different x the exponent is 0.
struct PowerLaw {
  double scale = 1;
  double exponent = 0;

  [[nodiscard]] static PowerLaw fit(std::span<const double> x, std::span<const double> y);
  [[nodiscard]] double at(double x) const;
};

/// How far a point is from the law: max(y, f) / min(y, f) * ln(|y - f| + 1), f = law(x)
/// (Akoglu, McGlohon and Faloutsos, OddBall, PAKDD 2010, equation 1). 0 for y = 0.
[[nodiscard]] double outlierness(const PowerLaw& law, double x, double y);

/// The two scores OddBall gives a node of this graph, each by the law of the graph.
struct OddBall {
  double density = 0;  ///< edges against neighbours: near-cliques and near-stars
  double weight = 0;   ///< bytes against edges: heavy vicinities
};

/// One a node. A node without neighbours scores 0.
[[nodiscard]] std::vector<OddBall> odd_ball(std::span<const EgoNet> nets);

}  // namespace mimir::evaluation
