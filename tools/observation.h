// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/json.h"

namespace mimir::tools {

/// Which edges of a window somebody wants to see.
struct EdgeWish {
  std::vector<std::string> services{};  ///< at either end; empty: any
  std::size_t count_max = 20;           ///< of each window, the heaviest
};

/// Windows as the API shows them, with the edges of each that were asked for, and what was seen
/// in all of them.
///
/// Threads: one owner.
class Observation {
 public:
  explicit Observation(EdgeWish wish) : wish_(std::move(wish)) {}

  /// The window and its edges for people, heaviest first; empty if it has none that was asked
  /// for.
  [[nodiscard]] std::string add_as_text(const config::Json& window);
  /// The same for programs, one edge a line.
  [[nodiscard]] std::string add_as_json(const config::Json& window);

  [[nodiscard]] std::uint64_t window_count() const { return window_count_; }
  /// A line: windows, their span, packets, mapped share, edges. Where no edge was shown, also
  /// what to check.
  [[nodiscard]] std::string describe() const;

 private:
  /// The edges that were asked for; `left_out` of them are beyond the count.
  struct Chosen {
    std::vector<const config::Json*> edges{};
    std::size_t left_out = 0;
  };

  [[nodiscard]] Chosen choose(const config::Json& window);
  [[nodiscard]] std::string advice() const;

  EdgeWish wish_;
  std::set<std::string> services_;  ///< that were seen
  std::string first_begin_;
  std::string last_begin_;
  std::uint64_t granularity_s_ = 0;
  std::uint64_t window_count_ = 0;
  std::uint64_t without_data_ = 0;
  std::uint64_t packet_count_ = 0;
  std::uint64_t edge_count_ = 0;  ///< that there were
  std::uint64_t shown_count_ = 0;
  double mapped_least_ = 1;
  double loss_most_ = 0;
};

}  // namespace mimir::tools
