// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "config/diagnostic.h"
#include "controlplane/collector.h"
#include "dataplane/record/ledger.h"
#include "dataplane/source/capture_file.h"
#include "dataplane/worker.h"

namespace mimir::tools {

/// How a capture is read. Nothing in it shows in the result: neither the number
/// of workers nor the sizes, as long as the tables hold the flows.
struct CaptureRunOptions {
  std::size_t worker_count = 1;
  std::size_t ring_record_count = std::size_t{1} << 15;
  WorkerOptions worker;
};

/// What came of it.
struct CaptureRun {
  PacketLedger packets;
  RecordLedger records;
  source::CaptureState ended;  ///< kNone, or where the capture is damaged

  [[nodiscard]] bool is_damaged() const { return ended.fault != source::CaptureFault::kNone; }
  /// Both ledgers, and what ties them: packets counted == packets in records.
  [[nodiscard]] bool balances() const {
    return packets.balances() && records.balances() &&
           packets.counted == records.packets_delivered + records.packets_lost;
  }
};

/// Sends a capture through the workers, each on its own thread, and hands its
/// windows to `sink` on this one, in order. Nothing if the file cannot be read at
/// all; a damaged one is read up to the damage, which is reported as an error.
[[nodiscard]] std::optional<CaptureRun> run_capture(const std::string& path,
                                                    const CaptureRunOptions& options,
                                                    controlplane::Collector::WindowSink sink,
                                                    config::Diagnostics& diagnostics);

/// Says in words what is wrong with a capture, with a hint.
void report_fault(const std::string& path, const source::CaptureState& state,
                  config::Diagnostics& diagnostics);

}  // namespace mimir::tools
