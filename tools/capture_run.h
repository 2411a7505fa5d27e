// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "config/diagnostic.h"
#include "controlplane/collector.h"
#include "dataplane/record/ledger.h"
#include "dataplane/source/capture_set.h"
#include "dataplane/worker.h"

namespace mimir::tools {

/// How captures are read. Nothing in it shows in the result: neither the number
/// of workers nor the sizes, as long as the tables hold the flows.
struct CaptureRunOptions {
  std::size_t worker_count = 1;
  std::size_t ring_record_count = std::size_t{1} << 15;
  std::size_t ring_fact_count = std::size_t{1} << 12;
  WorkerOptions worker;
};

/// What came of it.
struct CaptureRun {
  PacketLedger packets;
  RecordLedger records;
  FactLedger facts;

  /// All ledgers, and what ties them: packets counted == packets in records.
  [[nodiscard]] bool balances() const {
    return packets.balances() && records.balances() && facts.balances() &&
           packets.counted == records.packets_delivered + records.packets_lost;
  }
};

/// Sends captures, as one stream, through the workers, each on its own thread, and hands
/// their windows to `sink` on this one, in order. A damaged one is read up to the damage,
/// which is reported as an error. Nothing if the memory is too small. Call once a set.
[[nodiscard]] std::optional<CaptureRun> run_captures(source::CaptureSet& captures,
                                                     const CaptureRunOptions& options,
                                                     controlplane::Collector::WindowSink sink,
                                                     config::Diagnostics& diagnostics);

}  // namespace mimir::tools
