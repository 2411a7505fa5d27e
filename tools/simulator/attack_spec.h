// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "dataplane/record/time.h"
#include "tools/simulator/topology.h"

namespace mimir::simulator {

/// The end of a path that no service holds.
inline constexpr std::string_view kOutsideName = "outside";

/// Data that leaves, hop by hop, as it was asked for.
struct AttackSpec {
  std::string kind = "exfil";
  std::string method = "tcp";
  std::vector<std::string> path;  ///< services, the data's holder first; then kOutsideName
  double bytes_per_minute = 0;    ///< of stolen data, on average, on every hop
  TimeNs start_ns = 0;            ///< since the start of the run
  TimeNs duration_ns = 0;
  std::string text;
};

/// Reads "exfil:path=user-db>user>outside,rate=1MB/min,start=600,duration=120".
///
///   path      services from the holder of the data on, joined by >, and outside
///   rate      B, kB, MB or GB (powers of ten), per s, min or h
///   start     seconds from the start of the run; s, min and h may follow the number
///   duration  as start
///   method    tcp (the default, and the only one so far)
///
/// `number` is which attack of the run this is, from 1 on: the line that diagnostics name.
[[nodiscard]] std::optional<AttackSpec> parse_attack(std::string_view text, std::uint32_t number,
                                                     const Topology& topology,
                                                     config::Diagnostics& diagnostics);

}  // namespace mimir::simulator
