// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/ring_reader.h"

#include <chrono>
#include <thread>

#include "dataplane/source/generated_traffic.h"

namespace mimir::tools {

bool RingReader::drain() {
  const bool ended = ring_.completed_through() == RecordRing::kAllComplete;
  for (std::size_t count = 1; count > 0;) {
    count = ring_.pop_records(buffer_);
    records_.delivered += count;
    for (std::size_t i = 0; i < count; ++i) {
      const FlowRecord& record = buffer_[i];
      const std::uint64_t packets = record.packets[0] + record.packets[1];
      records_.packets_delivered += packets;
      constexpr std::uint16_t kPort = source::FlowDraw::kEstablishedPort;
      const bool is_established = record.key.low_port == kPort || record.key.high_port == kPort;
      established_packets_ += is_established ? packets : 0;
    }
  }
  PayloadFact fact;
  while (ring_.pop_fact(fact)) ++facts_.delivered;
  WindowReport report;
  while (ring_.pop_report(report)) {
    packets_ += report.packets;
    records_.written += report.records_written;
    records_.lost_ring_full += report.records_lost;
    records_.packets_lost += report.packets_lost;
    facts_.written += report.facts_written;
    facts_.lost += report.facts_lost;
  }
  return ended;
}

void RingReader::drain_to_end() {
  while (!drain()) std::this_thread::sleep_for(std::chrono::microseconds(100));
}

bool RingReader::is_exact(std::uint64_t sent) const {
  return packets_.received == sent && packets_.balances() && records_.balances() &&
         facts_.balances() &&
         records_.packets_delivered + records_.packets_lost == packets_.counted;
}

}  // namespace mimir::tools
