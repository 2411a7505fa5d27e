// SPDX-License-Identifier: Apache-2.0

// Runs one capture through source, worker and ring, and prints what was counted:
// "counted PROTOCOL PACKETS BYTES", "dropped REASON PACKETS", "received PACKETS".
// Exit code 3: the file cannot be read at all.
//
//   usage: capture_counts CAPTURE

#include <cstdio>
#include <map>
#include <utility>

#include "dataplane/source/capture_file.h"
#include "dataplane/worker.h"

namespace {

using namespace mimir;

struct Totals {
  std::map<int, std::pair<std::uint64_t, std::uint64_t>> by_protocol;  ///< packets, bytes
  PacketLedger packets;

  void drain(RecordRing& ring) {
    FlowRecord record;
    while (ring.pop_records({&record, 1}) == 1) {
      auto& [packet_count, byte_count] = by_protocol[record.key.protocol];
      packet_count += record.packets[0] + record.packets[1];
      byte_count += record.bytes[0] + record.bytes[1];
    }
    WindowReport report;
    while (ring.pop_report(report)) packets += report.packets;
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const source::CaptureFile file(argv[1]);
  if (file.opened().fault != source::CaptureFault::kNone) return 3;
  source::CaptureSource source(file);
  RecordRing ring(std::size_t{1} << 16);
  // Many of these captures are merged from several and leap back in time: nothing
  // may be too late here.
  Worker worker({.window_ns = std::int64_t{1} << 61,
                 .lateness_ns = std::int64_t{1} << 61,
                 .flow_count_max = 200000,
                 .ipv6_flow_count_max = 50000,
                 .secret = {}},
                source, ring);
  Totals totals;
  while (worker.step()) totals.drain(ring);
  worker.finish();
  totals.drain(ring);
  for (const auto& [protocol, sums] : totals.by_protocol) {
    std::printf("counted %d %llu %llu\n", protocol, static_cast<unsigned long long>(sums.first),
                static_cast<unsigned long long>(sums.second));
  }
  for (std::size_t i = 0; i < kDropCount; ++i) {
    const std::uint64_t dropped = totals.packets.dropped[i];
    if (dropped == 0) continue;
    std::printf("dropped %s %llu\n", name(static_cast<Drop>(i)).data(),
                static_cast<unsigned long long>(dropped));
  }
  std::printf("received %llu\n", static_cast<unsigned long long>(totals.packets.received));
  return totals.packets.balances() ? 0 : 1;
}
