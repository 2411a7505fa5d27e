// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dataplane/record/ledger.h"
#include "dataplane/record/time.h"

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
};

/// An edge of a window's service graph beside what the model knows of it.
struct EdgeView {
  std::string source;
  std::string destination;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  double expected_bytes = 0;  ///< median of benign windows; 0 if it was never seen
  double p99_bytes = 0;
  double excess = 0;  ///< see detector::EdgeEvidence
  bool is_known = false;
  bool is_on_path = false;  ///< of the alert of this window
};

/// A feature's part in a window's score.
struct ReasonView {
  std::string feature;
  double observed = 0;
  double expected = 0;
  double z = 0;
  double contribution = 0;
};

/// A judged window, as people look at it: a value that owns all it shows.
struct WindowView {
  TimeNs begin_ns = 0;
  TimeNs end_ns = 0;
  std::uint32_t granularity_s = 0;
  bool is_partial = false;
  bool has_data = false;
  bool is_alert = false;
  double score = 0;
  double threshold = 0;
  PacketLedger packets;
  std::uint64_t records_lost = 0;
  std::uint64_t packets_lost = 0;   ///< in those records
  std::uint64_t lost_at_ports = 0;  ///< as Window has it
  std::uint8_t shed_level = 0;
  double mapped_bytes_ratio = 1;
  std::vector<EdgeView> edges;  ///< by excess, descending
  std::vector<ReasonView> reasons;

  /// The share of what was sent to the ports that no flow holds; ARP and its like are no loss.
  [[nodiscard]] double loss_ratio() const noexcept {
    const std::uint64_t sent = packets.received + lost_at_ports;
    const std::uint64_t lost =
        packets.dropped_total() - packets.dropped_for(Drop::kNotIp) + packets_lost + lost_at_ports;
    return sent == 0 ? 0.0 : static_cast<double>(lost) / static_cast<double>(sent);
  }
};

/// What is known once, at the start.
struct ApplianceIdentity {
  std::string version;
  std::string model_name;
  std::string model_digest;  ///< SHA-256, hexadecimal
  std::string observation;
  std::string sensitive_service;
  TimeNs started_ns = 0;  ///< of the wall clock: when this process began to listen
  bool is_replay = false;
};

/// What the windows of one granularity came to, since the start.
struct WindowTotals {
  std::uint32_t granularity_s = 0;
  std::uint64_t complete = 0;
  std::uint64_t partial = 0;
  std::uint64_t without_data = 0;  ///< of both
  std::uint64_t alerts = 0;
};

/// The appliance at one moment.
struct ApplianceStatus {
  ApplianceIdentity identity;
  bool is_listening = false;
  std::vector<PortStatus> ports;
  std::vector<WorkerStatus> workers;
  PacketLedger packets;
  RecordLedger records;
  FactLedger facts;
  std::uint64_t lost_at_ports = 0;
  std::vector<WindowTotals> windows;  ///< ascending by granularity
  std::uint64_t alerts_written = 0;
  std::uint64_t alerts_lost = 0;
  TimeNs entities_read_ns = 0;  ///< of the wall clock
  std::uint64_t services = 0;
};

}  // namespace mimir::controlplane
