// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "model/graph/cluster.h"
#include "model/graph/observation.h"

namespace mimir::invariant {

/// Position of a service among those that have columns.
using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = std::numeric_limits<Slot>::max();

/// The services that have columns, in the byte order of their names: the
/// applications, outside, and in mirror also unknown.
struct Services {
  Services(const graph::Cluster& cluster, graph::Observation observation);

  [[nodiscard]] std::size_t size() const { return names.size(); }
  /// Whether the slot is one endpoint, and not the endpoints of a service.
  [[nodiscard]] bool is_single(Slot slot) const { return slot == outside || slot == unknown; }

  std::vector<std::string> names;
  std::vector<Slot> slot_of;  ///< by ClassId
  std::vector<bool> has_vip;  ///< by slot, as the next one
  std::vector<bool> is_dns;
  Slot outside = kNoSlot;
  Slot unknown = kNoSlot;
};

/// Columns for pairs of services; kNoColumn where a pair has none.
class PairColumns {
 public:
  static constexpr std::uint32_t kNoColumn = std::numeric_limits<std::uint32_t>::max();

  explicit PairColumns(std::size_t service_count)
      : service_count_(service_count), columns_(service_count * service_count, kNoColumn) {}

  [[nodiscard]] std::uint32_t& at(Slot first, Slot second) {
    return columns_[first * service_count_ + second];
  }
  [[nodiscard]] std::uint32_t at(Slot first, Slot second) const {
    return columns_[first * service_count_ + second];
  }

 private:
  std::size_t service_count_;
  std::vector<std::uint32_t> columns_;
};

}  // namespace mimir::invariant
