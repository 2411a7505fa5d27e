// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "controlplane/alert/alert.h"
#include "controlplane/alert/incident_book.h"
#include "controlplane/history/history_status.h"
#include "controlplane/output/output_status.h"
#include "controlplane/shadow/shadow_status.h"
#include "controlplane/status/entity_status.h"
#include "controlplane/status/mirror_tally.h"
#include "dataplane/record/ledger.h"
#include "dataplane/record/time.h"
#include "model/analysis/analyzer.h"
#include "model/detector/exfiltration_path.h"
#include "model/learn/model.h"

namespace mimir::controlplane {

/// What one port says of itself, since the start.
struct PortStatus {
  std::string device;
  bool is_link_up = false;
  std::uint64_t received = 0;
  std::uint64_t missed = 0;       ///< the NIC had no free descriptor
  std::uint64_t errors = 0;       ///< bad on the wire
  std::uint64_t no_buffer = 0;    ///< times there was no buffer to refill with
  std::uint64_t link_losses = 0;  ///< times the link was there and went
};

/// What one polling core did, since the start.
struct WorkerStatus {
  std::uint64_t ring_records = 0;      ///< waiting in its ring when it was last looked at
  std::uint64_t ring_records_max = 0;  ///< the most that were ever seen waiting
  std::uint64_t ring_capacity = 0;
  std::uint64_t polls = 0;        ///< of its queue; moves while it lives
  std::uint64_t busy_cycles = 0;  ///< with packets at hand, as the time stamp counter counts
  std::uint64_t idle_cycles = 0;  ///< without
};

/// A judged window, as people look at it: a value that owns all it shows.
struct WindowView {
  /// Of its contributions this keeps the largest.
  static constexpr std::size_t kContributionMax = 12;

  TimeNs begin_ns = 0;
  TimeNs end_ns = 0;
  std::uint32_t granularity_s = 0;
  bool is_partial = false;
  learn::Score score;
  AlertLoss loss;
  std::vector<detector::EdgeEvidence> edges;  ///< the most excessive first
  std::uint64_t edge_count = 0;               ///< how many there were, remembered or not
  std::vector<std::string> path;              ///< of its alert; empty if there is none
};

/// `edges`: the verdict's, as AlertBuilder weighs them.
[[nodiscard]] WindowView view_of(const analysis::Verdict& verdict,
                                 std::vector<detector::EdgeEvidence> edges,
                                 std::vector<std::string> path);

/// What is known once, at the start.
struct ApplianceIdentity {
  std::string version;
  std::string model_name;
  std::string model_digest;  ///< SHA-256, hexadecimal
  std::string model_file;    ///< its absolute path
  std::string observation;
  std::string sensitive_service;
  TimeNs started_ns = 0;  ///< of the wall clock: when this process began to listen
  bool is_replay = false;
  bool drops_duplicates = false;  ///< packets that are mirrored twice are looked for
};

/// What the windows of one granularity came to, since the start.
struct WindowTotals {
  std::uint32_t granularity_s = 0;
  std::uint64_t complete = 0;
  std::uint64_t partial = 0;
  std::uint64_t without_data = 0;  ///< of both
  std::uint64_t alerts = 0;
  TimeNs last_end_ns = 0;  ///< of the last one; 0: there was none
};

/// The appliance at one moment.
struct ApplianceStatus {
  ApplianceIdentity identity;
  TimeNs published_ns = 0;  ///< of the wall clock: when its counters were read
  bool is_listening = false;
  std::vector<PortStatus> ports;
  std::vector<WorkerStatus> workers;
  PacketLedger packets;
  RecordLedger records;
  FactLedger facts;
  std::uint64_t lost_at_ports = 0;
  MirrorTally mirror;
  std::vector<WindowTotals> windows;  ///< ascending by granularity
  IncidentTotals incidents;
  std::vector<OutputStatus> outputs;  ///< the file first
  HistoryStatus history;
  EntityStatus entities;
  ShadowStatus shadow;
  std::uint64_t services = 0;
};

}  // namespace mimir::controlplane
