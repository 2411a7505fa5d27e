// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
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

/// A crowd that comes at once and goes again.
struct Burst {
  TimeNs start_ns = 0;  ///< since the start of the run
  TimeNs duration_ns = 0;
  double factor = 1;  ///< so many times the users of the profile
};

/// Reads "start=600,duration=60,factor=3". `number` is which burst this is, from 1 on:
/// the line that diagnostics name.
[[nodiscard]] std::optional<Burst> parse_burst(std::string_view text, std::uint32_t number,
                                               config::Diagnostics& diagnostics);

/// How many users are there: the profile's, scaled, times the factors of the bursts.
struct Load {
  LoadProfile profile;
  std::uint32_t users_max = 0;  ///< where the profile peaks
  std::vector<Burst> bursts;

  [[nodiscard]] std::uint32_t users(TimeNs elapsed_ns, TimeNs duration_ns) const;
  /// No moment has more.
  [[nodiscard]] double most() const;
};

/// normal, bursty, viral, cybermonday, steady.
[[nodiscard]] const std::vector<LoadProfile>& load_profiles();

[[nodiscard]] std::optional<LoadProfile> load_profile(std::string_view name);

}  // namespace mimir::simulator
