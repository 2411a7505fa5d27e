// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "config/json.h"
#include "tools/experiment/plan.h"

namespace mimir::experiment {

/// An experiment with what it gave.
struct Outcome {
  Settings settings;
  config::Json evaluation;  ///< as evaluation.json has it
};

struct RunOptions {
  std::string program;           ///< the executable whose commands are called
  std::filesystem::path folder;  ///< keeps models and results, and captures while they are needed
  std::size_t job_count = 1;     ///< that run at a time
  /// Called from any thread, one call at a time, when something begins or ends.
  std::function<void(const std::string&)> progress;
};

/// Runs what has no result yet, each step a process of its own: simulate and train once for
/// every model, then simulate and evaluate for every experiment.
///
///   models/KEY.mimir   KEY: SHA-256 of what the model is made from, and of the executable
///   results/KEY.json   KEY: the same of all settings
///   work/KEY/          while it is at work; its captures are deleted once they were read
///
/// What was finished is found again by its key, so that who breaks off can go on, and a new
/// executable begins anew. A step that fails is an error with the last it said; the others go
/// on. Returns the outcomes there are, in the order of `experiments`.
[[nodiscard]] std::vector<Outcome> run_experiments(std::span<const Settings> experiments,
                                                   const RunOptions& options,
                                                   config::Diagnostics& diagnostics);

}  // namespace mimir::experiment
