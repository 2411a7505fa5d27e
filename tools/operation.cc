// SPDX-License-Identifier: Apache-2.0
#include "tools/operation.h"

#include <chrono>
#include <csignal>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "controlplane/alert/sighting.h"
#include "controlplane/log.h"
#include "controlplane/privileges.h"

namespace mimir::tools {

namespace {

using controlplane::log_info;

std::string describe_window(const analysis::Verdict& verdict,
                            const std::vector<std::string>& path) {
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

void say_port_news(const source::PortNews& news) {
  if (news.is_warning) {
    controlplane::log_warning(news.text);
  } else {
    log_info(news.text);
  }
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

Judge::Start start_of(const Appliance& appliance, std::uint64_t secret) {
  return {.context = *appliance.context,
          .model = appliance.model,
          .model_digest = appliance.model_digest,
          .model_file = appliance.config.model.file,
          .invariants = appliance.invariants,
          .candidate = appliance.candidate ? &*appliance.candidate : nullptr,
          .detection = appliance.config.detection,
          .payload = appliance.config.dataplane.payload,
          .signatures = appliance.signatures.get(),
          .secret = secret};
}

std::string describe_disagreement(const controlplane::JudgedTwice& window) {
  const bool is_candidate = window.agreement() == controlplane::Agreement::kSecond;
  const controlplane::Judgement& loud = is_candidate ? window.second : window.first;
  return fmt::format("window {} {:>2} s  {}: {}, {:+.3f} of {}",
                     controlplane::to_timestamp(window.begin_ns), window.granularity_s,
                     is_candidate ? "the candidate alone would alarm" : "the candidate would not",
                     loud.where, loud.contribution, loud.invariant);
}

std::string describe_shadow(const controlplane::ShadowStatus& shadow) {
  using controlplane::Agreement;
  std::string text;
  for (const controlplane::ShadowTotals& totals : shadow.totals) {
    text += fmt::format(
        "shadow   {} at {} s: alarms of both {}, of the model alone {}, of the candidate alone {}, "
        "of neither {}\n",
        shadow.model_name, totals.granularity_s, totals.of(Agreement::kBoth),
        totals.of(Agreement::kFirst), totals.of(Agreement::kSecond),
        totals.of(Agreement::kNeither));
  }
  return text;
}

}  // namespace

Operation::Operation(const std::string& config_path, const Appliance& appliance,
                     std::uint64_t secret, std::atomic<bool>& hangup, AlertDesk& desk,
                     ApplianceBoard& board)
    : appliance_(appliance),
      hangup_(hangup),
      desk_(desk),
      board_(board),
      judge_(start_of(appliance, secret), judge_sinks()),
      reloader_(board.desk(),
                [config_path, &appliance,
                 point = appliance.context->observation.point](config::Diagnostics& diagnostics) {
                  return read_reload(config_path, appliance.config, point, diagnostics);
                }),
      manager_(controlplane::ServiceManager::from_environment()) {}

Judge::Sinks Operation::judge_sinks() {
  return {
      .sighting =
          [this](controlplane::Sighting sighting) {
            board_.state_age(sighting.line);
            desk_.add(std::move(sighting));
          },
      .window =
          [this](const analysis::Verdict& verdict, const controlplane::AlertBuilder& builder,
                 const std::vector<std::string>& path) {
            ++window_count_;
            log_info(describe_window(verdict, path));
            board_.add_window(verdict, builder, path);
            desk_.remember(verdict, builder, path);
          },
      .shadow =
          [this](const controlplane::ShadowJudgement& judgement) {
            using controlplane::Agreement;
            const Agreement agreement = judgement.window.agreement();
            if (agreement == Agreement::kFirst || agreement == Agreement::kSecond) {
              log_info(describe_disagreement(judgement.window));
            }
            board_.add_shadow(judgement);
            desk_.remember(judgement);
          },
      .settled = [this](bool is_in_force, const std::string& text) { settle(is_in_force, text); }};
}

LiveHooks Operation::hooks() {
  return {.window = [this](const Window& window) { add(window); },
          .news = say_port_news,
          .started = [this] { start(); },
          .status = [this](const LiveStatus& status) { look(status); },
          .time_passed = [this](TimeNs time_ns) { pass(time_ns); },
          .inspection = {.next = [this] { return judge_.take_inspection(); },
                         .taken = [this](bool is_taken) { judge_.inspection_taken(is_taken); }},
          .tap = tap_hooks()};
}

void Operation::start() {
  is_unsafe_ = !become(appliance_.config.dataplane.run_as);
  if (appliance_.cluster != nullptr) {
    appliance_.cluster->start([&appliance = appliance_](const ClusterContext& context) {
      return appliance.make_registry(context);
    });
  }
  show_models();
  board_.serve();
  log_info("listening; end with Ctrl-C or SIGTERM");
  if (!board_.address().empty()) log_info("told of at " + board_.address());
  manager_.ready();
}

void Operation::add(const Window& window) {
  follow_cluster();
  board_.add_records(window);
  judge_.add(window);
  desk_.advance(window.end_ns);
}

void Operation::look(const LiveStatus& status) {
  if (hangup_.exchange(false)) desk_.reopen();
  board_.publish(status, desk_);
  feed(manager_, status);
}

// On a quiet link too, what is due is done.
void Operation::pass(TimeNs time_ns) {
  if (std::optional<Reload> reload = reloader_.take()) {
    controlplane::start_log(reload->config.output.log_level);
    judge_.adopt(std::move(*reload));
  }
  judge_.pass(time_ns);
  desk_.advance(time_ns);
  show_models();
}

void Operation::show_models() {
  board_.set_model(judge_.model(), judge_.model_digest(), judge_.model_file());
  board_.set_candidate(judge_.candidate());
}

void Operation::follow_cluster() {
  if (appliance_.cluster == nullptr) return;
  LiveCluster::Update update = appliance_.cluster->take();
  if (update.context == nullptr) return;
  const bool had_candidate = judge_.candidate() != nullptr;
  judge_.move_to(*update.context, std::move(*update.registry), update.is_renumbered);
  if (had_candidate && judge_.candidate() == nullptr) {
    controlplane::log_warning(
        "the candidate judges no more: the cluster has not all that it needs any longer");
  }
  board_.move_to(*update.context);
}

void Operation::settle(bool is_in_force, const std::string& text) {
  using Phase = controlplane::ReloadPhase;
  show_models();  // whoever waits for the end of the reload asks next what judges
  board_.desk().tell(is_in_force ? Phase::kInForce : Phase::kRefused, text);
  const std::string line = text.substr(0, text.find_last_not_of('\n') + 1);
  if (is_in_force) {
    log_info("reload in force: " + line);
  } else {
    controlplane::log_warning("reload refused: " + line);
  }
}

TapSession::Hooks Operation::tap_hooks() {
  return {.next = [&desk = board_.evidence()]() -> std::optional<TapRequest> {
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
              [&desk = board_.evidence()](const TapResult& result) {
                log_info(fmt::format("evidence: {} packets were fetched, {} were beyond the limits",
                                     result.packet_count, result.missed_count));
                desk.bring({reinterpret_cast<const char*>(result.pcap.data()), result.pcap.size()},
                           result.packet_count, result.missed_count);
              }};
}

void Operation::finish() {
  manager_.stopping();
  judge_.flush();
  board_.desk().close("no packets come any more: nothing is judged, and nothing taken up\n");
  board_.evidence().close();
  desk_.finish();
  board_.end();
}

std::string Operation::describe() const {
  return fmt::format("windows  {} judged\n", window_count_) + describe_shadow(board_.shadow()) +
         judge_.describe();
}

}  // namespace mimir::tools
