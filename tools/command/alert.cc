// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "controlplane/history/history.h"
#include "tools/command/commands.h"
#include "tools/incident_text.h"

namespace mimir::tools {

namespace {

using config::Json;
using controlplane::History;
using controlplane::HistoryIncident;
using controlplane::HistoryWindow;

constexpr std::uint64_t kCountMax = 1'000'000;

class AlertCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "alert"; }
  [[nodiscard]] const char* summary() const override {
    return "Incidents of a history: lists, shows and labels them";
  }
  [[nodiscard]] const char* example() const override {
    return "alert list --history history.sqlite";
  }

  void declare(CommandLine& line) override {
    line.positional("WHAT", what_,
                    "list: incidents, the newest first; show: one of them; label: say what it was");
    line.optional_positionals("ID", ids_, "show, label: its id, or the beginning of it");
    line.required_text("--history", history_, "FILE", "the file that output.history names");
    line.flag("--open", is_open_, "list: only those that are open");
    line.count("--count", count_, 1, kCountMax, "N", "list: at most so many");
    line.flag("--benign", is_benign_, "label: it was meant to be");
    line.flag("--malicious", is_malicious_, "label: it was an attack");
    line.text("--reason", reason_, "TEXT", "label: why, for whoever reads it next year");
    line.flag("--json", json_, "list, show: one JSON object a line");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    config::Diagnostics diagnostics;
    ExitCode code = ExitCode::kUsage;
    if (check(diagnostics)) code = answer(diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    return code;
  }

 private:
  bool check(config::Diagnostics& diagnostics) const {
    if (what_ != "list" && what_ != "show" && what_ != "label") {
      diagnostics.error({}, fmt::format("nothing called `{}` is done to alerts", what_),
                        "give list, show or label");
    } else if (ids_.size() != (what_ == "list" ? 0U : 1U)) {
      diagnostics.error({}, what_ + (what_ == "list" ? " takes no id" : " takes one id"),
                        "mimir alert list shows them");
    }
    if (what_ == "label" && is_benign_ == is_malicious_) {
      diagnostics.error({}, "a label is one of two", "give --benign or --malicious");
    }
    if (what_ == "label" && reason_.empty()) {
      diagnostics.error({}, "a label needs a reason", "give --reason \"nightly export\"");
    }
    return !diagnostics.has_errors();
  }

  ExitCode answer(config::Diagnostics& diagnostics) const {
    std::string fault;
    const auto history = History::open(history_, fault);
    if (history == nullptr) {
      diagnostics.error({.file = history_}, "cannot be read: " + fault,
                        "give the file that output.history names");
      return ExitCode::kData;
    }
    if (what_ == "list") return list(*history);
    const auto incident = history->incident(ids_.front());
    if (!incident) {
      diagnostics.error(
          {.file = history_},
          fmt::format("no incident, or more than one, begins with `{}`", ids_.front()),
          "mimir alert list shows them");
      return ExitCode::kData;
    }
    return what_ == "show" ? show(*history, *incident) : label(*history, *incident, diagnostics);
  }

  ExitCode list(History& history) const {
    const auto incidents = history.incidents(is_open_ ? "open" : "", count_);
    for (const HistoryIncident& incident : incidents) {
      if (json_) {
        fmt::print("{}\n", config::to_text(to_json(incident)));
        continue;
      }
      fmt::print("{}  {}  {:<6} {:<6} {:>5} x  {}{}{}\n", incident.id,
                 controlplane::to_timestamp(incident.first_ns).substr(0, 19), severity_of(incident),
                 incident.state, incident.count, incident.key,
                 incident.is_told ? "" : "  nobody was told",
                 incident.label.empty() ? std::string() : "  " + incident.label);
    }
    if (incidents.empty()) say_what_was_seen(history);
    return ExitCode::kOk;
  }

  /// Nobody is left with nothing.
  static void say_what_was_seen(History& history) {
    const std::vector<HistoryWindow> windows = history.windows(0);
    if (windows.empty()) {
      fmt::print(stderr, "no incident, and no window either: does the appliance run?\n");
      return;
    }
    double nearest = -1e300;
    TimeNs first_ns = windows.front().begin_ns;
    for (const HistoryWindow& window : windows) {
      if (window.has_data) nearest = std::max(nearest, window.score - window.threshold);
      first_ns = std::min(first_ns, window.begin_ns);
    }
    fmt::print(stderr, "no incident: {} windows from {} to {}, nearest to its threshold {:+.3f}\n",
               windows.size(), controlplane::to_timestamp(first_ns),
               controlplane::to_timestamp(history.newest_ns()), nearest);
  }

  ExitCode show(History& history, const HistoryIncident& incident) const {
    const std::vector<std::string> lines = history.records(incident.id);
    if (json_) {
      for (const std::string& line : lines) fmt::print("{}\n", line);
      return ExitCode::kOk;
    }
    fmt::print("{}  {}  {}  {}\n", incident.id, severity_of(incident), incident.state,
               incident.key);
    fmt::print("  seen {} times from {} to {}{}\n", incident.count,
               controlplane::to_timestamp(incident.first_ns),
               controlplane::to_timestamp(incident.last_ns),
               incident.is_told ? "" : "; held back or suppressed, no sink was told");
    if (!incident.label.empty()) fmt::print("  {}: {}\n", incident.label, incident.reason);
    config::Diagnostics ignored;
    const auto line =
        lines.empty() ? std::nullopt : config::parse_json(lines.back(), history_, ignored);
    if (line) fmt::print("{}", reasons_text(*line));
    return ExitCode::kOk;
  }

  ExitCode label(History& history, const HistoryIncident& incident,
                 config::Diagnostics& diagnostics) const {
    const TimeNs now_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                              std::chrono::system_clock::now().time_since_epoch())
                              .count();
    if (history.label(incident.id, is_benign_ ? "benign" : "malicious", reason_, now_ns)) {
      return ExitCode::kOk;
    }
    diagnostics.error({.file = history_}, "cannot be written: " + history.fault(),
                      "may this user write there?");
    return ExitCode::kData;
  }

  std::string what_;
  std::vector<std::string> ids_;
  std::string history_;
  std::string reason_;
  std::uint64_t count_ = 1000;
  bool is_open_ = false;
  bool is_benign_ = false;
  bool is_malicious_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_alert_command() { return std::make_unique<AlertCommand>(); }

}  // namespace mimir::tools
