// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "controlplane/service_manager.h"
#include "tools/alert_desk.h"
#include "tools/appliance.h"
#include "tools/appliance_board.h"
#include "tools/judge.h"
#include "tools/live_run.h"
#include "tools/reload.h"

namespace mimir::tools {

/// What a running appliance does beside moving packets: judges windows, follows the
/// cluster, takes up what is reloaded, fetches evidence, says that it lives.
///
/// Threads: the control plane's. REQUIRES: all it is given outlives it.
class Operation {
 public:
  /// `secret`: of the tables' hash. `hangup`: whether files are to be opened anew.
  Operation(const std::string& config_path, const Appliance& appliance, std::uint64_t secret,
            std::atomic<bool>& hangup, AlertDesk& desk, ApplianceBoard& board);
  Operation(const Operation&) = delete;  // its parts refer to each other
  Operation& operator=(const Operation&) = delete;

  /// Valid as long as this is.
  [[nodiscard]] LiveHooks hooks();
  /// There are no more windows.
  void finish();

  /// Root could not be given up: it was ended at once.
  [[nodiscard]] bool is_unsafe() const { return is_unsafe_; }
  /// Windows and what detectors did, a line each.
  [[nodiscard]] std::string describe() const;

 private:
  [[nodiscard]] Judge::Sinks judge_sinks();
  [[nodiscard]] TapSession::Hooks tap_hooks();
  void start();
  void add(const Window& window);
  void look(const LiveStatus& status);
  void pass(TimeNs time_ns);
  void follow_cluster();
  void settle(bool is_in_force, const std::string& text);
  /// Tells which models judge.
  void show_models();

  const Appliance& appliance_;
  std::atomic<bool>& hangup_;
  AlertDesk& desk_;
  ApplianceBoard& board_;
  Judge judge_;
  Reloader reloader_;
  controlplane::ServiceManager manager_;
  std::uint64_t window_count_ = 0;
  bool is_unsafe_ = false;
};

}  // namespace mimir::tools
