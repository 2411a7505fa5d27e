// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "config/diagnostic.h"
#include "controlplane/alert/alert_builder.h"
#include "controlplane/alert/incident_book.h"
#include "controlplane/appliance_config.h"
#include "controlplane/history/history_writer.h"
#include "controlplane/output/outputs.h"
#include "controlplane/status/appliance_status.h"
#include "model/analysis/analyzer.h"

namespace mimir::tools {

/// What the appliance does with what it sees: makes incidents of it, tells the outputs,
/// remembers it in the history. Incidents that a former process left open, because it was
/// killed, are closed first; how long nobody watched is stated with the first window.
///
/// Threads: the control plane's. Nothing waits for a disk or a network but finish().
class AlertDesk {
 public:
  /// Whoever else wants the records whose lines are written.
  using Listener = std::function<void(const controlplane::IncidentRecord& record)>;

  /// Null, with every fault reported, if a file, sink or history cannot be used.
  [[nodiscard]] static std::unique_ptr<AlertDesk> open(const controlplane::OutputConfig& config,
                                                       Listener listener,
                                                       config::Diagnostics& diagnostics);
  AlertDesk(const AlertDesk&) = delete;  // its parts refer to each other
  AlertDesk& operator=(const AlertDesk&) = delete;

  /// What is suppressed makes incidents too, which the history alone is told of: who allowed
  /// something can see what that hides, and label it.
  void add(controlplane::Sighting sighting) {
    (sighting.is_suppressed ? silent_ : book_).add(std::move(sighting));
  }
  /// A window as it was judged, for the history. `path`: of its alert.
  void remember(const analysis::Verdict& verdict, const controlplane::AlertBuilder& builder,
                const std::vector<std::string>& path);
  void remember(const controlplane::ShadowJudgement& judgement) {
    if (history_ != nullptr) history_->add(judgement);
  }
  void advance(TimeNs now_ns) {
    book_.advance(now_ns);
    silent_.advance(now_ns);
  }
  /// The file was renamed: it is opened anew.
  void reopen() { outputs_->reopen(); }
  /// Closes the incidents, and writes and delivers what can be.
  void finish();

  void fill(controlplane::ApplianceStatus& status) const;
  /// Incidents, sinks and history, a line each.
  [[nodiscard]] std::string describe() const;
  /// Nothing was lost and every sum closes.
  [[nodiscard]] bool is_well() const;

 private:
  AlertDesk(const controlplane::OutputConfig& config, Listener listener);

  [[nodiscard]] bool open_history(const controlplane::OutputConfig& config,
                                  config::Diagnostics& diagnostics);
  void close_interrupted(controlplane::History& history);
  void state_gap(TimeNs first_window_ns);
  void tell(const controlplane::IncidentRecord& record);

  Listener listener_;
  std::unique_ptr<controlplane::Outputs> outputs_;
  std::unique_ptr<controlplane::HistoryWriter> history_;  ///< null: nothing is remembered
  TimeNs former_end_ns_ = 0;  ///< of the former run's last window; 0: none, or it was stated
  TimeNs unwatched_ns_ = 0;
  controlplane::IncidentBook book_;
  controlplane::IncidentBook silent_;  ///< of what is suppressed: holds back all records
};

}  // namespace mimir::tools
