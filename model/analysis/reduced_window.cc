// SPDX-License-Identifier: Apache-2.0
#include "model/analysis/reduced_window.h"

#include <algorithm>
#include <utility>

namespace mimir::analysis {

ReducedWindow reduce(const Window& window, const graph::Cluster& cluster,
                     const graph::ObservationConfig& observation, graph::NodeTable& nodes) {
  nodes.clear();
  const graph::EdgeTable named = graph::edges_of(window, cluster.entities(), nodes);
  graph::Reduction reduction = graph::reduce(named, nodes, cluster, observation);
  return {.begin_ns = window.begin_ns,
          .end_ns = window.end_ns,
          .edges = std::move(reduction.edges),
          .destinations = graph::destinations_of(window, cluster, observation),
          .bytes = reduction.bytes,
          .packets = window.packets,
          .records_lost = window.records_lost,
          .packets_lost = window.packets_lost,
          .lost_at_ports = window.lost_at_ports,
          .shed_level = window.shed_level,
          .is_partial = window.partial};
}

void merge(ReducedWindow& into, const ReducedWindow& from) {
  into.edges.merge(from.edges);
  graph::merge(into.destinations, from.destinations);
  into.bytes += from.bytes;
  into.packets += from.packets;
  into.records_lost += from.records_lost;
  into.packets_lost += from.packets_lost;
  into.lost_at_ports += from.lost_at_ports;
  into.shed_level = std::max(into.shed_level, from.shed_level);
  into.is_partial = into.is_partial || from.is_partial;
}

}  // namespace mimir::analysis
