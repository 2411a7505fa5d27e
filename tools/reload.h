// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "config/diagnostic.h"
#include "controlplane/appliance_config.h"
#include "controlplane/control/reload_desk.h"
#include "dataplane/payload/signatures.h"
#include "model/invariant/registry.h"
#include "tools/appliance.h"

namespace mimir::tools {

/// What a running appliance takes up without a packet lost: model.file and the candidate beside
/// it, detection.suppress, detection.thresholds, dataplane.payload.rules and output.log_level,
/// with the files they name.
struct Reload {
  controlplane::ApplianceConfig config;
  ModelWithDigest model;
  invariant::Options invariants;
  std::optional<Candidate> candidate;
  std::unique_ptr<const payload::Signatures> signatures;  ///< null: there are no rules
};

/// Reads the configuration again, with all it names. Nothing, with every fault reported, if
/// something is wrong, or if a key has changed that is fixed at the start.
/// Threads: any; sees only what is constant while the appliance runs.
[[nodiscard]] std::optional<Reload> read_reload(const std::string& config_path,
                                                const controlplane::ApplianceConfig& running,
                                                graph::Observation observation,
                                                config::Diagnostics& diagnostics);

/// Reads what a desk is asked for, on a thread of its own.
class Reloader {
 public:
  using Read = std::function<std::optional<Reload>(config::Diagnostics&)>;

  Reloader(controlplane::ReloadDesk& desk, Read read);

  /// What is ready to be taken up, once. Threads: any.
  [[nodiscard]] std::optional<Reload> take();

 private:
  void work(const std::stop_token& stop);

  controlplane::ReloadDesk& desk_;
  Read read_;
  std::mutex mutex_;
  std::optional<Reload> ready_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace mimir::tools
