// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "tools/command_line.h"

namespace mimir::tools {

// One function a file of this folder, named after it.
[[nodiscard]] std::unique_ptr<Command> make_bench_command();
[[nodiscard]] std::unique_ptr<Command> make_check_command();
[[nodiscard]] std::unique_ptr<Command> make_config_command();
[[nodiscard]] std::unique_ptr<Command> make_ctl_command();
[[nodiscard]] std::unique_ptr<Command> make_demo_command();
[[nodiscard]] std::unique_ptr<Command> make_detect_command();
[[nodiscard]] std::unique_ptr<Command> make_doctor_command();
[[nodiscard]] std::unique_ptr<Command> make_entities_command();
[[nodiscard]] std::unique_ptr<Command> make_evaluate_command();
[[nodiscard]] std::unique_ptr<Command> make_experiment_command();
[[nodiscard]] std::unique_ptr<Command> make_explain_command();
[[nodiscard]] std::unique_ptr<Command> make_features_command();
[[nodiscard]] std::unique_ptr<Command> make_flows_command();
[[nodiscard]] std::unique_ptr<Command> make_inspect_command();
[[nodiscard]] std::unique_ptr<Command> make_alert_command();
[[nodiscard]] std::unique_ptr<Command> make_model_command();
[[nodiscard]] std::unique_ptr<Command> make_tune_command();
[[nodiscard]] std::unique_ptr<Command> make_observe_command();
[[nodiscard]] std::unique_ptr<Command> make_policy_command();
[[nodiscard]] std::unique_ptr<Command> make_run_command();
[[nodiscard]] std::unique_ptr<Command> make_score_command();
[[nodiscard]] std::unique_ptr<Command> make_simulate_command();
[[nodiscard]] std::unique_ptr<Command> make_top_command();
[[nodiscard]] std::unique_ptr<Command> make_train_command();

/// Every subcommand, in the order `mimir --help` lists them.
[[nodiscard]] std::vector<std::unique_ptr<Command>> all_commands();

}  // namespace mimir::tools
