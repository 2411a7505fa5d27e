// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "dataplane/record/application.h"
#include "dataplane/record/flow_key.h"

namespace mimir {

/// What was learned of a flow's payload, and how much of it was looked at.
struct Inspection {
  static constexpr unsigned kLookMax = 15;  ///< of each direction

  Application application = Application::kUnknown;  ///< stays as long as the flow does
  std::uint8_t rule_bits = 0;                       ///< of this window
  std::uint8_t looks = 0;                           ///< of this window, four bits a Direction

  [[nodiscard]] unsigned look_count(Direction direction) const noexcept {
    return looks >> (4 * index(direction)) & 0xf;
  }
  /// REQUIRES: look_count(direction) < kLookMax.
  void count_look(Direction direction) noexcept {
    looks = static_cast<std::uint8_t>(looks + (1U << (4 * index(direction))));
  }
  void forget_window() noexcept {
    rule_bits = 0;
    looks = 0;
  }
};

static_assert(sizeof(Inspection) == 3, "what a slot has left");

}  // namespace mimir
