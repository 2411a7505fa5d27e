// SPDX-License-Identifier: Apache-2.0
#include "tools/capture_run.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "dataplane/source/capture_stream.h"
#include "tools/capture_list.h"
#include "tools/hash_secret.h"

namespace mimir::tools {

namespace {

constexpr std::chrono::microseconds kRestMin{200};
constexpr std::chrono::microseconds kRestMax{3200};

}  // namespace

std::optional<CaptureRun> run_captures(source::CaptureSet& captures,
                                       const CaptureRunOptions& options,
                                       controlplane::Collector::WindowSink sink,
                                       config::Diagnostics& diagnostics) {
  captures.expect_readers(options.worker_count);
  std::vector<std::unique_ptr<source::CaptureStream>> sources;
  std::vector<std::unique_ptr<RecordRing>> rings;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<RecordRing*> ring_pointers;
  for (std::size_t i = 0; i < options.worker_count; ++i) {
    WorkerOptions worker = options.worker;
    worker.shard = static_cast<std::uint32_t>(i);
    worker.shard_count = static_cast<std::uint32_t>(options.worker_count);
    // Equal captures get equal secrets, and so equal results even where a full table makes
    // them depend on it; who sends packets does not know when the first one is stamped.
    worker.secret = hash_secret_of(static_cast<std::uint64_t>(captures.first_ns()));
    worker.ring_full = RingFull::kWait;
    worker.flow_count_first = WorkerOptions::kFewFlows;
    sources.push_back(std::make_unique<source::CaptureStream>(captures));
    rings.push_back(
        std::make_unique<RecordRing>(options.ring_record_count, options.ring_fact_count));
    ring_pointers.push_back(rings.back().get());
    workers.push_back(std::make_unique<Worker>(worker, *sources.back(), *rings.back()));
    if (!workers.back()->is_usable()) {
      diagnostics.error({}, "not enough memory for the flow tables", "lower --flows");
      return std::nullopt;
    }
  }
  controlplane::Collector collector(options.worker.window_ns, ring_pointers, std::move(sink));
  {
    std::vector<std::jthread> threads;
    for (const auto& worker : workers) {
      threads.emplace_back([&worker] {
        while (worker->step()) {
        }
        worker->finish();
      });
    }
    // A worker has something to say once a window: asking all the time would cost a core,
    // and each time it is asked in vain costs what a hundred packets do.
    std::chrono::microseconds rest = kRestMin;
    while (!collector.has_ended()) {
      if (collector.drain()) {
        rest = kRestMin;
        continue;
      }
      std::this_thread::sleep_for(rest);
      rest = std::min(2 * rest, kRestMax);
    }
  }
  report_damage(captures, diagnostics);
  return CaptureRun{
      .packets = collector.packets(), .records = collector.records(), .facts = collector.facts()};
}

}  // namespace mimir::tools
