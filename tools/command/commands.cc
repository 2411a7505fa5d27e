// SPDX-License-Identifier: Apache-2.0
#include "tools/command/commands.h"

namespace mimir::tools {

std::vector<std::unique_ptr<Command>> all_commands() {
  std::vector<std::unique_ptr<Command>> commands;
  commands.push_back(make_demo_command());
  commands.push_back(make_run_command());
  commands.push_back(make_ctl_command());
  commands.push_back(make_top_command());
  commands.push_back(make_observe_command());
  commands.push_back(make_check_command());
  commands.push_back(make_doctor_command());
  commands.push_back(make_config_command());
  commands.push_back(make_simulate_command());
  commands.push_back(make_flows_command());
  commands.push_back(make_features_command());
  commands.push_back(make_policy_command());
  commands.push_back(make_train_command());
  commands.push_back(make_score_command());
  commands.push_back(make_detect_command());
  commands.push_back(make_entities_command());
  commands.push_back(make_evaluate_command());
  commands.push_back(make_experiment_command());
  commands.push_back(make_inspect_command());
  commands.push_back(make_model_command());
  commands.push_back(make_explain_command());
  commands.push_back(make_alert_command());
  commands.push_back(make_tune_command());
  commands.push_back(make_bench_command());
  return commands;
}

}  // namespace mimir::tools
