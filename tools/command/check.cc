// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "controlplane/appliance_config.h"
#include "tools/appliance.h"
#include "tools/command/commands.h"
#include "tools/live_run.h"
#include "tools/machine_check.h"
#include "tools/machine_text.h"
#include "tools/payload_options.h"

namespace mimir::tools {

namespace {

/// False if something is missing.
bool tell_all(const std::vector<MachineFinding>& findings) {
  bool has_all = true;
  for (const MachineFinding& finding : findings) {
    if (finding.level == MachineFinding::Level::kWell) {
      fmt::print("{}\n", finding.text);
      continue;
    }
    const bool is_missing = finding.level == MachineFinding::Level::kMissing;
    fmt::print(stderr, "{}: {}\n  hint: {}\n", is_missing ? "error" : "advice", finding.text,
               finding.hint);
    has_all = has_all && !is_missing;
  }
  return has_all;
}

std::vector<MachineFinding> findings_of(const MachineCheck& machine, const std::string& device) {
  const std::size_t begin = device.find("iface=");
  if (begin != std::string::npos) {
    const std::size_t end = device.find(',', begin);
    return {machine.interface(device.substr(begin + 6, end - begin - 6))};
  }
  // A virtual device has a name with an underscore, a PCI address has none.
  if (device.find('_') != std::string::npos) return {};
  return machine.pci_device(device.substr(0, device.find(',')));
}

/// What the machine has of what the configuration adds up to.
bool check_machine(const LiveOptions& options) {
  std::size_t bytes = 0;
  for (const MemoryTerm& term : memory_terms(options)) {
    fmt::print("memory {:>9.1f} MB  {}\n", static_cast<double>(term.bytes) / 1e6, term.what);
    bytes += term.bytes;
  }
  const auto available = static_cast<std::size_t>(sysconf(_SC_AVPHYS_PAGES)) *
                         static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  fmt::print("memory {:>9.1f} MB  in sum; {:.1f} MB are free\n", static_cast<double>(bytes) / 1e6,
             static_cast<double>(available) / 1e6);
  bool is_ready = true;
  if (bytes > available) {
    fmt::print(stderr,
               "error: not enough free memory\n"
               "  hint: lower dataplane.flow_count_max\n");
    is_ready = false;
  }
  source::MachineFault fault;
  if (!check_pages(options, fault)) {
    fmt::print(stderr, "error: {}\n  hint: {}\n", fault.message, fault.hint);
    is_ready = false;
  }
  const MachineCheck machine;
  std::size_t worker_count = 0;
  for (const source::PortOptions& port : options.ports) {
    worker_count += port.queue_count;
    is_ready = tell_all(findings_of(machine, port.device)) && is_ready;
  }
  (void)tell_all({machine.isolated_cores(worker_count), machine.clock_source()});
  if (geteuid() != 0) {
    fmt::print(stderr,
               "error: not root: ports other than a capture's need it or CAP_NET_RAW\n"
               "  hint: sudo mimir run --config ...\n");
    is_ready = false;
  }
  return is_ready;
}

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
    return check_machine(appliance->live_options()) ? ExitCode::kOk : ExitCode::kMachine;
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
