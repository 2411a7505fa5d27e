// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "dataplane/record/application.h"
#include "model/learn/model.h"

namespace mimir::detector {

/// What one service sent another in a window, beside what it used to send.
struct EdgeEvidence {
  std::string source;
  std::string destination;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  double expected_bytes = 0;  ///< median of benign windows; 0 if the edge was never seen
  double p99_bytes = 0;
  bool is_known = false;            ///< seen in training
  ApplicationSet applications = 0;  ///< spoken in the window; none: unknown

  /// How far above its habit: (bytes - median) / (p99 - median), the latter at
  /// least a twentieth of the median and at least one full packet. Of an edge that training
  /// never had at least 1, so that a few packets to somebody new outweigh a busy hour.
  [[nodiscard]] double excess() const;
};

/// What a model knows of the edges, found by their names.
///
/// Threads: immutable. REQUIRES: the model outlives it.
class EdgeBaselines {
 public:
  explicit EdgeBaselines(const learn::Model& model);

  /// The edge's traffic beside its baseline for that granularity. Cost: one search.
  [[nodiscard]] EdgeEvidence weigh(std::uint32_t granularity_s, std::string source,
                                   std::string destination, std::uint64_t packets,
                                   std::uint64_t bytes) const;

 private:
  using Name = std::tuple<std::uint32_t, std::string_view, std::string_view>;

  std::map<Name, const learn::EdgeBaseline*> baselines_;
};

/// Whether `path` goes from `source` straight to `destination`.
[[nodiscard]] bool has_hop(std::span<const std::string> path, std::string_view source,
                           std::string_view destination);

/// The services through which data most plausibly left: of all paths from
/// `sensitive` to `outside` whose every edge carries more than expected, the one
/// whose least excessive edge is the most excessive (a widest path); of equals the
/// shorter, then the first by name. Empty if there is none.
///
/// Cost: O(E log E) for E edges.
[[nodiscard]] std::vector<std::string> find_path(std::span<const EdgeEvidence> edges,
                                                 std::string_view sensitive,
                                                 std::string_view outside);

}  // namespace mimir::detector
