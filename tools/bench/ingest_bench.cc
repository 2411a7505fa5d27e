// SPDX-License-Identifier: Apache-2.0
#include "tools/bench/ingest_bench.h"

#include <chrono>
#include <memory>
#include <thread>

#include "controlplane/collector.h"
#include "dataplane/source/capture_file.h"
#include "dataplane/worker.h"

namespace mimir::tools {

std::optional<IngestRound> ingest_once(const std::string& path) {
  using Clock = std::chrono::steady_clock;
  const source::CaptureFile file(path.c_str());
  if (file.opened().fault != source::CaptureFault::kNone) return std::nullopt;
  source::CaptureSource source(file);
  RecordRing ring(std::size_t{1} << 18);
  WorkerOptions options;
  options.ring_full = RingFull::kLose;  // alone on its thread, it must not wait for itself
  options.flow_count_first = WorkerOptions::kFewFlows;
  const auto worker = std::make_unique<Worker>(options, source, ring);
  RecordRing* const rings[] = {&ring};
  std::uint64_t records = 0;
  controlplane::Collector collector(options.window_ns, rings, [&records](const Window& window) {
    records += window.records.size();
  });
  const auto begin = Clock::now();
  for (std::uint32_t bursts = 0; worker->step(); ++bursts) {
    if (bursts % 256 == 255) (void)collector.drain();
  }
  // The end waits for its reader.
  std::jthread finish([&worker] { worker->finish(); });
  while (!collector.has_ended()) (void)collector.drain();
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return IngestRound{.packets = collector.packets().received,
                     .records = records,
                     .seconds = seconds,
                     .is_exact = collector.packets().balances() && collector.records().balances() &&
                                 collector.records().lost_ring_full == 0};
}

}  // namespace mimir::tools
