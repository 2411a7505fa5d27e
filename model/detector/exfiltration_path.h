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

/// From this excess on, an edge stands out.
inline constexpr double kStandsOut = 1;

/// What one service sent another in a window, beside what was to be expected.
struct EdgeEvidence {
  std::string source;
  std::string destination;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  double expected_bytes = 0;        ///< 0 if the edge was never seen
  double p99_bytes = 0;             ///< what one benign window in a hundred is above
  bool is_known = false;            ///< seen in training
  ApplicationSet applications = 0;  ///< spoken in the window; none: unknown

  /// How far above its habit: (bytes - expected) / (p99 - expected), the latter at least a
  /// twentieth of what is expected and at least one full packet. Of an edge that training
  /// never had at least 1, so that a few packets to somebody new outweigh a busy hour.
  [[nodiscard]] double excess() const;
};

/// What a model knows of the edges, found by their names.
///
/// An edge that has a law of sizes (learn/law.h) is expected to carry what goes with the
/// bytes of its other direction, however many users there are, and its 99th percentile is that
/// of normal residuals as wide as the law's; any other, the median and the 99th percentile of
/// benign windows.
///
/// Threads: immutable. REQUIRES: the model outlives it.
class EdgeBaselines {
 public:
  explicit EdgeBaselines(const learn::Model& model);

  /// The edge's traffic beside its baseline for that granularity. `bytes_back`: what the
  /// destination sent the source. Cost: one search.
  [[nodiscard]] EdgeEvidence weigh(std::uint32_t granularity_s, std::string source,
                                   std::string destination, std::uint64_t packets,
                                   std::uint64_t bytes, std::uint64_t bytes_back) const;

 private:
  using Name = std::tuple<std::uint32_t, std::string_view, std::string_view>;
  struct Habit {
    const learn::EdgeBaseline* baseline;
    const learn::Law* law;  ///< null: none
  };

  std::map<Name, Habit> habits_;
};

/// Whether `path` goes from `source` straight to `destination`.
[[nodiscard]] bool has_hop(std::span<const std::string> path, std::string_view source,
                           std::string_view destination);

/// The services through which data most plausibly left: of all paths from `sensitive` to
/// `outside`, the one whose least excessive edge is the most excessive (a widest path); of
/// equals the shorter, then the first by name.
///
/// A theft may hide in an edge that carries far more than it, the answers of a front end say:
/// edges that are not below their habit by more than it varies are taken too, all alike and
/// behind those above it. Empty if there is no path, or none of its edges stands out: an excess
/// of 1 is the 99th percentile.
///
/// Cost: O(E log E) for E edges.
[[nodiscard]] std::vector<std::string> find_path(std::span<const EdgeEvidence> edges,
                                                 std::string_view sensitive,
                                                 std::string_view outside);

}  // namespace mimir::detector
