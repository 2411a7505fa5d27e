// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/record/flow_record.h"
#include "dataplane/record/ledger.h"
#include "dataplane/record/payload_fact.h"
#include "dataplane/record/time.h"

namespace mimir {

/// What the dataplane saw in one base window, as the control plane hands it over.
///
/// `records` holds one record a flow, sorted by key, and lives until the call it
/// was passed to returns. begin_ns <= first_ns <= last_ns < end_ns in each.
/// Equal packets give equal windows, byte for byte, whatever the number of cores.
struct Window {
  WindowIndex index = 0;
  TimeNs begin_ns = 0;
  TimeNs end_ns = 0;
  std::span<const FlowRecord> records;
  PacketLedger packets;            ///< of this window only
  std::uint64_t records_lost = 0;  ///< written by a worker, but its ring was full
  std::uint64_t packets_lost = 0;  ///< in those records
  /// What payload said, ascending; as long-lived as `records`. Of packets of this window.
  std::span<const PayloadFact> facts{};
  std::uint64_t facts_lost = 0;
  /// Packets its ports lost since the window before was handed over: missed, damaged or
  /// without a buffer. 0 of a capture. They were never received, so nothing else tells.
  std::uint64_t lost_at_ports = 0;
  /// One flow in 2^shed_level was counted throughout; of the others, what was counted is
  /// a part, and Drop::kShed has the rest. 0: all flows, all the time.
  std::uint8_t shed_level = 0;
  bool partial = false;  ///< the capture began or ended inside this window
};

}  // namespace mimir
