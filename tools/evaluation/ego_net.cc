// SPDX-License-Identifier: Apache-2.0
#include "tools/evaluation/ego_net.h"

#include <algorithm>
#include <cmath>

namespace mimir::evaluation {

namespace {

struct Neighbor {
  std::uint32_t node = 0;
  double bytes = 0;

  friend bool operator<(const Neighbor& a, const Neighbor& b) { return a.node < b.node; }
};

using Neighbors = std::vector<std::vector<Neighbor>>;

// Both directions of a pair as one entry on either side, ascending.
Neighbors neighbors_of(const graph::PodGraph& graph) {
  Neighbors neighbors(graph.nodes().size());
  for (const graph::PodEdge& edge : graph.edges()) {
    const std::uint64_t back = graph.bytes(edge.target, edge.source);
    if (edge.source == edge.target || (back > 0 && edge.target < edge.source)) continue;
    const auto bytes = static_cast<double>(edge.counts.bytes + back);
    neighbors[edge.source].push_back({edge.target, bytes});
    neighbors[edge.target].push_back({edge.source, bytes});
  }
  for (auto& list : neighbors) std::sort(list.begin(), list.end());
  return neighbors;
}

}  // namespace

std::vector<EgoNet> ego_nets(const graph::PodGraph& graph) {
  const Neighbors neighbors = neighbors_of(graph);
  std::vector<EgoNet> nets(neighbors.size());
  for (std::uint32_t node = 0; node < neighbors.size(); ++node) {
    EgoNet& net = nets[node];
    net.neighbor_count = static_cast<std::uint32_t>(neighbors[node].size());
    for (const Neighbor& mine : neighbors[node]) {
      ++net.edge_count;
      net.bytes += mine.bytes;
      // An edge between two neighbours, seen from the lower of them.
      for (const Neighbor& further : neighbors[mine.node]) {
        if (further.node <= mine.node || further.node == node) continue;
        if (!std::binary_search(neighbors[node].begin(), neighbors[node].end(), further)) continue;
        ++net.edge_count;
        net.bytes += further.bytes;
      }
    }
  }
  return nets;
}

PowerLaw PowerLaw::fit(std::span<const double> x, std::span<const double> y) {
  double count = 0;
  double mean_x = 0;
  double mean_y = 0;
  const auto each = [&](const auto& visit) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (x[i] > 0 && y[i] > 0) visit(std::log(x[i]), std::log(y[i]));
    }
  };
  each([&](double log_x, double log_y) {
    count += 1;
    mean_x += log_x;
    mean_y += log_y;
  });
  if (count == 0) return {};
  mean_x /= count;
  mean_y /= count;
  double square = 0;
  double product = 0;
  each([&](double log_x, double log_y) {
    square += (log_x - mean_x) * (log_x - mean_x);
    product += (log_x - mean_x) * (log_y - mean_y);
  });
  const double exponent = square > 1e-12 * count ? product / square : 0;
  return {.scale = std::exp(mean_y - exponent * mean_x), .exponent = exponent};
}

double PowerLaw::at(double x) const { return scale * std::pow(x, exponent); }

double outlierness(const PowerLaw& law, double x, double y) {
  if (x <= 0 || y <= 0) return 0;
  const double expected = law.at(x);
  return std::max(y, expected) / std::min(y, expected) * std::log(std::abs(y - expected) + 1);
}

std::vector<OddBall> odd_ball(std::span<const EgoNet> nets) {
  std::vector<double> neighbors;
  std::vector<double> edges;
  std::vector<double> bytes;
  for (const EgoNet& net : nets) {
    neighbors.push_back(net.neighbor_count);
    edges.push_back(net.edge_count);
    bytes.push_back(net.bytes);
  }
  const PowerLaw density = PowerLaw::fit(neighbors, edges);
  const PowerLaw weight = PowerLaw::fit(edges, bytes);
  std::vector<OddBall> scores;
  for (std::size_t i = 0; i < nets.size(); ++i) {
    scores.push_back({.density = outlierness(density, neighbors[i], edges[i]),
                      .weight = outlierness(weight, edges[i], bytes[i])});
  }
  return scores;
}

}  // namespace mimir::evaluation
