// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mimir::injector {

/// An attack's windows, [begin, end), and which of the paths it takes.
struct Occurrence {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t path = 0;

  friend bool operator==(const Occurrence&, const Occurrence&) = default;
};

/// A stretch of windows without an attack of its own, and what to place in it. Use
/// windows of the coarsest granularity, so that a coarse window is attacked wholly
/// or not at all.
struct PlacementSpec {
  std::size_t first_window = 0;
  std::size_t window_count = 0;
  std::size_t attack_windows = 1;  ///< how many one attack lasts
  std::size_t attack_count = 0;
  std::size_t path_count = 0;
  std::uint64_t seed = 0;
};

/// Attacks in ascending order, disjoint, within the stretch, path after path in
/// turn; between two of them lies a benign window if all can have that. As many as
/// fit, if fewer than were asked for. Every gap is drawn from the same distribution.
[[nodiscard]] std::vector<Occurrence> place(const PlacementSpec& spec);

/// The same attack in windows `ratio` times finer.
[[nodiscard]] constexpr Occurrence finer(const Occurrence& coarse, std::size_t ratio) {
  return {.begin = coarse.begin * ratio, .end = coarse.end * ratio, .path = coarse.path};
}

}  // namespace mimir::injector
