// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "controlplane/alert/alert_builder.h"
#include "controlplane/alert/alert_file.h"
#include "controlplane/appliance_config.h"
#include "controlplane/log.h"
#include "controlplane/privileges.h"
#include "controlplane/service_manager.h"
#include "controlplane/stop_signal.h"
#include "model/analysis/analyzer.h"
#include "model/learn/model_file.h"
#include "tools/appliance.h"
#include "tools/appliance_board.h"
#include "tools/capture_list.h"
#include "tools/command/commands.h"
#include "tools/judge.h"
#include "tools/ledger_text.h"
#include "tools/live_run.h"
#include "tools/reload.h"
#include "tools/text_file.h"

namespace mimir::tools {

namespace {

using controlplane::log_info;

std::string describe(const analysis::Verdict& verdict) {
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
  return fmt::format("{}  score {:+.3f}  threshold {:.3f}  {} packets{}{}", window,
                     verdict.score.value, verdict.score.threshold, verdict.window.packets.counted,
                     loss, verdict.score.alert() ? "  ALERT" : "");
}

void say(const source::PortNews& news) {
  if (news.is_warning) {
    controlplane::log_warning(news.text);
  } else {
    log_info(news.text);
  }
}

void start(const Appliance& appliance, ApplianceBoard& board) {
  if (appliance.cluster != nullptr) {
    appliance.cluster->start(
        [&appliance](const ClusterContext& context) { return appliance.make_registry(context); });
  }
  board.serve();
  log_info("listening; end with Ctrl-C or SIGTERM");
  if (!board.address().empty()) log_info("told of at " + board.address());
}

void settle(ApplianceBoard& board, bool is_in_force, const std::string& text) {
  board.desk().tell(
      is_in_force ? controlplane::ReloadPhase::kInForce : controlplane::ReloadPhase::kRefused,
      text);
  const std::string line = text.substr(0, text.find_last_not_of('\n') + 1);
  if (is_in_force) {
    log_info("reload in force: " + line);
  } else {
    controlplane::log_warning("reload refused: " + line);
  }
}

void adopt_what_is_ready(Reloader& reloader, Judge& judge) {
  std::optional<Reload> reload = reloader.take();
  if (!reload) return;
  controlplane::start_log(reload->config.output.log_level);
  judge.adopt(std::move(*reload));
}

TapSession::Hooks tap_hooks(controlplane::EvidenceDesk& desk) {
  return {.next = [&desk]() -> std::optional<TapRequest> {
            const auto request = desk.take();
            if (!request) return std::nullopt;
            return TapRequest{.filter = {.address = request->address,
                                         .other = request->other,
                                         .port = request->port,
                                         .protocol = request->protocol},
                              .limits = {.packet_count_max = request->packet_count_max,
                                         .byte_count_max = request->byte_count_max},
                              .duration = std::chrono::nanoseconds(request->duration_ns)};
          },
          .begun = [] { log_info("evidence: packets are tapped, as the control socket asked"); },
          .done =
              [&desk](const TapResult& result) {
                log_info(fmt::format("evidence: {} packets were fetched, {} were beyond the limits",
                                     result.packet_count, result.missed_count));
                desk.bring({reinterpret_cast<const char*>(result.pcap.data()), result.pcap.size()},
                           result.packet_count, result.missed_count);
              }};
}

// Who cannot give up root must not go on as root: an orderly end is asked for.
bool become(const std::string& user) {
  std::string fault;
  if (user.empty() || controlplane::drop_privileges(user, fault)) return true;
  controlplane::log_error(fmt::format("dataplane.run_as: {} cannot be become: {}", user, fault));
  (void)std::raise(SIGTERM);
  return false;
}

void feed(controlplane::ServiceManager& manager, const LiveStatus& status) {
  std::vector<std::uint64_t> progress;
  for (const controlplane::WorkerStatus& worker : status.workers) progress.push_back(worker.polls);
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  manager.feed(progress, std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

void follow_cluster(const Appliance& appliance, Judge& judge, ApplianceBoard& board) {
  if (appliance.cluster == nullptr) return;
  LiveCluster::Update update = appliance.cluster->take();
  if (update.context == nullptr) return;
  judge.move_to(*update.context, std::move(*update.registry), update.is_renumbered);
  board.move_to(*update.context);
}

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
    auto alerts = controlplane::AlertFile::open(appliance->config.output.alerts, output_faults);
    if (!alerts) {
      fmt::print(stderr, "{}", output_faults.render());
      return ExitCode::kUsage;
    }
    auto board = ApplianceBoard::open(*appliance, replay != nullptr, output_faults);
    if (board == nullptr) {
      fmt::print(stderr, "{}", output_faults.render());
      return ExitCode::kUsage;
    }
    controlplane::start_log(appliance->config.output.log_level);
    const std::atomic<bool>& stop = controlplane::watch_stop_signals();
    return listen(*appliance, eal_arguments, stop, replay.get(), *alerts, *board);
  }

 private:
  [[nodiscard]] std::unique_ptr<source::CaptureSet> open_replay() {
    if (replay_.empty()) return nullptr;
    const auto listed = list_captures({&replay_, 1}, replay_faults_);
    return listed ? open_captures(*listed, replay_faults_) : nullptr;
  }

  ExitCode listen(const Appliance& appliance, std::span<const std::string> eal_arguments,
                  const std::atomic<bool>& stop, source::CaptureSet* replay,
                  controlplane::AlertFile& alerts, ApplianceBoard& board) {
    LiveOptions options = appliance.live_options();
    options.eal.extra_arguments.assign(eal_arguments.begin(), eal_arguments.end());
    options.replay = replay;
    for (const MemoryTerm& term : memory_terms(options)) {
      log_info(
          fmt::format("memory {:>7.1f} MB  {}", static_cast<double>(term.bytes) / 1e6, term.what));
    }
    std::uint64_t windows = 0;
    Judge judge(
        appliance, options.worker.secret.first,
        {.alert =
             [&](config::Json alert) {
               board.state_age(alert);
               alerts.write(alert);
               board.add_alert(alert);
             },
         .window =
             [&](const analysis::Verdict& verdict, const controlplane::AlertBuilder& builder,
                 const std::vector<std::string>& path) {
               ++windows;
               log_info(describe(verdict));
               board.add_window(verdict, builder, path);
             },
         .settled = [&](bool is_in_force,
                        const std::string& text) { settle(board, is_in_force, text); }});
    Reloader reloader(board.desk(), [&](config::Diagnostics& diagnostics) {
      return read_reload(config_path_, appliance.config, appliance.context->observation.point,
                         diagnostics);
    });
    LiveRun live;
    source::MachineFault fault;
    auto manager = controlplane::ServiceManager::from_environment();
    const LiveHooks hooks{
        .window =
            [&](const Window& window) {
              follow_cluster(appliance, judge, board);
              judge.add(window);
            },
        .news = say,
        .started =
            [&] {
              is_unsafe_ = !become(appliance.config.dataplane.run_as);
              start(appliance, board);
              manager.ready();
            },
        .status =
            [&](const LiveStatus& status) {
              board.publish(status, alerts);
              feed(manager, status);
            },
        .time_passed =
            [&](TimeNs time_ns) {
              adopt_what_is_ready(reloader, judge);
              judge.pass(time_ns);
              board.set_model(judge.model(), judge.model_digest());
            },
        .inspection = {.next = [&] { return judge.take_inspection(); },
                       .taken = [&](bool is_taken) { judge.inspection_taken(is_taken); }},
        .tap = tap_hooks(board.evidence())};
    if (!run_live(options, stop, hooks, live, fault)) {
      fmt::print(stderr, "mimir: error: {}\n  hint: {}\n", fault.message, fault.hint);
      return ExitCode::kMachine;
    }
    manager.stopping();
    judge.flush();
    board.end();
    if (replay != nullptr) report_damage(*replay, replay_faults_);
    fmt::print(stderr, "{}", judge.describe());
    const ExitCode code = report(live, windows, alerts);
    if (stay_) stay(board, stop);
    return code;
  }

  static void stay(const ApplianceBoard& board, const std::atomic<bool>& stop) {
    constexpr std::chrono::milliseconds kGlance{100};
    log_info("the replay has ended; its windows stay at " + board.address() + " until Ctrl-C");
    while (!stop) std::this_thread::sleep_for(kGlance);
  }

  ExitCode report(const LiveRun& live, std::uint64_t windows,
                  const controlplane::AlertFile& alerts) const {
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
    fmt::print(stderr, "windows  {} judged, {} alerts written, {} lost\n", windows,
               alerts.written(), alerts.lost());
    fmt::print(stderr, "{}", replay_faults_.render());
    if (is_unsafe_) return ExitCode::kMachine;
    return replay_faults_.has_errors() || !live.balances() || alerts.lost() > 0 ? ExitCode::kData
                                                                                : ExitCode::kOk;
  }

  std::string config_path_;
  std::string replay_;
  bool stay_ = false;
  config::Diagnostics replay_faults_;
  bool is_unsafe_ = false;  ///< root could not be given up
};

}  // namespace

std::unique_ptr<Command> make_run_command() { return std::make_unique<RunCommand>(); }

}  // namespace mimir::tools
