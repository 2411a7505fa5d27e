// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "tools/analysis_run.h"
#include "tools/command/commands.h"
#include "tools/command/model_options.h"
#include "tools/command/policy_allow.h"
#include "tools/injector/path_templates.h"
#include "tools/policy/connection_log.h"
#include "tools/policy/policy_file.h"
#include "tools/policy/policy_writer.h"
#include "tools/text_file.h"

namespace mimir::tools {

namespace {

constexpr std::uint64_t kPathsMax = 100'000;

config::Json to_json(const injector::TemplatePath& path) {
  config::Json stops = config::Json::array();
  for (const injector::Stop& stop : path) {
    const bool is_outside = stop.kind == injector::Stop::Kind::kOutside;
    config::Json json = config::Json::object();
    json.set("kind", is_outside                                ? "outside"
                     : stop.kind == injector::Stop::Kind::kVip ? "vip"
                                                               : "pod");
    if (!is_outside) json.set("service", stop.service);
    stops.push(std::move(json));
  }
  return config::Json::object().set("path", injector::to_text(path)).set("stops", std::move(stops));
}

class PolicyCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "policy"; }
  [[nodiscard]] const char* summary() const override {
    return "Policies learned from captures, attack paths they leave open, and what alarms allow";
  }
  [[nodiscard]] const char* example() const override {
    return "policy paths --entities run/entities.jsonl --policy policies.yaml --sensitive user-db\n"
           "  mimir policy allow --from user-db --to outside --reason \"nightly export\" --expires "
           "30d "
           "--history history.sqlite --config mimir.yaml --write";
  }

  void declare(CommandLine& line) override {
    line.positional("WHAT", what_,
                    "learn: who connected to whom in captures, as a policy; pairs: who may send to "
                    "whom under --policy; paths: ways from --sensitive to the outside under it; "
                    "allow: what one more suppression would have held back of a history");
    line.optional_positionals("CAPTURE", captures_, kCaptureHelp);
    declare_analysis_options(line, options_, EntitiesNeed::kOptional);
    line.text("--policy", policy_, "FILE",
              "pairs, paths: NetworkPolicies, CiliumNetworkPolicies and Namespaces as YAML or "
              "JSON, or mimir's own format; none: everyone may send to everyone");
    line.text("--sensitive", sensitive_, "SERVICE", "paths: the service that holds the data");
    line.count("--count", path_count_, 1, kPathsMax, "N", "paths: at most so many, shortest first");
    line.choice("--format", format_, {"mimir", "networkpolicy", "cilium"}, "learn: of the policy");
    line.text("--output", output_, "FILE", "learn: instead of standard output");
    allow_.declare(line);
    line.flag("--json", json_, "paths, allow: one JSON object a line");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    config::Diagnostics diagnostics;
    ExitCode code = ExitCode::kUsage;
    if (check(diagnostics)) code = answer(diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    return code;
  }

 private:
  bool check(config::Diagnostics& diagnostics) const {
    const bool is_of_cluster = what_ == "learn" || what_ == "pairs" || what_ == "paths";
    if (!is_of_cluster && what_ != "allow") {
      diagnostics.error({}, fmt::format("nothing called `{}` is known of policies", what_),
                        "give learn, pairs, paths or allow");
    }
    if (is_of_cluster && options_.model.entities.empty()) {
      diagnostics.error({}, what_ + " needs to know who is who", "give --entities FILE");
    }
    if (what_ == "learn" && captures_.empty()) {
      diagnostics.error({}, "nothing to learn from", "give a capture");
    }
    if (what_ != "learn" && !captures_.empty()) {
      diagnostics.error({}, fmt::format("{} reads no capture", what_),
                        "learn a policy from it first, and give that as --policy");
    }
    if (what_ == "paths" && sensitive_.empty()) {
      diagnostics.error({}, "paths begin at a service", "give --sensitive SERVICE");
    }
    return check_analysis_options(options_, diagnostics);
  }

  ExitCode answer(config::Diagnostics& diagnostics) {
    if (what_ == "allow") return allow_.run(json_, diagnostics);
    return what_ == "learn" ? learn(diagnostics) : show(diagnostics);
  }

  ExitCode learn(config::Diagnostics& diagnostics) {
    const auto captures = list_captures(captures_, diagnostics);
    if (!captures) return ExitCode::kUsage;
    std::optional<policy::ConnectionLog> log;
    const auto watch = [&log](const Window& window, const analysis::ReducedWindow& /*reduced*/,
                              const ClusterContext& context) {
      if (!log) log.emplace(*context.cluster, context.observation);
      log->add(window);
    };
    const auto run = analyse_captures(*captures, options_, diagnostics, watch);
    if (!run) return ExitCode::kData;
    if (!run->knows_anybody()) report_nobody_known(name_of(*captures), *run, diagnostics);
    const policy::LearnedConnections learned = log ? log->take() : policy::LearnedConnections();
    for (const auto& [client, server] : learned.left_out) {
      diagnostics.warning({}, fmt::format("{} connected to {}, of which no policy of applications "
                                          "speaks",
                                          client, server));
    }
    const auto text = written(learned.allowed, *run->context, diagnostics);
    if (!text) return ExitCode::kData;
    fmt::print(stderr,
               "{}: {} packets in {} windows; {} pairs of services connected, {} flows "
               "failed and count for nothing\n",
               name_of(*captures), run->capture.packets.received, run->windows.size(),
               learned.allowed.size(), learned.failed);
    if (output_.empty()) {
      fmt::print("{}", *text);
    } else if (!write_text_file(output_, *text, diagnostics)) {
      return ExitCode::kMachine;
    }
    return diagnostics.has_errors() || !run->capture.balances() ? ExitCode::kData : ExitCode::kOk;
  }

  [[nodiscard]] std::optional<std::string> written(const policy::Connections& connections,
                                                   const ClusterContext& context,
                                                   config::Diagnostics& diagnostics) const {
    if (format_ == "networkpolicy") {
      return policy::to_network_policies(connections, *context.cluster, context.observation,
                                         diagnostics);
    }
    if (format_ == "cilium") {
      return policy::to_cilium_policies(connections, *context.cluster, diagnostics);
    }
    return injector::to_text(policy::policy_of(connections, *context.cluster));
  }

  ExitCode show(config::Diagnostics& diagnostics) const {
    const auto context = load_cluster(options_.model, 0, diagnostics);
    if (context == nullptr) return ExitCode::kData;
    injector::Policy policy = injector::unrestricted_policy(*context->cluster);
    if (!policy_.empty()) {
      const auto text = read_text_file(policy_, diagnostics);
      if (!text) return ExitCode::kUsage;
      const auto file = policy::PolicyFile::parse(*text, policy_, diagnostics);
      if (!file) return ExitCode::kUsage;
      policy = file->policy_of(*context->cluster, context->observation, diagnostics);
    }
    if (what_ == "pairs") {
      fmt::print("{}", injector::to_text(policy));
      return ExitCode::kOk;
    }
    return print_paths(policy, *context, diagnostics);
  }

  ExitCode print_paths(const injector::Policy& policy, const ClusterContext& context,
                       config::Diagnostics& diagnostics) const {
    const auto service = context.cluster->find_class(sensitive_);
    if (!service || !context.cluster->is_application(*service)) {
      diagnostics.error({.file = options_.model.entities},
                        "has no application service " + sensitive_,
                        "services are named as `mimir policy pairs` lists them");
      return ExitCode::kData;
    }
    injector::PathOptions options =
        injector::path_options(*context.cluster, context.observation.point, sensitive_);
    options.path_count_max = path_count_;
    const auto paths = injector::enumerate_paths(policy, options);
    for (const injector::TemplatePath& path : paths) {
      std::puts((json_ ? config::to_text(to_json(path)) : injector::to_text(path)).c_str());
    }
    fmt::print(stderr, "{} paths lead from {} to the outside{}\n", paths.size(), sensitive_,
               paths.size() == path_count_ ? ", or more: raise --count" : "");
    return ExitCode::kOk;
  }

  std::string what_;
  std::vector<std::string> captures_;
  AnalysisOptions options_;
  std::string policy_;
  std::string sensitive_;
  std::uint64_t path_count_ = 100;
  std::string format_ = "mimir";
  std::string output_;
  PolicyAllow allow_;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_policy_command() { return std::make_unique<PolicyCommand>(); }

}  // namespace mimir::tools
