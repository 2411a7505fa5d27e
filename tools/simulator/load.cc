// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/load.h"

#include <algorithm>
#include <cmath>

#include "tools/simulator/spec_text.h"

namespace mimir::simulator {

std::uint32_t LoadProfile::users(TimeNs elapsed_ns, TimeNs duration_ns,
                                 std::uint32_t users_max) const {
  const auto step_ns = std::max<TimeNs>(1, duration_ns / static_cast<TimeNs>(kLoadSteps));
  const auto step = std::min(static_cast<std::size_t>(elapsed_ns / step_ns), kLoadSteps - 1);
  const double largest = *std::max_element(shares.begin(), shares.end());
  return static_cast<std::uint32_t>(std::lround(shares[step] / largest * users_max));
}

std::optional<Burst> parse_burst(std::string_view text, std::uint32_t number,
                                 config::Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.error_count();
  SpecText spec(text, "--burst", number, "a burst", diagnostics);
  spec.split(text, {"start", "duration", "factor"});
  Burst burst;
  if (const auto start = spec.need("start", "start=600")) {
    burst.start_ns = spec.time(*start).value_or(0);
  }
  if (const auto duration = spec.need("duration", "duration=60")) {
    burst.duration_ns = spec.time(*duration).value_or(0);
  }
  if (const auto factor = spec.need("factor", "factor=3")) {
    burst.factor = spec.number(*factor, 0, 1000).value_or(1);
  }
  if (diagnostics.error_count() != before) return std::nullopt;
  return burst;
}

std::uint32_t Load::users(TimeNs elapsed_ns, TimeNs duration_ns) const {
  double users = profile.users(elapsed_ns, duration_ns, users_max);
  for (const Burst& burst : bursts) {
    const bool is_on =
        elapsed_ns >= burst.start_ns && elapsed_ns < burst.start_ns + burst.duration_ns;
    if (is_on) users *= burst.factor;
  }
  return static_cast<std::uint32_t>(std::lround(users));
}

double Load::most() const {
  double most = users_max;
  for (const Burst& burst : bursts) most *= std::max(1.0, burst.factor);
  return most;
}

const std::vector<LoadProfile>& load_profiles() {
  static const std::vector<LoadProfile> kProfiles = {
      {"normal", {0.0440, 0.0388, 0.0340, 0.0299, 0.0267, 0.0247, 0.0240, 0.0247,
                  0.0267, 0.0299, 0.0340, 0.0388, 0.0440, 0.0492, 0.0540, 0.0581,
                  0.0613, 0.0633, 0.0640, 0.0633, 0.0613, 0.0581, 0.0540, 0.0492}},
      {"bursty", {0.0391, 0.0305, 0.0400, 0.0278, 0.0248, 0.0230, 0.0223, 0.0230,
                  0.0248, 0.0465, 0.0316, 0.0361, 0.0410, 0.0458, 0.0503, 0.0532,
                  0.0552, 0.0571, 0.0577, 0.0571, 0.0543, 0.0634, 0.0484, 0.0458}},
      {"viral", {0.0278, 0.0246, 0.0215, 0.0189, 0.0169, 0.0156, 0.0152, 0.0158,
                 0.0171, 0.0190, 0.0215, 0.0247, 0.0285, 0.0329, 0.0380, 0.0437,
                 0.0500, 0.0570, 0.0640, 0.0716, 0.0798, 0.0887, 0.0982, 0.107}},
      {"cybermonday", {0.0328, 0.0255, 0.0178, 0.0142, 0.0119, 0.0112, 0.0144, 0.0224,
                       0.0363, 0.0428, 0.0503, 0.0574, 0.0571, 0.0568, 0.0543, 0.0532,
                       0.0514, 0.0514, 0.0518, 0.0522, 0.0571, 0.0609, 0.0589, 0.0564}},
      {"steady", {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
  };
  return kProfiles;
}

std::optional<LoadProfile> load_profile(std::string_view name) {
  for (const LoadProfile& profile : load_profiles()) {
    if (profile.name == name) return profile;
  }
  return std::nullopt;
}

}  // namespace mimir::simulator
