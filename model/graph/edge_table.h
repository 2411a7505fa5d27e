// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/record/address.h"
#include "dataplane/record/application.h"
#include "dataplane/record/time.h"
#include "model/entity/entity_map.h"
#include "model/graph/node_table.h"
#include "model/window.h"

namespace mimir::graph {

struct Counts {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  ///< IP total length
  /// What was spoken, either way; none where nobody looks into the payload.
  ApplicationSet applications = 0;

  /// What is left of `bytes` without the headers of TCP over IPv4, 20 bytes of each: nothing of
  /// an acknowledgement.
  [[nodiscard]] constexpr std::uint64_t payload_bytes() const noexcept {
    constexpr std::uint64_t kHeaderBytes = 40;
    return bytes > kHeaderBytes * packets ? bytes - kHeaderBytes * packets : 0;
  }

  friend constexpr auto operator<=>(const Counts&, const Counts&) = default;
  constexpr Counts& operator+=(const Counts& other) noexcept {
    packets += other.packets;
    bytes += other.bytes;
    applications |= other.applications;
    return *this;
  }
};

/// What one node sent to another.
struct Edge {
  NodeId source = 0;
  NodeId target = 0;
  Counts counts;

  friend constexpr auto operator<=>(const Edge&, const Edge&) = default;
};

/// The directed edges of a span of time, each pair of nodes once.
///
/// Invariants: edges ascend by (source, target); an edge without bytes is an edge,
/// for it says that the two have spoken in the other direction. Equal edges give
/// equal tables, whatever the order of from() and merge().
class EdgeTable {
 public:
  EdgeTable() = default;

  /// Sums the edges that join the same nodes. Cost: O(n log n), in place.
  [[nodiscard]] static EdgeTable from(std::vector<Edge> edges);

  /// Adds every edge of `other`: what two workers, hosts or windows saw together.
  /// REQUIRES: node ids of one meaning, see NodeId. Cost: linear.
  void merge(const EdgeTable& other);

  [[nodiscard]] std::span<const Edge> edges() const { return edges_; }
  [[nodiscard]] bool empty() const { return edges_.empty(); }
  [[nodiscard]] const Edge* find(NodeId source, NodeId target) const;
  [[nodiscard]] Counts total() const;

  friend bool operator==(const EdgeTable&, const EdgeTable&) = default;

 private:
  std::vector<Edge> edges_;
};

/// What two addresses sent each other, `first` being the one that is named first.
struct Conversation {
  Address first;
  Address second;
  Counts first_to_second;
  Counts second_to_first;
  TimeNs time_ns = 0;  ///< at which the addresses are to be understood
};

/// Both directed edges of every conversation. An address is the entity that held
/// it at that conversation's time, or itself, numbered in `nodes`.
[[nodiscard]] EdgeTable edges_of(std::span<const Conversation> conversations,
                                 const entity::EntityMap& entities, NodeTable& nodes);

/// The same of a window; each record's addresses mean their holders at its first_ns.
/// Cost: two lookups in the map a record, and the sort.
[[nodiscard]] EdgeTable edges_of(const Window& window, const entity::EntityMap& entities,
                                 NodeTable& nodes);

}  // namespace mimir::graph
