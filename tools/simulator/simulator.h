// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/diagnostic.h"
#include "dataplane/record/time.h"
#include "tools/simulator/attack.h"
#include "tools/simulator/tap.h"

namespace mimir::simulator {

/// What is to be simulated. Equal options give equal bytes.
struct Options {
  std::string app = "sock-shop";  ///< see built_in_topologies()
  std::string topology;           ///< a document's file, instead of `app`
  TimeNs duration_ns = 1800 * kNsPerSecond;
  std::uint64_t seed = 1;
  TimeNs start_ns = 1'767'571'200 * kNsPerSecond;  ///< 2026-01-05T00:00:00Z
  std::uint32_t users_max = 60;                    ///< where the load profile peaks
  double load_factor = 1;                          ///< times users_max
  std::string load = "normal";                     ///< see load_profiles()
  std::vector<std::string> bursts;                 ///< see parse_burst()
  Observation observation = Observation::kMirror;
  Encapsulation encapsulation = Encapsulation::kNone;
  std::uint32_t snap_bytes = 0;  ///< so much of each frame is kept; 0: all
  /// Shares of actions by name; those that are not named have none. Empty: the
  /// weights of the topology.
  std::vector<std::pair<std::string, double>> mix;
  std::vector<std::string> attacks;  ///< see parse_attack()
  /// Called with the share that is done, about once a simulated second; may be empty.
  std::function<void(double)> progress;
};

struct Summary {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  ///< of frames
  std::uint64_t connections = 0;
  std::uint64_t retransmissions = 0;  ///< packets that were sent again, each counted once
  std::uint32_t pods = 0;             ///< all that there ever were
  std::vector<AttackTruth> attacks;
};

/// "buy=0.3,browse=0.7" as Options::mix; nothing, and a diagnostic, if it is none.
[[nodiscard]] std::optional<std::vector<std::pair<std::string, double>>> parse_mix(
    std::string_view text, config::Diagnostics& diagnostics);

/// Writes capture.pcap, entities.jsonl and truth.jsonl into the folder `out`, which is
/// made if need be.
///
/// Every packet lies in [start_ns, start_ns + duration_ns); connections that are open
/// at the end are cut there.
/// Cost: about a second for a million packets. Memory: some seconds of traffic (180 MB
/// after three hours of the default load), whatever the duration.
[[nodiscard]] std::optional<Summary> simulate(const Options& options,
                                              const std::filesystem::path& out,
                                              config::Diagnostics& diagnostics);

}  // namespace mimir::simulator
