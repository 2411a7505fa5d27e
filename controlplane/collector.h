// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/record/flow_record.h"
#include "dataplane/record/ledger.h"
#include "dataplane/record/payload_fact.h"
#include "dataplane/record/record_ring.h"
#include "model/window.h"

namespace mimir::controlplane {

/// Merges what all workers say into windows, in the order of packet time.
///
/// A window is handed over when every worker has said all it ever will about it.
/// Records of one flow add, so neither the number of workers nor the order in
/// which their rings are emptied shows in a window.
///
/// Threads: the one control-plane thread that owns it.
/// Memory: the records and facts of the windows still open.
/// Cost: a sort of each window's records.
class Collector {
 public:
  using WindowSink = std::function<void(const Window&)>;

  /// `rings` outlive this.
  Collector(TimeNs window_ns, std::span<RecordRing* const> rings, WindowSink sink);

  /// Takes what is there and hands over the windows that became complete.
  /// Returns whether there was anything to take.
  bool drain();

  /// Every worker has ended and every window was handed over.
  [[nodiscard]] bool has_ended() const { return has_ended_; }

  /// No window that begins before this packet time is still to come; none while nothing is
  /// known of the time, or when all have come.
  [[nodiscard]] std::optional<TimeNs> passed_ns() const;

  /// Sums over all windows handed over so far.
  [[nodiscard]] const PacketLedger& packets() const { return packets_; }
  [[nodiscard]] const RecordLedger& records() const { return records_; }
  [[nodiscard]] const FactLedger& facts() const { return facts_; }

  /// Whether a capture began or ended inside a window is judged with this slack:
  /// silence shorter than a tenth of a window is no cut.
  static constexpr TimeNs kPartialSlackDivisor = 10;

 private:
  struct Pending {
    std::vector<FlowRecord> records;
    std::vector<PayloadFact> facts;
    WindowReport sum;
  };

  bool take(RecordRing& ring);
  void add(const WindowReport& report);
  void hand_over(WindowIndex index, Pending& pending);

  TimeNs window_ns_;
  std::vector<RecordRing*> rings_;
  WindowSink sink_;
  std::map<WindowIndex, Pending> pending_;
  std::vector<FlowRecord> buffer_;
  PacketLedger packets_;
  RecordLedger records_;
  FactLedger facts_;
  WindowIndex complete_ = RecordRing::kNothingComplete;
  bool has_begun_ = false;
  bool has_ended_ = false;
};

/// Sorts by (key, first_ns) and adds the records of one flow into one.
void merge_flows(std::vector<FlowRecord>& records);

}  // namespace mimir::controlplane
