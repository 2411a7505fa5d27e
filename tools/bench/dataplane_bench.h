// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/payload/inspector.h"
#include "dataplane/record/ledger.h"
#include "dataplane/source/generated_traffic.h"
#include "dataplane/source/machine_fault.h"
#include "tools/bench/step_times.h"

namespace mimir::tools {

/// Ten times as short as the appliance's, so that a few seconds hold a few edges.
inline constexpr TimeNs kBenchWindowNs = kNsPerSecond;

/// How far a measured worker looks into payload.
enum class PayloadDepth : std::uint8_t { kOff, kApplications, kRules };

struct DataplaneSettings {
  source::TrafficOptions traffic;
  PayloadDepth depth = PayloadDepth::kOff;
  payload::InspectorOptions inspection{};  ///< that depth, with what is looked for
  std::uint64_t packet_count = 0;          ///< a round
  std::uint64_t round_count = 5;
  double seconds_min = 0;  ///< rounds go on until so much time was measured

  [[nodiscard]] std::string name() const;
};

struct DataplaneRound {
  double seconds = 0;
  double cpu_seconds = 0;  ///< of the worker's thread: what others took from its core is out
  std::size_t resident_bytes = 0;  ///< at its end
};

struct DataplaneResult {
  std::vector<DataplaneRound> rounds;
  std::uint64_t packets_a_round = 0;
  std::uint64_t flows_filled = 0;
  std::size_t bytes_before = 0;  ///< resident: without the flow table,
  std::size_t bytes_filled = 0;  ///< and when each flow had sent its first packet
  PacketLedger packets;
  RecordLedger records;
  FactLedger facts;
  std::uint64_t established_sent = 0;
  std::uint64_t established_delivered = 0;
  /// CPU time of making and lending a packet, measured for itself; part of the rounds.
  double making_ns = 0;
  bool is_exact = false;
};

/// One worker on a core of its own, as in the appliance, and this thread as its
/// control plane. The fill is not timed; no record is lost, the worker waits.
///
/// REQUIRES: Eal::start() with one worker and dataplane_memory_bytes().
[[nodiscard]] std::optional<DataplaneResult> measure_rate(const DataplaneSettings& settings,
                                                          source::MachineFault& fault);

/// The same traffic over one window's edge with a clock around every step; the
/// worker loses records rather than wait, as it does live.
[[nodiscard]] std::optional<StepTimes> measure_steps(const DataplaneSettings& settings,
                                                     source::MachineFault& fault);

[[nodiscard]] std::size_t dataplane_memory_bytes();

}  // namespace mimir::tools
