// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/record/ledger.h"
#include "dataplane/record/record_ring.h"

namespace mimir::tools {

/// The other end of a measured worker's ring: takes everything, adds it up, keeps
/// nothing.
///
/// Threads: one.
class RingReader {
 public:
  explicit RingReader(RecordRing& ring) : ring_(ring), buffer_(1024) {}

  /// Takes what is there. True once the worker has ended and all was taken.
  bool drain();
  /// Until then; rests when there is nothing.
  void drain_to_end();

  [[nodiscard]] const PacketLedger& packets() const { return packets_; }
  [[nodiscard]] const RecordLedger& records() const { return records_; }
  [[nodiscard]] const FactLedger& facts() const { return facts_; }
  /// In the records of flows that no flood opened.
  [[nodiscard]] std::uint64_t established_packets() const { return established_packets_; }
  /// Whether `sent` packets all show in the ledgers, and all balance.
  [[nodiscard]] bool is_exact(std::uint64_t sent) const;

 private:
  RecordRing& ring_;
  std::vector<FlowRecord> buffer_;
  PacketLedger packets_;
  RecordLedger records_;
  FactLedger facts_;
  std::uint64_t established_packets_ = 0;
};

}  // namespace mimir::tools
