// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/record/ledger.h"
#include "dataplane/record/time.h"
#include "model/graph/cluster.h"
#include "model/graph/destination.h"
#include "model/graph/edge_table.h"
#include "model/graph/node_table.h"
#include "model/graph/observation.h"
#include "model/graph/reduction.h"
#include "model/window.h"

namespace mimir::analysis {

/// What is known of a span of time once its flows are edges between the cluster's
/// entities: small, without literal addresses, and a value that adds.
struct ReducedWindow {
  TimeNs begin_ns = 0;
  TimeNs end_ns = 0;
  graph::EdgeTable edges;
  std::vector<graph::Destination> destinations{};  ///< ascending, as destinations_of() has them
  graph::ByteLedger bytes;
  PacketLedger packets;
  std::uint64_t records_lost = 0;
  std::uint64_t packets_lost = 0;   ///< in those records
  std::uint64_t lost_at_ports = 0;  ///< as Window has it
  std::uint8_t shed_level = 0;      ///< the highest of all that it sums
  bool is_partial = false;

  [[nodiscard]] std::uint32_t granularity_s() const {
    return static_cast<std::uint32_t>((end_ns - begin_ns) / kNsPerSecond);
  }
};

/// The window's flows as edges. `nodes` is scratch space; what it held is gone.
[[nodiscard]] ReducedWindow reduce(const Window& window, const graph::Cluster& cluster,
                                   const graph::ObservationConfig& observation,
                                   graph::NodeTable& nodes);

/// Adds `from` to `into`, whose times stay as they are; in any order the same.
void merge(ReducedWindow& into, const ReducedWindow& from);

}  // namespace mimir::analysis
