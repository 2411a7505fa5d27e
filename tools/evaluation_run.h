// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "model/learn/model.h"
#include "tools/evaluation/comparison.h"
#include "tools/evaluation/dataset.h"
#include "tools/policy/policy_file.h"
#include "tools/training.h"

namespace mimir::tools {

/// What to put into held-out captures, and how often.
struct EvaluationPlan {
  std::vector<double> rates_bytes_per_minute = {10e6, 1e6, 100e3, 50e3, 10e3};
  std::uint64_t seed = 1;        ///< of the first repetition; each further one counts up
  std::uint64_t seed_count = 5;  ///< places, pods and amounts are drawn anew for each
  double attack_share = 0.2;     ///< of the time
  std::size_t spans_per_attack = 1;
  std::size_t path_count_max = 24;
  std::size_t thread_count = 1;
  bool compares_learners = false;  ///< not the model alone: describe windows for all of them
  std::optional<policy::PolicyFile> policy;  ///< as in TrainingPlan
};

/// Held-out runs with attacks injected at every rate, as often as there are seeds.
[[nodiscard]] std::optional<evaluation::Dataset> held_out_dataset(
    const std::vector<TrainingRun>& runs, const learn::Model& model, const EvaluationPlan& plan,
    config::Diagnostics& diagnostics);

/// Held-out runs with what really happened in them: `truths` has one list a run. An attack
/// outside its capture is a warning.
[[nodiscard]] std::optional<evaluation::Dataset> labelled_dataset(
    const std::vector<TrainingRun>& runs, const learn::Model& model, const EvaluationPlan& plan,
    std::vector<std::vector<evaluation::Incident>> truths, config::Diagnostics& diagnostics);

/// Training runs with every span attacked once at each of the model's rates, a fifth of them
/// in each of five passes.
[[nodiscard]] std::optional<evaluation::Dataset> training_dataset(
    const std::vector<TrainingRun>& runs, const learn::Model& model, const EvaluationPlan& plan,
    config::Diagnostics& diagnostics);

/// False, and an error, if a held-out run is one that the model was learned from, or one of
/// `training`, or shares a window with one: figures from it would flatter.
[[nodiscard]] bool check_held_out(const std::vector<TrainingRun>& held_out,
                                  const std::vector<TrainingRun>& training,
                                  const learn::Model& model, config::Diagnostics& diagnostics);

/// The learners of the comparison table, the model first; without training runs only those
/// that need none.
[[nodiscard]] std::vector<std::unique_ptr<evaluation::Learner>> all_learners(
    const learn::Model& model, bool has_training);

}  // namespace mimir::tools
