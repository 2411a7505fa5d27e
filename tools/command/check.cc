// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "controlplane/appliance_config.h"
#include "tools/appliance.h"
#include "tools/command/commands.h"
#include "tools/machine_check.h"
#include "tools/machine_report.h"
#include "tools/payload_options.h"

namespace mimir::tools {

namespace {

class CheckCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "check"; }
  [[nodiscard]] const char* summary() const override {
    return "Says whether a configuration, its model and its entities fit, without starting";
  }
  [[nodiscard]] const char* example() const override { return "check --config mimir.yaml"; }

  void declare(CommandLine& line) override {
    line.text("--config", config_path_, "FILE", "the configuration");
    line.flag("--machine", machine_, "also memory, ports and permissions of this machine");
    line.texts("--rules", rule_files_, "FILE", "a file of rules for the payload, instead");
    line.flag("--print-default", print_default_, "print a configuration with every key's default");
    line.flag("--print-reference", print_reference_, "print the reference page of all keys");
    line.flag("--print-rule-reference", print_rule_reference_,
              "print the reference page of the keys of a rule");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    if (print_default_) {
      fmt::print("{}", config::to_default_yaml(controlplane::section_texts()));
      return ExitCode::kOk;
    }
    if (print_reference_) {
      fmt::print("{}", config::to_markdown(controlplane::section_texts()));
      return ExitCode::kOk;
    }
    if (print_rule_reference_) {
      fmt::print("{}", config::to_markdown(payload::rule_texts()));
      return ExitCode::kOk;
    }
    if (config_path_.empty() && !rule_files_.empty()) return check_rules();
    if (config_path_.empty()) {
      fmt::print(stderr, "mimir: error: --config is required\n  hint: mimir check --help\n");
      return ExitCode::kUsage;
    }
    config::Diagnostics diagnostics;
    const auto appliance = load_appliance(config_path_, nullptr, diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    if (!appliance) return ExitCode::kUsage;
    fmt::print("config   {} is well\n", config_path_);
    fmt::print("model    {}, sensitive service {}, sha256 {}\n", appliance->model.context.name,
               appliance->model.context.sensitive_service, appliance->model_digest.substr(0, 16));
    fmt::print("entities {}, {} services\n", appliance->context->entities.size(),
               appliance->context->services.size());
    if (!machine_) return ExitCode::kOk;
    const auto findings = machine_findings(appliance->live_options(), MachineCheck());
    return tell_machine(findings) ? ExitCode::kOk : ExitCode::kMachine;
  }

 private:
  [[nodiscard]] ExitCode check_rules() const {
    config::Diagnostics diagnostics;
    const auto signatures =
        compile_signatures({.depth = "rules", .rule_files = rule_files_}, diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    if (signatures == nullptr) return ExitCode::kUsage;
    fmt::print("rules    {} are well, and find what their tests say\n", signatures->rules().size());
    return ExitCode::kOk;
  }

  std::string config_path_;
  std::vector<std::string> rule_files_;
  bool machine_ = false;
  bool print_default_ = false;
  bool print_reference_ = false;
  bool print_rule_reference_ = false;
};

}  // namespace

std::unique_ptr<Command> make_check_command() { return std::make_unique<CheckCommand>(); }

}  // namespace mimir::tools
