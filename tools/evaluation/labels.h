// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "dataplane/record/time.h"

namespace mimir::evaluation {

/// What really happened in a window.
enum class Label : std::uint8_t {
  kBenign,
  kAttack,
  kEdge,   ///< an attack touches it and does not count in it: right and wrong cannot be told
  kApart,  ///< something else that is not benign touches it, as a scan: judged by itself
};

/// The time of an attack, [begin, end).
struct Interval {
  TimeNs begin_ns = 0;
  TimeNs end_ns = 0;
};

inline constexpr std::uint32_t kNoIncident = std::numeric_limits<std::uint32_t>::max();

struct WindowLabel {
  Label label = Label::kBenign;
  std::uint32_t incident = kNoIncident;  ///< position of the attack, unless benign

  friend bool operator==(const WindowLabel&, const WindowLabel&) = default;
};

/// The label of window [begin, begin + length) on the grid. An attack [s, e) counts in the
/// windows floor(s / length) to floor(e / length) - 1, so the window in which it ends is
/// its edge; an attack that lies within one window counts in that one. An empty interval
/// is no attack. Of several attacks the first that counts here speaks, else the first that
/// touches. Cost: linear in the attacks.
[[nodiscard]] WindowLabel label_of(TimeNs begin_ns, TimeNs length_ns,
                                   std::span<const Interval> attacks);

}  // namespace mimir::evaluation
