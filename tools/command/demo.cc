// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "controlplane/alert/alert_builder.h"
#include "controlplane/alert/incident_book.h"
#include "controlplane/output/rotating_file.h"
#include "controlplane/stop_signal.h"
#include "model/analysis/analyzer.h"
#include "model/learn/model_file.h"
#include "model/learn/train.h"
#include "tools/appliance.h"
#include "tools/command/commands.h"
#include "tools/demo_report.h"
#include "tools/ledger_text.h"
#include "tools/live_run.h"
#include "tools/simulator/simulator.h"
#include "tools/text_file.h"
#include "tools/training.h"

namespace mimir::tools {

namespace {

constexpr const char* kSensitive = "user-db";
constexpr const char* kAttack =
    "exfil:path=user-db>user>outside,rate=1MB/min,start=360,duration=120";
const std::vector<std::string> kTruePath{"user-db", "user", "outside"};
constexpr const char* kDashboard = "127.0.0.1:9478";
constexpr TimeNs kTrainingNs = 1800 * kNsPerSecond;
constexpr TimeNs kReplayNs = 900 * kNsPerSecond;

/// Says which step of how many this is, and how long it took.
class Step {
 public:
  Step(int number, const char* what) : begin_(std::chrono::steady_clock::now()) {
    fmt::print("[{}/5] {:<10}", number, what);
    std::fflush(stdout);
  }
  void done(const std::string& what) const {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin_;
    fmt::print("{}  ({:.1f} s)\n", what, took.count());
    std::fflush(stdout);
  }

 private:
  std::chrono::steady_clock::time_point begin_;
};

class DemoCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "demo"; }
  [[nodiscard]] const char* summary() const override {
    return "Simulates a shop, trains, replays a theft through DPDK and explains the alert";
  }
  [[nodiscard]] const char* example() const override { return "demo --out demo"; }

  void declare(CommandLine& line) override {
    line.text("--out", out_, "FOLDER", "gets captures, model, alerts and report");
    line.count("--seed", seed_, 1, UINT32_MAX, "N", "equal seeds give equal runs");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> eal_arguments) override {
    config::Diagnostics diagnostics;
    const ExitCode code = play(eal_arguments, diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    return code;
  }

 private:
  [[nodiscard]] std::filesystem::path folder(const char* name) const {
    return std::filesystem::path(out_) / name;
  }

  ExitCode play(std::span<const std::string> eal_arguments, config::Diagnostics& diagnostics) {
    if (!simulate(diagnostics)) return ExitCode::kMachine;
    if (!train(diagnostics)) return ExitCode::kData;
    source::CaptureSet attack({folder("attack") / "capture.pcap"});
    std::optional<Appliance> appliance = prepare(attack, diagnostics);
    if (!appliance) return ExitCode::kData;
    DemoResult result;
    source::MachineFault fault;
    if (!replay(*appliance, attack, eal_arguments, result, fault, diagnostics)) {
      if (fault.kind == source::MachineFault::Kind::kNone) return ExitCode::kData;
      diagnostics.error({}, fault.message, fault.hint);
      return ExitCode::kMachine;
    }
    const bool is_found = verify(result);
    return write_report(*appliance, result, diagnostics) && is_found ? ExitCode::kOk
                                                                     : ExitCode::kData;
  }

  bool simulate(config::Diagnostics& diagnostics) {
    const Step step(1, "simulate");
    simulator::Options options;
    options.duration_ns = kTrainingNs;
    options.seed = seed_;
    const auto benign = simulator::simulate(options, folder("train"), diagnostics);
    if (!benign) return false;
    options.duration_ns = kReplayNs;
    options.seed = seed_ + 1;
    options.attacks = {kAttack};
    const auto attacked = simulator::simulate(options, folder("attack"), diagnostics);
    if (!attacked) return false;
    step.done(fmt::format(
        "Sock Shop, {} pods: {:.1f} M packets of ordinary use, {:.1f} M with a theft", benign->pods,
        static_cast<double>(benign->packets) / 1e6, static_cast<double>(attacked->packets) / 1e6));
    return true;
  }

  bool train(config::Diagnostics& diagnostics) {
    const Step step(2, "train");
    AnalysisOptions options;
    options.model.entities = folder("train") / "entities.jsonl";
    const std::string capture = folder("train") / "capture.pcap";
    const auto captures = list_captures({&capture, 1}, diagnostics);
    if (!captures) return false;
    auto run = read_run(*captures, "train/capture.pcap", options, diagnostics);
    if (!run) return false;
    std::vector<TrainingRun> runs;
    runs.push_back(std::move(*run));
    TrainingPlan plan;
    plan.name = "sock-shop-demo";
    plan.sensitive_service = kSensitive;
    plan.seed = seed_;
    plan.rates = default_rates();
    const auto set = build_training_set(runs, plan, diagnostics);
    if (!set) return false;
    const auto model = learn::train(*set, {}, diagnostics);
    if (!model) return false;
    if (!write_text_file(folder("shop.mimir"), learn::write_model(*model), diagnostics)) {
      return false;
    }
    const learn::Confusion& counts = model->granularities.front().training;
    step.done(fmt::format("{} windows, thefts injected at {} rates; F1 on them {:.3f}",
                          runs.front().analysis.windows.size(), plan.rates.size(), counts.f1()));
    return true;
  }

  /// The configuration is written out, so that the demo's last command works.
  std::optional<Appliance> prepare(const source::CaptureSet& attack,
                                   config::Diagnostics& diagnostics) const {
    const std::string yaml = fmt::format(
        "dataplane:\n"
        "  file_prefix: mimir-demo-{}\n"
        "  flow_count_max: 65536\n"
        "  ipv6_flow_count_max: 16384\n"
        "  ring_record_count: 65536\n"
        "model:\n"
        "  file: {}\n"
        "  entities: {}\n"
        "output:\n"
        "  alerts: {}\n"
        "http:\n"
        "  listen: {}\n"
        "control:\n"
        "  socket: {}\n",
        getpid(), folder("shop.mimir").string(), (folder("attack") / "entities.jsonl").string(),
        folder("alerts.jsonl").string(), kDashboard, folder("control.sock").string());
    if (!write_text_file(folder("mimir.yaml"), yaml, diagnostics)) return std::nullopt;
    return load_appliance(folder("mimir.yaml"), &attack, diagnostics);
  }

  bool replay(const Appliance& appliance, source::CaptureSet& attack,
              std::span<const std::string> eal_arguments, DemoResult& result,
              source::MachineFault& fault, config::Diagnostics& diagnostics) {
    const Step step(3, "replay");
    std::filesystem::remove(folder("alerts.jsonl"));
    const auto alerts = controlplane::RotatingFile::open(folder("alerts.jsonl"), {}, diagnostics);
    if (alerts == nullptr) return false;
    LiveOptions options = appliance.live_options();
    options.eal.is_shared = false;
    options.eal.extra_arguments.assign(eal_arguments.begin(), eal_arguments.end());
    options.replay = &attack;
    // At full speed the file is faster than any wire: it can wait, nothing is lost.
    options.worker.ring_full = RingFull::kWait;
    const controlplane::AlertBuilder builder(appliance.model, *appliance.context->cluster,
                                             appliance.model_digest);
    controlplane::IncidentBook incidents({}, [&](const controlplane::IncidentRecord& record) {
      alerts->write(config::to_text(record.line));
    });
    analysis::Analyzer analyzer = appliance.make_analyzer([&](const analysis::Verdict& verdict) {
      result.windows.push_back({.begin_ns = verdict.window.begin_ns,
                                .granularity_s = verdict.window.granularity_s(),
                                .score = verdict.score.value,
                                .threshold = verdict.score.threshold,
                                .is_alert = verdict.score.alert()});
      if (!verdict.score.alert()) return;
      result.alerts.push_back(builder.build(verdict));
      incidents.add(controlplane::sighting_of(result.alerts.back()));
    });
    const std::atomic<bool>& stop = controlplane::watch_stop_signals();
    const LiveHooks hooks{.window = [&](const Window& window) {
      analyzer.add(window);
      incidents.advance(window.end_ns);
    }};
    if (!run_live(options, stop, hooks, result.live, fault)) {
      return false;
    }
    analyzer.flush();
    incidents.finish();
    result.incident_count = incidents.totals().opened_count();
    step.done(fmt::format("{:.1f} M packets through a DPDK ring device, {} lost, ledgers {}",
                          static_cast<double>(result.live.packets.received) / 1e6,
                          result.live.packets.dropped_total() + result.live.records.packets_lost,
                          result.live.balances() ? "balance" : "DO NOT BALANCE"));
    return result.live.balances();
  }

  bool verify(const DemoResult& result) const {
    const Step step(4, "verify");
    const TimeNs begin_ns = simulator::Options{}.start_ns + 360 * kNsPerSecond;
    const TimeNs end_ns = begin_ns + 120 * kNsPerSecond;
    std::size_t in_theft = 0;
    std::size_t with_path = 0;
    for (const controlplane::Alert& alert : result.alerts) {
      const bool overlaps = alert.begin_ns < end_ns && alert.end_ns > begin_ns;
      in_theft += overlaps ? 1U : 0U;
      with_path += overlaps && alert.path == kTruePath ? 1U : 0U;
    }
    const std::size_t elsewhere = result.alerts.size() - in_theft;
    step.done(
        fmt::format("theft of 12 windows: {} alarms in it, {} name its path; {} elsewhere; "
                    "{} incident{}",
                    in_theft, with_path, elsewhere, result.incident_count,
                    result.incident_count == 1 ? "" : "s"));
    return with_path > 0;
  }

  bool write_report(const Appliance& appliance, const DemoResult& result,
                    config::Diagnostics& diagnostics) const {
    const Step step(5, "report");
    const std::string path = folder("report.html");
    if (!write_text_file(path, to_html(appliance.model, result), diagnostics)) return false;
    step.done(path);
    if (result.alerts.empty()) return true;
    const controlplane::Alert& first = result.alerts.front();
    fmt::print("\n{}  score {:.2f} above {:.2f}  {}\n", controlplane::to_timestamp(first.end_ns),
               first.score.value, first.score.threshold, fmt::join(first.path, " -> "));
    fmt::print("  {}\n", controlplane::summarise(first));
    for (std::size_t i = 0; i < std::min<std::size_t>(first.score.contributions.size(), 4); ++i) {
      const learn::Contribution& part = first.score.contributions[i];
      fmt::print("  {:+.3f}  {}: {:.4g}, expected {:.4g} (z {:+.1f})\n", part.contribution,
                 part.feature, part.observed, part.expected, part.z);
    }
    for (const controlplane::AlertHop& hop : first.hops) {
      fmt::print("  {} -> {}: {} bytes\n", hop.source, hop.destination, hop.bytes);
    }
    say_next();
    return true;
  }

  /// A command that works as it is, from where this one was called.
  void say_next() const {
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    const auto near = std::filesystem::proximate(self, error);
    fmt::print("\nnext: {} run --config {} --replay {} --stay\n      and open http://{}\n",
               error ? "mimir" : near.string(), folder("mimir.yaml").string(),
               (folder("attack") / "capture.pcap").string(), kDashboard);
  }

  std::string out_ = "mimir-demo";
  std::uint64_t seed_ = 7;
};

}  // namespace

std::unique_ptr<Command> make_demo_command() { return std::make_unique<DemoCommand>(); }

}  // namespace mimir::tools
