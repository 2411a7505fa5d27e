// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "dataplane/payload/signatures.h"
#include "dataplane/source/capture_file.h"
#include "dataplane/source/eal.h"
#include "tools/bench/dataplane_bench.h"
#include "tools/bench/imix_capture.h"
#include "tools/bench/ingest_bench.h"
#include "tools/bench/report.h"
#include "tools/bench/ring_bench.h"
#include "tools/capture_list.h"
#include "tools/command/commands.h"
#include "tools/machine_text.h"

namespace mimir::tools {

namespace {

using source::TrafficFamily;
using source::TrafficLaw;
using source::TrafficSizes;

constexpr std::uint64_t kIngestPackets = 5'000'000;
// A little more than one window: each round has an edge in it.
constexpr std::uint64_t kDataplanePackets = 15'000'000;
constexpr std::uint64_t kRingRecords = 20'000'000;
// The fill must end within the first window.
constexpr std::uint64_t kFlowCountMax = 14'000'000;

/// What is measured unless something is chosen.
std::vector<source::TrafficOptions> dataplane_table() {
  std::vector<source::TrafficOptions> table;
  const auto add = [&table](TrafficFamily family, TrafficSizes sizes, TrafficLaw law,
                            std::initializer_list<std::uint32_t> flow_counts) {
    for (const std::uint32_t flow_count : flow_counts) {
      table.push_back({.family = family, .sizes = sizes, .law = law, .flow_count = flow_count});
    }
  };
  constexpr std::uint32_t k1k = 1'000;
  constexpr std::uint32_t k1M = 1'000'000;
  constexpr auto kSmallest = TrafficSizes::kSmallest;
  add(TrafficFamily::kIpv4, kSmallest, TrafficLaw::kSteady, {k1k, 100 * k1k, k1M, 10 * k1M});
  add(TrafficFamily::kIpv6, kSmallest, TrafficLaw::kSteady, {k1k, k1M});
  add(TrafficFamily::kVxlan, kSmallest, TrafficLaw::kSteady, {k1k, k1M});
  add(TrafficFamily::kIpv4, TrafficSizes::kImix, TrafficLaw::kSteady, {k1k, k1M});
  add(TrafficFamily::kIpv4, kSmallest, TrafficLaw::kChurn, {k1M});
  add(TrafficFamily::kIpv4, kSmallest, TrafficLaw::kFlood, {k1M});
  return table;
}

/// What is looked for: only what applications begin with, and the rules that ship.
struct BenchSignatures {
  std::unique_ptr<const payload::Signatures> applications;
  std::unique_ptr<const payload::Signatures> rules;

  [[nodiscard]] static BenchSignatures make() {
    config::Diagnostics diagnostics;
    return {.applications = payload::Signatures::make({}, {}, diagnostics),
            .rules = payload::Signatures::make(payload::read_built_in_rules(), {}, diagnostics)};
  }
  [[nodiscard]] payload::InspectorOptions at(PayloadDepth depth) const {
    if (depth == PayloadDepth::kOff) return {};
    return (depth == PayloadDepth::kRules ? rules : applications)->lend();
  }
};

class BenchCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "bench"; }
  [[nodiscard]] const char* summary() const override {
    return "Measures this machine: ingest, dataplane, ring or sweep";
  }
  [[nodiscard]] const char* example() const override { return "bench dataplane --json"; }

  void declare(CommandLine& line) override {
    line.positional("WHAT", what_,
                    "ingest: a capture to windows, one core; dataplane: cached mbufs to records, a "
                    "table unless one case is chosen; ring: records between two threads; sweep: "
                    "the steps after a window's edge");
    line.text("--capture", capture_, "FILE", "ingest: this capture instead of one of its own");
    line.count("--packets", packets_, 0, 1'000'000'000, "N",
               "packets, of ring records, a round; 0 is 5 million for ingest, 15 million for "
               "dataplane, 20 million for ring");
    line.count("--flow-count", flow_count_, 0, kFlowCountMax, "N",
               "flows; 0 is 10 thousand for ingest, a million for a chosen case and sweep");
    line.choice("--family", family_, {"ipv4", "ipv6", "vxlan"},
                "dataplane, sweep: of the packets; vxlan has IPv4 inside");
    line.choice("--frame", frame_, {"64", "imix"}, "dataplane, sweep: bytes of a packet");
    line.choice("--law", law_, {"steady", "churn", "flood"},
                "dataplane, sweep: the same flows all the time, a part replaced each second, or "
                "every packet a SYN of a new flow but one in 1000");
    line.real("--churn", churn_percent_, 0, 1000, "PERCENT",
              "churn: how many flows are replaced each second of packet time");
    line.choice("--payload", payload_, {"off", "applications", "rules", "all"},
                "dataplane: packets of HTTP, and how far they are looked into; all: one row each");
    line.count("--rounds", rounds_, 1, 101, "N", "rounds; the median counts");
    line.count("--seconds", seconds_, 0, 86400, "N",
               "dataplane: more rounds until so much time was measured");
    line.flag("--json", json_, "one JSON object with the machine, the build and the figures");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> eal_arguments) override {
    if (what_ == "ingest") return run_ingest();
    if (what_ == "ring") return run_ring();
    if (what_ == "dataplane" || what_ == "sweep") return run_dataplane(eal_arguments);
    fmt::print(stderr,
               "mimir: error: nothing called `{}` can be measured\n"
               "  hint: give ingest, dataplane, ring or sweep\n",
               what_);
    return ExitCode::kUsage;
  }

 private:
  [[nodiscard]] std::uint64_t packets_or(std::uint64_t otherwise) const {
    return packets_ == 0 ? otherwise : packets_;
  }
  [[nodiscard]] std::uint32_t flow_count_or(std::uint32_t otherwise) const {
    return flow_count_ == 0 ? otherwise : static_cast<std::uint32_t>(flow_count_);
  }

  ExitCode run_ingest() {
    std::string path = capture_;
    const std::filesystem::path own =
        std::filesystem::temp_directory_path() / fmt::format("mimir-bench-{}.pcap", getpid());
    config::Diagnostics diagnostics;
    if (path.empty()) {
      path = own.string();
      if (!write_imix_capture(path, packets_or(kIngestPackets), flow_count_or(10'000),
                              diagnostics)) {
        fmt::print(stderr, "{}", diagnostics.render());
        return ExitCode::kMachine;
      }
    }
    std::vector<IngestRound> rounds;
    for (std::uint64_t i = 0; i <= rounds_; ++i) {  // the first warms the page cache
      const std::optional<IngestRound> round = ingest_once(path);
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
    add(ingest_row(rounds));
    return finish();
  }

  ExitCode run_ring() {
    std::vector<RingRound> rounds;
    for (std::uint64_t i = 0; i < rounds_; ++i) {
      rounds.push_back(ring_once(packets_or(kRingRecords)));
    }
    add(ring_row(rounds));
    return finish();
  }

  ExitCode run_dataplane(std::span<const std::string> eal_arguments) {
    source::EalOptions options;
    options.file_prefix = fmt::format("mimir-bench-{}", getpid());
    options.is_shared = false;
    options.worker_count = 1;
    options.memory_bytes = dataplane_memory_bytes();
    options.extra_arguments.assign(eal_arguments.begin(), eal_arguments.end());
    source::MachineFault fault;
    if (!source::Eal::start(options, fault)) return refuse(fault);
    if (!json_) {
      fmt::print("packets in {}\n", source::Eal::uses_huge_pages()
                                        ? "2 MB pages"
                                        : "4 kB pages: 2 MB ones make it faster, as on the "
                                          "appliance (mimir check --machine says how)");
    }
    const bool is_done = what_ == "sweep" ? measure_sweep(fault) : measure_dataplane(fault);
    source::Eal::stop();
    return is_done ? finish() : refuse(fault);
  }

  bool measure_sweep(source::MachineFault& fault) {
    for (std::uint64_t i = 0; i < rounds_; ++i) {
      DataplaneSettings settings;
      settings.traffic = chosen();
      const std::optional<StepTimes> steps = measure_steps(settings, fault);
      if (!steps) return false;
      add(sweep_row(settings, *steps));
    }
    return true;
  }

  bool measure_dataplane(source::MachineFault& fault) {
    const bool is_chosen = flow_count_ != 0 || !family_.empty() || !frame_.empty() ||
                           !law_.empty() || !payload_.empty();
    std::vector<DataplaneSettings> cases;
    if (is_chosen) {
      for (const PayloadDepth depth : depths()) cases.push_back({chosen(), depth});
    } else {
      for (const source::TrafficOptions& traffic : dataplane_table()) cases.push_back({traffic});
    }
    const auto signatures = BenchSignatures::make();
    for (DataplaneSettings& settings : cases) {
      settings.inspection = signatures.at(settings.depth);
      settings.packet_count = packets_or(kDataplanePackets);
      settings.round_count = rounds_;
      settings.seconds_min = static_cast<double>(seconds_);
      const std::optional<DataplaneResult> result = measure_rate(settings, fault);
      if (!result) return false;
      const std::optional<StepTimes> steps = measure_steps(settings, fault);
      if (!steps) return false;
      add(dataplane_row(settings, *result, *steps));
    }
    return true;
  }

  [[nodiscard]] std::vector<PayloadDepth> depths() const {
    if (payload_ == "all") {
      return {PayloadDepth::kOff, PayloadDepth::kApplications, PayloadDepth::kRules};
    }
    if (payload_ == "applications") return {PayloadDepth::kApplications};
    if (payload_ == "rules") return {PayloadDepth::kRules};
    return {PayloadDepth::kOff};
  }

  [[nodiscard]] source::TrafficOptions chosen() const {
    source::TrafficOptions traffic;
    if (!payload_.empty()) traffic.payload = source::TrafficPayload::kHttp;
    if (family_ == "ipv6") traffic.family = TrafficFamily::kIpv6;
    if (family_ == "vxlan") traffic.family = TrafficFamily::kVxlan;
    if (frame_ == "imix") traffic.sizes = TrafficSizes::kImix;
    if (law_ == "churn") traffic.law = TrafficLaw::kChurn;
    if (law_ == "flood") traffic.law = TrafficLaw::kFlood;
    traffic.flow_count = flow_count_or(1'000'000);
    traffic.churn_share = churn_percent_ / 100;
    return traffic;
  }

  /// Said as soon as it is known: the whole table takes a minute or two.
  void add(const BenchRow& row) {
    if (!json_) fmt::print("{}\n", row.text);
    (void)std::fflush(stdout);
    rows_.push(row.json);
    is_exact_ = is_exact_ && row.is_exact;
  }

  [[nodiscard]] ExitCode finish() {
    if (json_) {
      config::Json report = config::Json::object();
      report.set("machine", machine_json())
          .set("huge_pages", source::Eal::uses_huge_pages())
          .set("results", std::move(rows_));
      std::puts(config::to_pretty_text(report).c_str());
    }
    if (is_exact_) return ExitCode::kOk;
    fmt::print(stderr, "mimir: error: not every packet and record is accounted for\n");
    return ExitCode::kData;
  }

  static ExitCode refuse(const source::MachineFault& fault) {
    fmt::print(stderr, "mimir: error: {}\n  hint: {}\n", fault.message, fault.hint);
    return ExitCode::kMachine;
  }

  std::string what_;
  std::string capture_;
  std::string family_;
  std::string frame_;
  std::string law_;
  std::string payload_;
  std::uint64_t packets_ = 0;
  std::uint64_t flow_count_ = 0;
  double churn_percent_ = 10;
  std::uint64_t rounds_ = 5;
  std::uint64_t seconds_ = 0;
  bool json_ = false;
  config::Json rows_ = config::Json::array();
  bool is_exact_ = true;
};

}  // namespace

std::unique_ptr<Command> make_bench_command() { return std::make_unique<BenchCommand>(); }

}  // namespace mimir::tools
