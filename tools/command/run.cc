// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "controlplane/hangup_signal.h"
#include "controlplane/log.h"
#include "controlplane/privileges.h"
#include "controlplane/stop_signal.h"
#include "tools/alert_desk.h"
#include "tools/appliance.h"
#include "tools/appliance_board.h"
#include "tools/capture_list.h"
#include "tools/command/commands.h"
#include "tools/ledger_text.h"
#include "tools/live_run.h"
#include "tools/operation.h"

namespace mimir::tools {

namespace {

using controlplane::log_info;

struct Signals {
  const std::atomic<bool>& stop;
  std::atomic<bool>& hangup;
};

class RunCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "run"; }
  [[nodiscard]] const char* summary() const override {
    return "The appliance: listens to ports, judges every window, writes alerts";
  }
  [[nodiscard]] const char* example() const override { return "run --config mimir.yaml"; }

  void declare(CommandLine& line) override {
    line.required_text("--config", config_path_, "FILE", "the configuration");
    line.text("--replay", replay_, "CAPTURE",
              "instead of ports, send this capture, or a folder's as one stream, or - for "
              "standard input, through a DPDK ring device and end");
    line.flag("--stay", stay_, "after a replay, show its dashboard until Ctrl-C");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> eal_arguments) override {
    const auto replay = open_replay();
    if (!replay_.empty() && replay == nullptr) {
      fmt::print(stderr, "{}", replay_faults_.render());
      return ExitCode::kUsage;
    }
    config::Diagnostics diagnostics;
    const auto appliance = load_appliance(config_path_, replay.get(), diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    if (!appliance) return ExitCode::kUsage;
    controlplane::keep_files_private();
    config::Diagnostics output_faults;
    if (stay_ && (replay == nullptr || appliance->config.http.listen.empty())) {
      output_faults.error({}, "--stay shows the dashboard of a replay, which is missing here",
                          "give --replay CAPTURE, and http: {listen: \"127.0.0.1:9478\"}");
      fmt::print(stderr, "{}", output_faults.render());
      return ExitCode::kUsage;
    }
    controlplane::start_log(appliance->config.output.log_level);
    const Signals signals{.stop = controlplane::watch_stop_signals(),
                          .hangup = controlplane::watch_hangup_signal()};
    const auto board = ApplianceBoard::open(*appliance, replay != nullptr, output_faults);
    const auto desk =
        board == nullptr
            ? nullptr
            : AlertDesk::open(
                  appliance->config.output,
                  [&board](const auto& record) { board->add_alert(record); }, output_faults);
    const std::string& history = appliance->config.output.history;
    if (desk == nullptr || (!history.empty() && !board->look_back(history, output_faults))) {
      fmt::print(stderr, "{}", output_faults.render());
      return ExitCode::kUsage;
    }
    return listen(*appliance, eal_arguments, signals, replay.get(), *desk, *board);
  }

 private:
  [[nodiscard]] std::unique_ptr<source::CaptureSet> open_replay() {
    if (replay_.empty()) return nullptr;
    const auto listed = list_captures({&replay_, 1}, replay_faults_);
    return listed ? open_captures(*listed, replay_faults_) : nullptr;
  }

  ExitCode listen(const Appliance& appliance, std::span<const std::string> eal_arguments,
                  const Signals& signals, source::CaptureSet* replay, AlertDesk& desk,
                  ApplianceBoard& board) {
    LiveOptions options = appliance.live_options();
    options.eal.extra_arguments.assign(eal_arguments.begin(), eal_arguments.end());
    options.replay = replay;
    for (const MemoryTerm& term : memory_terms(options)) {
      log_info(
          fmt::format("memory {:>7.1f} MB  {}", static_cast<double>(term.bytes) / 1e6, term.what));
    }
    Operation operation(config_path_, appliance, options.worker.secret.first, signals.hangup, desk,
                        board);
    LiveRun live;
    source::MachineFault fault;
    if (!run_live(options, signals.stop, operation.hooks(), live, fault)) {
      fmt::print(stderr, "mimir: error: {}\n  hint: {}\n", fault.message, fault.hint);
      return ExitCode::kMachine;
    }
    operation.finish();
    if (replay != nullptr) report_damage(*replay, replay_faults_);
    fmt::print(stderr, "{}", operation.describe());
    const ExitCode code = report(live, desk);
    if (stay_) stay(board, signals.stop);
    return operation.is_unsafe() ? ExitCode::kMachine : code;
  }

  static void stay(const ApplianceBoard& board, const std::atomic<bool>& stop) {
    constexpr std::chrono::milliseconds kGlance{100};
    log_info("the replay has ended; its windows stay at " + board.address() + " until Ctrl-C");
    while (!stop) std::this_thread::sleep_for(kGlance);
  }

  ExitCode report(const LiveRun& live, const AlertDesk& desk) const {
    fmt::print(stderr, "{}", to_text(live.packets, live.records, live.facts));
    for (std::size_t i = 0; i < live.ports.size(); ++i) {
      const source::PortCounters& port = live.ports[i];
      fmt::print(stderr, "port {}   received {}, missed {}, errors {}, no buffer {}\n", i,
                 port.received, port.missed, port.errors, port.no_buffer);
      for (const source::NamedCount& counter : port.named) {
        fmt::print(stderr, "  its own {:>10}  {}\n", counter.count, counter.name);
      }
      if (port.link_losses > 0) {
        fmt::print(stderr, "  its link was lost {} times\n", port.link_losses);
      }
    }
    if (live.unstamped > 0) {
      fmt::print(stderr,
                 "stamps   {} packets had none to be believed, and have the worker's time\n",
                 live.unstamped);
    }
    if (live.left_in_queues > 0) {
      fmt::print(stderr, "queues   {} packets were left unread at the end\n", live.left_in_queues);
    }
    if (live.replay_left_out > 0) {
      fmt::print(stderr,
                 "replay   {} packets were left out: their link is not the first packet's\n",
                 live.replay_left_out);
    }
    fmt::print(stderr, "{}", desk.describe());
    fmt::print(stderr, "{}", replay_faults_.render());
    return replay_faults_.has_errors() || !live.balances() || !desk.is_well() ? ExitCode::kData
                                                                              : ExitCode::kOk;
  }

  std::string config_path_;
  std::string replay_;
  bool stay_ = false;
  config::Diagnostics replay_faults_;
};

}  // namespace

std::unique_ptr<Command> make_run_command() { return std::make_unique<RunCommand>(); }

}  // namespace mimir::tools
