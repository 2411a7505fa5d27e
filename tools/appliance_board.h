// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "controlplane/alert/alert_builder.h"
#include "controlplane/control/control_api.h"
#include "controlplane/control/evidence_desk.h"
#include "controlplane/control/reload_desk.h"
#include "controlplane/http/http_api.h"
#include "controlplane/http/http_server.h"
#include "controlplane/status/status_board.h"
#include "model/analysis/analyzer.h"
#include "tools/alert_desk.h"
#include "tools/appliance.h"
#include "tools/live_run.h"

namespace mimir::tools {

/// Tells of the running appliance by HTTP and at its control socket: gathers what happens,
/// serves it if the configuration says where.
///
/// Threads: the control plane's; the servers have their own.
class ApplianceBoard {
 public:
  /// Nothing, with every fault reported, if it cannot be served. `appliance` outlives it.
  [[nodiscard]] static std::unique_ptr<ApplianceBoard> open(const Appliance& appliance,
                                                            bool is_replay,
                                                            config::Diagnostics& diagnostics);

  /// What is asked for and remembered no more is read from this history, which is there.
  [[nodiscard]] bool look_back(const std::string& history_path, config::Diagnostics& diagnostics);
  /// From here on it answers.
  void serve();
  /// "http://127.0.0.1:9478"; empty if it serves nothing.
  [[nodiscard]] std::string address() const;

  /// `path`: of the window's alert; empty if there is none.
  void add_window(const analysis::Verdict& verdict, const controlplane::AlertBuilder& builder,
                  const std::vector<std::string>& path);
  /// How whole what arrives is, of each base window.
  void add_records(const Window& window) { status_.mirror.add(window.records); }
  /// Which model judges; nothing happens if it is still the same. `file`: where it was read.
  void set_model(const learn::Model& model, const std::string& digest, const std::string& file);
  /// Which candidate judges beside it; null: none.
  void set_candidate(const Candidate* candidate);
  void add_shadow(const controlplane::ShadowJudgement& judgement) { status_.shadow.add(judgement); }
  [[nodiscard]] const controlplane::ShadowStatus& shadow() const { return status_.shadow; }
  /// Where reloads are asked for.
  [[nodiscard]] controlplane::ReloadDesk& desk() { return desk_; }
  /// Where packets are asked for.
  [[nodiscard]] controlplane::EvidenceDesk& evidence() { return evidence_; }
  /// From here on, who is who is as `context` has it.
  void move_to(const ClusterContext& context);
  /// Says in `alert` how old what is known of the entities is, if that is too old.
  void state_age(config::Json& alert) const;
  /// As it was told to the outputs.
  void add_alert(const controlplane::IncidentRecord& record);
  void publish(const LiveStatus& live, const AlertDesk& desk);
  void end();

 private:
  ApplianceBoard(const Appliance& appliance, bool is_replay);

  [[nodiscard]] bool open_server(const controlplane::HttpConfig& config,
                                 config::Diagnostics& diagnostics);
  [[nodiscard]] bool open_control(const std::string& socket_path, config::Diagnostics& diagnostics);
  /// Whether anybody can ask.
  [[nodiscard]] bool is_served() const { return server_ != nullptr || control_server_ != nullptr; }
  [[nodiscard]] controlplane::WindowTotals& totals_of(std::uint32_t granularity_s);
  void look_at_cluster();

  const LiveCluster* cluster_;  ///< null in a replay
  controlplane::StatusBoard board_;
  controlplane::ApplianceStatus status_;
  controlplane::HttpApi api_;
  controlplane::ReloadDesk desk_;
  controlplane::EvidenceDesk evidence_;
  controlplane::ControlApi control_;
  std::string address_;
  std::unique_ptr<controlplane::HttpServer> server_;          ///< null: nothing is served
  std::unique_ptr<controlplane::HttpServer> control_server_;  ///< null: nobody can steer
};

}  // namespace mimir::tools
