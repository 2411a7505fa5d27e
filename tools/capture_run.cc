// SPDX-License-Identifier: Apache-2.0
#include "tools/capture_run.h"

#include <cstring>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace mimir::tools {

namespace {

using source::CaptureFault;

struct FaultText {
  std::string message;
  std::string hint;
};

FaultText to_text(const source::CaptureState& state) {
  const std::uint64_t detail = state.detail;
  const std::uint64_t offset = state.offset_bytes;
  switch (state.fault) {
    case CaptureFault::kCannotOpen:
      return {fmt::format("cannot open the capture: {}", std::strerror(static_cast<int>(detail))),
              "give the path of a capture that this user may read; `-` reads a pipe"};
    case CaptureFault::kEmpty:
      return {"the file is empty, not even a capture header is in it",
              "was the capture tool stopped before it wrote anything?"};
    case CaptureFault::kNotACapture:
      return {fmt::format("not a capture: it begins with {:#010x}, which is no pcap magic", detail),
              "write pcap or pcapng, as `tcpdump -w` and `dumpcap` do"};
    case CaptureFault::kHeaderCut:
      return {"the capture ends inside its file header", "copy the file again"};
    case CaptureFault::kUnsupportedVersion:
      return {
          fmt::format("format version {} is not supported, only 2 of pcap and 1 of pcapng", detail),
          "convert it: editcap -F pcap IN OUT.pcap"};
    case CaptureFault::kUnknownLinkType:
      return {
          fmt::format("link type {} is not supported", detail),
          "supported are Ethernet (1), raw IP (101), Linux cooked (113, 276), loopback (0, 108) "
          "and NFLOG (239)"};
    case CaptureFault::kUnpacksTooLarge:
      return {fmt::format("unpacked, the capture has more than {} MiB", detail >> 20),
              "unpack it first: gzip -d or zstd -d"};
    case CaptureFault::kInputTooLarge:
      return {fmt::format("it has more than {} MiB, which must be held in memory", detail >> 20),
              "write it to a file and give the file's path"};
    case CaptureFault::kRecordHeaderCut:
      return {fmt::format("the capture ends at byte {}, inside a packet's header", offset),
              "everything before that byte was read"};
    case CaptureFault::kPacketCut:
      return {fmt::format("the capture ends inside the packet at byte {}", offset),
              "everything before that byte was read"};
    case CaptureFault::kImplausibleLength:
      return {fmt::format("the packet at byte {} claims {} captured bytes", offset, detail),
              "the file is damaged from there on; everything before that byte was read"};
    case CaptureFault::kBlockCut:
      return {fmt::format("the capture ends inside the block at byte {}", offset),
              "everything before that byte was read"};
    case CaptureFault::kBadBlockLength:
      return {fmt::format("the block at byte {} claims {} bytes, which cannot be", offset, detail),
              "the file is damaged from there on; everything before that byte was read"};
    case CaptureFault::kBadSectionHeader:
      return {fmt::format("the section that begins at byte {} cannot be read", offset),
              "everything before that byte was read"};
    case CaptureFault::kBlocksDamaged:
      return {fmt::format("{} damaged blocks were left out, the first at byte {}", detail, offset),
              "everything else was read"};
    case CaptureFault::kPackedDamaged:
      return {fmt::format("the compressed file is damaged behind byte {} of what is in it", offset),
              "everything before that byte was read"};
    case CaptureFault::kNone:
      break;
  }
  return {};
}

}  // namespace

void report_fault(const std::string& path, const source::CaptureState& state,
                  config::Diagnostics& diagnostics) {
  FaultText text = to_text(state);
  diagnostics.error({.file = path}, std::move(text.message), std::move(text.hint));
}

std::optional<CaptureRun> run_capture(const std::string& path, const CaptureRunOptions& options,
                                      controlplane::Collector::WindowSink sink,
                                      config::Diagnostics& diagnostics) {
  const source::CaptureFile file(path.c_str());
  if (file.opened().fault != CaptureFault::kNone) {
    report_fault(path, file.opened(), diagnostics);
    return std::nullopt;
  }
  std::vector<std::unique_ptr<source::CaptureSource>> sources;
  std::vector<std::unique_ptr<RecordRing>> rings;
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<RecordRing*> ring_pointers;
  for (std::size_t i = 0; i < options.worker_count; ++i) {
    WorkerOptions worker = options.worker;
    worker.shard = static_cast<std::uint32_t>(i);
    worker.shard_count = static_cast<std::uint32_t>(options.worker_count);
    worker.ring_full = RingFull::kWait;
    sources.push_back(std::make_unique<source::CaptureSource>(file));
    rings.push_back(std::make_unique<RecordRing>(options.ring_record_count));
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
    while (!collector.has_ended()) {
      if (!collector.drain()) std::this_thread::yield();
    }
  }
  CaptureRun run{.packets = collector.packets(),
                 .records = collector.records(),
                 .ended = sources.front()->ended()};
  if (run.is_damaged()) report_fault(path, run.ended, diagnostics);
  return run;
}

}  // namespace mimir::tools
