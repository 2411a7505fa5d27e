// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "controlplane/collector.h"
#include "dataplane/source/capture_file.h"
#include "dataplane/source/eal.h"
#include "dataplane/source/mbuf_generator.h"
#include "dataplane/worker.h"
#include "tools/bench_capture.h"
#include "tools/capture_list.h"
#include "tools/command/commands.h"
#include "tools/machine_text.h"

namespace mimir::tools {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

/// What one round did, and how long it took.
struct Round {
  std::uint64_t packets = 0;
  std::uint64_t records = 0;
  double seconds = 0;
  bool balances = false;
};

/// Rounds of one measurement, slowest to fastest.
config::Json to_json(const std::string& name, std::vector<Round> rounds) {
  std::sort(rounds.begin(), rounds.end(),
            [](const Round& a, const Round& b) { return a.seconds > b.seconds; });
  const auto mpps = [](const Round& round) {
    return static_cast<double>(round.packets) / round.seconds / 1e6;
  };
  const Round& median = rounds[rounds.size() / 2];
  config::Json row = config::Json::object();
  row.set("name", name)
      .set("packets", median.packets)
      .set("records", median.records)
      .set("rounds", std::uint64_t{rounds.size()})
      .set("mpps_median", mpps(median))
      .set("mpps_min", mpps(rounds.front()))
      .set("mpps_max", mpps(rounds.back()))
      .set("ledgers_balance", std::all_of(rounds.begin(), rounds.end(),
                                          [](const Round& round) { return round.balances; }));
  return row;
}

/// One thread does everything: map, dissect, count, collect, merge.
std::optional<Round> ingest_once(const std::string& path) {
  const source::CaptureFile file(path.c_str());
  if (file.opened().fault != source::CaptureFault::kNone) return std::nullopt;
  source::CaptureSource source(file);
  RecordRing ring(std::size_t{1} << 18);
  WorkerOptions options;
  options.ring_full = RingFull::kLose;  // alone on its thread, it must not wait for itself
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
  const double seconds = seconds_since(begin);
  return Round{.packets = collector.packets().received,
               .records = records,
               .seconds = seconds,
               .balances = collector.packets().balances() && collector.records().balances() &&
                           collector.records().lost_ring_full == 0};
}

/// The worker on this thread, a reader that empties the ring on another.
Round dataplane_once(std::uint64_t packet_count, std::uint32_t flow_count) {
  source::MbufGenerator source({.packet_count = packet_count, .flow_count = flow_count});
  source::MachineFault fault;
  if (!source.open(fault)) return {};
  RecordRing ring(std::size_t{1} << 18);
  WorkerOptions options;
  options.window_ns = kNsPerSecond;
  options.lateness_ns = 0;
  options.flow_count_max = std::max<std::size_t>(flow_count, 1024);
  const auto worker = std::make_unique<Worker>(options, source, ring);
  PacketLedger packets;
  RecordLedger records;
  std::jthread reader([&ring, &packets, &records] {
    std::vector<FlowRecord> buffer(1024);
    for (bool ended = false; !ended;) {
      ended = ring.completed_through() == RecordRing::kAllComplete;
      for (std::size_t count = 1; count > 0;) {
        count = ring.pop_records(buffer);
        records.delivered += count;
      }
      WindowReport report;
      while (ring.pop_report(report)) {
        packets += report.packets;
        records.written += report.records_written;
        records.lost_ring_full += report.records_lost;
      }
      std::this_thread::yield();
    }
  });
  // The first tenth fills the table and is not timed.
  for (std::uint64_t step = 0; step < packet_count / 10 / 64; ++step) (void)worker->step();
  const auto begin = Clock::now();
  std::uint64_t bursts = 0;
  while (worker->step()) ++bursts;
  const double seconds = seconds_since(begin);
  worker->finish();
  reader.join();
  return {.packets = bursts * 64,
          .records = records.delivered,
          .seconds = seconds,
          .balances = packets.balances() && records.balances()};
}

class BenchCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "bench"; }
  [[nodiscard]] const char* summary() const override {
    return "Measures this machine: ingest of a capture, the dataplane with cached mbufs";
  }
  [[nodiscard]] const char* example() const override { return "bench ingest --json"; }

  void declare(CommandLine& line) override {
    line.positional("WHAT", what_, "ingest or dataplane");
    line.text("--capture", capture_, "FILE", "ingest: this capture instead of one of its own");
    line.count("--packets", packets_, 100'000, 1'000'000'000, "N",
               "packets a round; 0.1 to 1000 million");
    line.count("--flow-count", flow_count_, 1, 16'000'000, "N",
               "ingest: flows in the capture of its own");
    line.count("--rounds", rounds_, 1, 101, "N", "rounds; the median counts");
    line.flag("--json", json_, "one JSON object with the machine, the build and the figures");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> eal_arguments) override {
    if (what_ == "ingest") return run_ingest();
    if (what_ == "dataplane") return run_dataplane(eal_arguments);
    fmt::print(stderr,
               "mimir: error: nothing called `{}` can be measured\n"
               "  hint: give ingest or dataplane\n",
               what_);
    return ExitCode::kUsage;
  }

 private:
  ExitCode run_ingest() {
    std::string path = capture_;
    const std::filesystem::path own =
        std::filesystem::temp_directory_path() / fmt::format("mimir-bench-{}.pcap", getpid());
    config::Diagnostics diagnostics;
    if (path.empty()) {
      path = own.string();
      if (!write_bench_capture(path, packets_, static_cast<std::uint32_t>(flow_count_),
                               diagnostics)) {
        fmt::print(stderr, "{}", diagnostics.render());
        return ExitCode::kMachine;
      }
    }
    std::vector<Round> rounds;
    for (std::uint64_t i = 0; i <= rounds_; ++i) {  // the first warms the page cache
      const std::optional<Round> round = ingest_once(path);
      if (!round) break;
      if (i > 0) rounds.push_back(*round);
    }
    if (capture_.empty()) std::filesystem::remove(own);
    if (rounds.empty()) {
      const source::CaptureFile file(path.c_str());
      report_fault(path, file.opened(), diagnostics);
      fmt::print(stderr, "{}", diagnostics.render());
      return ExitCode::kData;
    }
    config::Json rows = config::Json::array();
    rows.push(to_json("ingest", rounds));
    return print(std::move(rows));
  }

  ExitCode run_dataplane(std::span<const std::string> eal_arguments) {
    source::EalOptions options;
    options.file_prefix = fmt::format("mimir-bench-{}", getpid());
    options.is_shared = false;
    options.worker_count = 0;
    options.memory_bytes = source::MbufGenerator::memory_bytes() + (std::size_t{32} << 20);
    options.extra_arguments.assign(eal_arguments.begin(), eal_arguments.end());
    source::MachineFault fault;
    if (!source::Eal::start(options, fault)) {
      fmt::print(stderr, "mimir: error: {}\n  hint: {}\n", fault.message, fault.hint);
      return ExitCode::kMachine;
    }
    config::Json rows = config::Json::array();
    for (const std::uint32_t flows : {1'000U, 1'000'000U}) {
      std::vector<Round> rounds;
      for (std::uint64_t i = 0; i < rounds_; ++i) rounds.push_back(dataplane_once(packets_, flows));
      rows.push(to_json(fmt::format("dataplane, 64-byte packets, {} flows", flows), rounds));
    }
    source::Eal::stop();
    return print(std::move(rows));
  }

  ExitCode print(config::Json rows) const {
    bool balances = true;
    for (const config::Json& row : *rows.elements()) {
      balances = balances && *row.find("ledgers_balance")->boolean();
      if (json_) continue;
      fmt::print("{:<44} {:>8.2f} Mpps  (median of {}; {:.2f} to {:.2f})  {} records exported\n",
                 *row.find("name")->string(), *row.find("mpps_median")->number(),
                 *row.find("rounds")->count(), *row.find("mpps_min")->number(),
                 *row.find("mpps_max")->number(), *row.find("records")->count());
    }
    if (json_) {
      config::Json report = config::Json::object();
      report.set("machine", machine_json()).set("results", std::move(rows));
      std::puts(config::to_pretty_text(report).c_str());
    }
    return balances ? ExitCode::kOk : ExitCode::kData;
  }

  std::string what_;
  std::string capture_;
  std::uint64_t packets_ = 5'000'000;
  std::uint64_t flow_count_ = 10'000;
  std::uint64_t rounds_ = 5;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_bench_command() { return std::make_unique<BenchCommand>(); }

}  // namespace mimir::tools
