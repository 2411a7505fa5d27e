// SPDX-License-Identifier: Apache-2.0
#include "model/graph/edge_table.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace mimir::graph {
namespace {

bool is_before(const Edge& left, const Edge& right) {
  return std::tie(left.source, left.target) < std::tie(right.source, right.target);
}

NodeId resolve(const Address& address, TimeNs time_ns, const entity::EntityMap& entities,
               NodeTable& nodes) {
  const auto entity = entities.resolve(address, time_ns);
  return entity ? node_of(*entity) : nodes.intern(address);
}

}  // namespace

EdgeTable EdgeTable::from(std::vector<Edge> edges) {
  std::sort(edges.begin(), edges.end(), is_before);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (kept > 0 && !is_before(edges[kept - 1], edges[i])) {
      edges[kept - 1].counts += edges[i].counts;
    } else {
      edges[kept++] = edges[i];
    }
  }
  edges.resize(kept);
  EdgeTable table;
  table.edges_ = std::move(edges);
  return table;
}

void EdgeTable::merge(const EdgeTable& other) {
  std::vector<Edge> merged;
  merged.reserve(edges_.size() + other.edges_.size());
  auto mine = edges_.begin();
  auto theirs = other.edges_.begin();
  while (mine != edges_.end() && theirs != other.edges_.end()) {
    if (is_before(*mine, *theirs)) {
      merged.push_back(*mine++);
    } else if (is_before(*theirs, *mine)) {
      merged.push_back(*theirs++);
    } else {
      merged.push_back(*mine++);
      merged.back().counts += (theirs++)->counts;
    }
  }
  merged.insert(merged.end(), mine, edges_.end());
  merged.insert(merged.end(), theirs, other.edges_.end());
  edges_ = std::move(merged);
}

const Edge* EdgeTable::find(NodeId source, NodeId target) const {
  const Edge wanted{.source = source, .target = target, .counts = {}};
  const auto place = std::lower_bound(edges_.begin(), edges_.end(), wanted, is_before);
  return place != edges_.end() && !is_before(wanted, *place) ? &*place : nullptr;
}

Counts EdgeTable::total() const {
  Counts sum;
  for (const Edge& edge : edges_) sum += edge.counts;
  return sum;
}

EdgeTable edges_of(std::span<const Conversation> conversations, const entity::EntityMap& entities,
                   NodeTable& nodes) {
  std::vector<Edge> edges;
  edges.reserve(2 * conversations.size());
  for (const Conversation& conversation : conversations) {
    const NodeId first = resolve(conversation.first, conversation.time_ns, entities, nodes);
    const NodeId second = resolve(conversation.second, conversation.time_ns, entities, nodes);
    edges.push_back({.source = first, .target = second, .counts = conversation.first_to_second});
    edges.push_back({.source = second, .target = first, .counts = conversation.second_to_first});
  }
  return EdgeTable::from(std::move(edges));
}

EdgeTable edges_of(const Window& window, const entity::EntityMap& entities, NodeTable& nodes) {
  std::vector<Edge> edges;
  edges.reserve(2 * window.records.size());
  for (const FlowRecord& record : window.records) {
    const NodeId low = resolve(record.key.low_address, record.first_ns, entities, nodes);
    const NodeId high = resolve(record.key.high_address, record.first_ns, entities, nodes);
    const ApplicationSet applications = set_of(record.application);
    edges.push_back({.source = low,
                     .target = high,
                     .counts = {.packets = record.packets[0],
                                .bytes = record.bytes[0],
                                .applications = applications}});
    edges.push_back({.source = high,
                     .target = low,
                     .counts = {.packets = record.packets[1],
                                .bytes = record.bytes[1],
                                .applications = applications}});
  }
  return EdgeTable::from(std::move(edges));
}

}  // namespace mimir::graph
