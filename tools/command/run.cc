// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "controlplane/alert/alert_builder.h"
#include "controlplane/appliance_config.h"
#include "controlplane/hangup_signal.h"
#include "controlplane/log.h"
#include "controlplane/stop_signal.h"
#include "model/analysis/analyzer.h"
#include "model/learn/model_file.h"
#include "tools/alert_desk.h"
#include "tools/appliance.h"
#include "tools/appliance_board.h"
#include "tools/capture_list.h"
#include "tools/command/commands.h"
#include "tools/detection.h"
#include "tools/ledger_text.h"
#include "tools/live_run.h"
#include "tools/text_file.h"

namespace mimir::tools {

namespace {

using controlplane::log_info;

std::string describe(const analysis::Verdict& verdict, const std::vector<std::string>& path) {
  const std::string window =
      fmt::format("window {} {:>2} s", controlplane::to_timestamp(verdict.window.begin_ns),
                  verdict.window.granularity_s());
  if (verdict.score.no_data) {
    return fmt::format("{}  no traffic of the cluster, {} packets", window,
                       verdict.window.packets.received);
  }
  std::string loss;
  if (verdict.window.shed_level > 0) {
    loss = fmt::format(", 1 of {} flows kept", 1U << verdict.window.shed_level);
  }
  if (verdict.window.lost_at_ports > 0) {
    loss += fmt::format(", {} lost at ports", verdict.window.lost_at_ports);
  }
  return fmt::format("{}  score {:+.3f}  threshold {:.3f}  {} packets{}{}{}", window,
                     verdict.score.value, verdict.score.threshold, verdict.window.packets.counted,
                     loss, verdict.score.alert() ? "  ALERT " : "",
                     verdict.score.alert() && path.empty()
                         ? "without a path"
                         : fmt::format("{}", fmt::join(path, " -> ")));
}

void say(const source::PortNews& news) {
  if (news.is_warning) {
    controlplane::log_warning(news.text);
  } else {
    log_info(news.text);
  }
}

void start(ApplianceBoard& board) {
  board.serve();
  log_info("listening; end with Ctrl-C or SIGTERM");
  if (!board.address().empty()) log_info("told of at " + board.address());
}

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
    config::Diagnostics output_faults;
    controlplane::start_log(appliance->config.output.log_level);
    const Signals signals{.stop = controlplane::watch_stop_signals(),
                          .hangup = controlplane::watch_hangup_signal()};
    const auto board = ApplianceBoard::open(*appliance, replay != nullptr, output_faults);
    const auto desk =
        board == nullptr
            ? nullptr
            : AlertDesk::open(
                  appliance->config.output,
                  [&board](const config::Json& line) { board->add_alert(line); }, output_faults);
    if (desk == nullptr) {
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
    const controlplane::AlertBuilder builder(appliance.model, *appliance.context->cluster,
                                             appliance.model_digest);
    Detection detection(
        {.context = appliance.context.get(),
         .model = &appliance.model,
         .model_digest = appliance.model_digest,
         .suppressions = appliance.config.detection.suppressions(),
         .signatures = appliance.signatures.get(),
         .secret = options.worker.secret.first},
        [&desk](controlplane::Sighting sighting) { desk.add(std::move(sighting)); });
    std::uint64_t windows = 0;
    analysis::Analyzer analyzer = appliance.make_analyzer([&](const analysis::Verdict& verdict) {
      ++windows;
      std::vector<std::string> path;
      if (verdict.score.alert()) {
        controlplane::Alert alert = builder.build(verdict);
        detection.relate(alert);
        desk.add(controlplane::sighting_of(alert));
        path = std::move(alert.path);
      }
      log_info(describe(verdict, path));
      board.add_window(verdict, builder, path);
      desk.remember(verdict, builder, path);
    });
    LiveRun live;
    source::MachineFault fault;
    const LiveHooks hooks{.window =
                              [&](const Window& window) {
                                detection.add(window);
                                analyzer.add(window);
                                desk.advance(window.end_ns);
                              },
                          .news = say,
                          .started = [&board] { start(board); },
                          .status =
                              [&](const LiveStatus& status) {
                                if (signals.hangup.exchange(false)) desk.reopen();
                                board.publish(status, desk);
                              }};
    if (!run_live(options, signals.stop, hooks, live, fault)) {
      fmt::print(stderr, "mimir: error: {}\n  hint: {}\n", fault.message, fault.hint);
      return ExitCode::kMachine;
    }
    detection.flush();
    analyzer.flush();
    desk.finish();
    board.end();
    if (replay != nullptr) report_damage(*replay, replay_faults_);
    fmt::print(stderr, "{}", detection.describe());
    return report(live, windows, desk);
  }

  ExitCode report(const LiveRun& live, std::uint64_t windows, const AlertDesk& desk) const {
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
    fmt::print(stderr, "windows  {} judged\n{}", windows, desk.describe());
    fmt::print(stderr, "{}", replay_faults_.render());
    return replay_faults_.has_errors() || !live.balances() || !desk.is_well() ? ExitCode::kData
                                                                              : ExitCode::kOk;
  }

  std::string config_path_;
  std::string replay_;
  config::Diagnostics replay_faults_;
};

}  // namespace

std::unique_ptr<Command> make_run_command() { return std::make_unique<RunCommand>(); }

}  // namespace mimir::tools
