// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/graph/pod_graph.h"

namespace mimir::detector {

/// An entry of a square matrix without negative entries.
struct MatrixEntry {
  std::uint32_t row = 0;
  std::uint32_t column = 0;
  double value = 0;
};

/// The direction a non-negative matrix stretches most (its Perron vector): components
/// >= 0, length 1, A x = lambda x. Entries of one place add up. Empty if the matrix is 0.
///
/// Power iteration from the vector of ones on A + s I, s a quarter of the largest row
/// sum: the shift keeps the vector and ends the swinging of bipartite graphs. Several
/// dominant parts (a reducible matrix) share the result by the start; symmetric ones
/// settle. Stops when no component moves by 1e-12, or after 5000 steps.
[[nodiscard]] std::vector<double> perron_vector(std::size_t size,
                                                std::span<const MatrixEntry> entries);

/// The Perron vector of the window's bytes, both directions of a pair added up so that
/// the matrix is symmetric (a one-way edge to outside makes the directed one reducible):
/// how much of the traffic each endpoint takes part in (Ide and Kashima, KDD 2004).
/// By position in graph.nodes(); empty without traffic.
[[nodiscard]] std::vector<double> principal_vector(const graph::PodGraph& graph);

}  // namespace mimir::detector
