// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "dataplane/record/time.h"

namespace mimir::simulator {

inline constexpr std::size_t kLoadSteps = 24;

/// How many users are there while a run passes: the run is cut into 24 equal
/// steps, each a share of the peak.
struct LoadProfile {
  std::string_view name;
  std::array<double, kLoadSteps> shares;  ///< relative to each other

  /// round(share / largest share * peak) in the step that holds `elapsed_ns`.
  [[nodiscard]] std::uint32_t users(TimeNs elapsed_ns, TimeNs duration_ns,
                                    std::uint32_t users_max) const;
};

/// normal, bursty, viral, cybermonday, steady.
[[nodiscard]] const std::vector<LoadProfile>& load_profiles();

[[nodiscard]] std::optional<LoadProfile> load_profile(std::string_view name);

}  // namespace mimir::simulator
