// SPDX-License-Identifier: Apache-2.0
#include "model/detector/principal_vector.h"

#include <algorithm>
#include <cmath>

namespace mimir::detector {

namespace {

constexpr int kStepCountMax = 5000;
constexpr double kMoveMax = 1e-12;

double length_of(const std::vector<double>& vector) {
  double squares = 0;
  for (const double value : vector) squares += value * value;
  return std::sqrt(squares);
}

}  // namespace

std::vector<double> perron_vector(std::size_t size, std::span<const MatrixEntry> entries) {
  std::vector<double> row_sums(size, 0.0);
  for (const MatrixEntry& entry : entries) row_sums[entry.row] += entry.value;
  const double largest = size == 0 ? 0 : *std::max_element(row_sums.begin(), row_sums.end());
  if (largest <= 0) return {};
  // Of length about 1, so that neither bytes nor their squares leave the doubles.
  const double scale = 1 / largest;
  const double shift = 0.25;
  std::vector<double> vector(size, 1 / std::sqrt(static_cast<double>(size)));
  std::vector<double> next(size);
  for (int step = 0; step < kStepCountMax; ++step) {
    for (std::size_t i = 0; i < size; ++i) next[i] = shift * vector[i];
    for (const MatrixEntry& entry : entries) {
      next[entry.row] += scale * entry.value * vector[entry.column];
    }
    const double length = length_of(next);
    double move = 0;
    for (std::size_t i = 0; i < size; ++i) {
      next[i] /= length;
      move = std::max(move, std::abs(next[i] - vector[i]));
    }
    vector.swap(next);
    if (move < kMoveMax) break;
  }
  return vector;
}

std::vector<double> principal_vector(const graph::PodGraph& graph) {
  std::vector<MatrixEntry> entries;
  for (const graph::PodEdge& edge : graph.edges()) {
    const auto bytes = static_cast<double>(edge.counts.bytes);
    entries.push_back({edge.source, edge.target, bytes});
    entries.push_back({edge.target, edge.source, bytes});
  }
  return perron_vector(graph.nodes().size(), entries);
}

}  // namespace mimir::detector
