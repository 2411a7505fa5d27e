// SPDX-License-Identifier: Apache-2.0
#include "tools/alert_desk.h"

#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "controlplane/history/history_window.h"
#include "controlplane/log.h"

namespace mimir::tools {

namespace {

using controlplane::History;
using controlplane::HistoryIncident;
using controlplane::HistoryStatus;
using controlplane::IncidentRecord;
using controlplane::IncidentState;
using controlplane::OutputStatus;

void say_of_sinks(bool is_warning, const std::string& text) {
  if (is_warning) {
    controlplane::log_warning(text);
  } else {
    controlplane::log_info(text);
  }
}

controlplane::OutputOptions options_of(const controlplane::OutputConfig& config) {
  return {
      .file = config.alerts,
      .rotation = {.bytes_max = config.alerts_bytes_max, .file_count = config.alerts_file_count},
      .sinks = config.sinks,
      .spool_folder = config.spool,
      .spool_bytes_max = config.spool_bytes_max,
      .patience = {}};
}

/// The end of an incident whose process was killed: its last line again.
IncidentRecord interrupted(const HistoryIncident& incident, const std::string& last_line) {
  IncidentRecord record{.state = IncidentState::kClosed,
                        .id = incident.id,
                        .key = incident.key,
                        .detector = incident.detector,
                        .severity = incident.severity,
                        .time_ns = incident.last_ns,
                        .first_ns = incident.first_ns,
                        .last_ns = incident.last_ns,
                        .sighting_count = incident.count,
                        .is_held_back = !incident.is_told};
  config::Diagnostics ignored;
  auto line = config::parse_json(last_line, incident.id, ignored);
  const config::Json* const ours = line ? line->find("mimir") : nullptr;
  const config::Json* const about = ours == nullptr ? nullptr : ours->find("incident");
  if (about == nullptr) {
    record.is_held_back = true;
    return record;
  }
  config::Json with_end = *about;
  with_end.set("state", name(record.state)).set("closed_because", "interrupted");
  config::Json with_incident = *ours;
  with_incident.set("incident", std::move(with_end));
  record.line = std::move(line->set("mimir", std::move(with_incident)));
  return record;
}

std::string describe(const OutputStatus& output) {
  return fmt::format(
      "sink     {}: given {} + found {} = delivered {} + lost {} + waiting {}{}\n", output.name,
      output.given, output.found, output.delivered, output.lost(), output.waiting,
      output.lost() == 0
          ? ""
          : fmt::format(" (refused {}, queue full {}, spool full {}, disk {})", output.refused,
                        output.queue_full, output.spool_full, output.failed));
}

}  // namespace

AlertDesk::AlertDesk(const controlplane::OutputConfig& config, Listener listener)
    : listener_(std::move(listener)),
      book_({.quiet_ns = config.incident_quiet_ns, .record_rate_max = config.record_rate_max},
            [this](const IncidentRecord& record) { tell(record); }),
      silent_({.quiet_ns = config.incident_quiet_ns, .record_rate_max = 0},
              [this](const IncidentRecord& record) {
                // A notice says what a rate held back; what is suppressed is over none.
                if (record.state != IncidentState::kNotice) tell(record);
              }) {}

std::unique_ptr<AlertDesk> AlertDesk::open(const controlplane::OutputConfig& config,
                                           Listener listener, config::Diagnostics& diagnostics) {
  std::unique_ptr<AlertDesk> desk(new AlertDesk(config, std::move(listener)));
  desk->outputs_ = controlplane::Outputs::open(options_of(config), say_of_sinks, diagnostics);
  if (desk->outputs_ == nullptr) return nullptr;
  if (!config.history.empty() && !desk->open_history(config, diagnostics)) return nullptr;
  return desk;
}

bool AlertDesk::open_history(const controlplane::OutputConfig& config,
                             config::Diagnostics& diagnostics) {
  std::string fault;
  auto history = History::create(config.history, fault);
  if (history == nullptr) {
    diagnostics.error({.file = config.history}, "the history cannot be used: " + fault,
                      "output.history names an SQLite file of this version of mimir, in a folder "
                      "where this user may write");
    return false;
  }
  close_interrupted(*history);
  former_end_ns_ = history->newest_ns();
  history_ = std::make_unique<controlplane::HistoryWriter>(
      std::move(history),
      controlplane::HistoryOptions{.path = config.history,
                                   .keep_ns = config.history_keep_ns,
                                   .bytes_max = config.history_bytes_max},
      [](const std::string& text) {
        controlplane::log_warning("the history takes nothing: " + text);
      });
  return true;
}

void AlertDesk::close_interrupted(History& history) {
  const auto open = history.incidents("open", std::numeric_limits<std::int32_t>::max());
  for (const HistoryIncident& incident : open) {
    const std::vector<std::string> lines = history.records(incident.id);
    const IncidentRecord record =
        interrupted(incident, lines.empty() ? std::string() : lines.back());
    if (!record.is_held_back) {
      outputs_->write(record.line);
      if (listener_) listener_(record);
    }
    (void)history.add(record);
  }
  if (!open.empty()) {
    controlplane::log_info(
        fmt::format("{} incidents that a former run left open are closed", open.size()));
  }
}

void AlertDesk::state_gap(TimeNs first_window_ns) {
  const TimeNs former_end_ns = std::exchange(former_end_ns_, 0);
  if (former_end_ns == 0 || first_window_ns <= former_end_ns) return;
  unwatched_ns_ = first_window_ns - former_end_ns;
  controlplane::log_warning(
      fmt::format("nobody watched for {} s, from {}, where the history of the former run ends, to "
                  "the first window of this one",
                  unwatched_ns_ / kNsPerSecond, controlplane::to_timestamp(former_end_ns)));
}

void AlertDesk::tell(const IncidentRecord& record) {
  if (history_ != nullptr) history_->add(record);
  if (record.is_held_back) return;
  outputs_->write(record.line);
  if (listener_) listener_(record);
}

void AlertDesk::remember(const analysis::Verdict& verdict,
                         const controlplane::AlertBuilder& builder,
                         const std::vector<std::string>& path) {
  if (history_ == nullptr) return;
  state_gap(verdict.window.begin_ns);
  history_->add(controlplane::history_window_of(
      controlplane::view_of(verdict, builder.weigh(verdict), path)));
}

void AlertDesk::finish() {
  book_.finish();
  silent_.finish();
  outputs_->finish();
  if (history_ != nullptr) history_->finish();
}

void AlertDesk::fill(controlplane::ApplianceStatus& status) const {
  status.incidents = book_.totals();
  status.outputs = outputs_->status();
  if (history_ == nullptr) return;
  status.history = history_->status();
  status.history.unwatched_ns = unwatched_ns_;
}

std::string AlertDesk::describe() const {
  std::string text = book_.describe();
  const std::vector<OutputStatus> outputs = outputs_->status();
  text += fmt::format("alerts   {} written, {} lost\n", outputs.front().delivered,
                      outputs.front().lost());
  for (std::size_t i = 1; i < outputs.size(); ++i) text += tools::describe(outputs[i]);
  if (history_ == nullptr) return text;
  const HistoryStatus history = history_->status();
  return text + fmt::format("history  given {} = written {} + lost {}; {} bytes\n", history.given,
                            history.written, history.lost(), history.bytes);
}

bool AlertDesk::is_well() const {
  for (const OutputStatus& output : outputs_->status()) {
    if (output.lost() > 0 || !output.balances()) return false;
  }
  return history_ == nullptr || history_->status().lost() == 0;
}

}  // namespace mimir::tools
