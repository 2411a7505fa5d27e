// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "controlplane/alert/alert.h"
#include "model/analysis/analyzer.h"
#include "model/analysis/window_stack.h"
#include "model/invariant/registry.h"
#include "tools/analysis_run.h"
#include "tools/command/commands.h"
#include "tools/command/model_options.h"
#include "tools/ledger_text.h"

namespace mimir::tools {

namespace {

/// Quoted as RFC 4180 §2 has it: names of pairs hold a comma.
std::string csv_field(const std::string& text) {
  return text.find(',') == std::string::npos ? text : '"' + text + '"';
}

void print_csv_header(std::span<const std::string> names) {
  fmt::print("begin,granularity_s,partial,bytes,unmapped_share");
  for (const std::string& name : names) fmt::print(",{}", csv_field(name));
  fmt::print("\n");
}

void print_csv_row(const analysis::ReducedWindow& window, std::span<const double> values) {
  fmt::print("{},{},{:d},{},{}", window.begin_ns / kNsPerSecond, window.granularity_s(),
             window.is_partial, window.edges.total().bytes, window.bytes.unmapped_share());
  for (const double value : values) {
    if (std::isnan(value)) {
      fmt::print(",");  // not defined in this window
    } else {
      fmt::print(",{}", value);
    }
  }
  fmt::print("\n");
}

void print_jsonl_row(const analysis::ReducedWindow& window, std::span<const std::string> names,
                     std::span<const double> values) {
  config::Json features = config::Json::object();
  for (std::size_t i = 0; i < names.size(); ++i) features.set(names[i], values[i]);
  config::Json row = config::Json::object();
  row.set("begin", controlplane::to_timestamp(window.begin_ns))
      .set("granularity_s", window.granularity_s())
      .set("partial", window.is_partial)
      .set("bytes", window.edges.total().bytes)
      .set("unmapped_share", window.bytes.unmapped_share())
      .set("features", std::move(features));
  std::puts(config::to_text(row).c_str());
}

class FeaturesCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "features"; }
  [[nodiscard]] const char* summary() const override {
    return "Prints the invariants of every window of captures";
  }
  [[nodiscard]] const char* example() const override {
    return "features --entities run/entities.jsonl --sensitive user-db run/capture.pcap";
  }

  void declare(CommandLine& line) override {
    line.positionals("CAPTURE", captures_, kCaptureHelp);
    declare_analysis_options(line, options_);
    line.required_text("--sensitive", sensitive_, "SERVICE", "the service that holds the data");
    line.flag("--csv", csv_, "comma-separated with a header, empty where undefined (the default)");
    line.flag("--jsonl", jsonl_, "one JSON object a line and window");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    config::Diagnostics diagnostics;
    const ExitCode code = print(diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    return code;
  }

 private:
  ExitCode print(config::Diagnostics& diagnostics) {
    if (!check_analysis_options(options_, diagnostics)) return ExitCode::kUsage;
    const auto captures = list_captures(captures_, diagnostics);
    if (!captures) return ExitCode::kUsage;
    const auto run = analyse_captures(*captures, options_, diagnostics);
    if (!run) return ExitCode::kData;
    auto registry = invariant::Registry::build(
        *run->context->cluster,
        {.observation = run->context->observation.point, .sensitive_service = sensitive_},
        diagnostics);
    if (!registry) return ExitCode::kUsage;
    analysis::Lens lens(*run->context->cluster, std::move(*registry));
    if (!jsonl_) print_csv_header(lens.names());
    analysis::WindowStack stack({10, 60}, [this, &lens](const analysis::ReducedWindow& window) {
      lens.look_at(window);
      if (jsonl_) {
        print_jsonl_row(window, lens.names(), lens.values());
      } else {
        print_csv_row(window, lens.values());
      }
    });
    for (const analysis::ReducedWindow& window : run->windows) stack.add(window);
    stack.flush();
    fmt::print(stderr, "{}", to_text(run->capture.packets, run->capture.records));
    if (!run->knows_anybody()) report_nobody_known(name_of(*captures), *run, diagnostics);
    return diagnostics.has_errors() || !run->capture.balances() ? ExitCode::kData : ExitCode::kOk;
  }

  std::vector<std::string> captures_;
  AnalysisOptions options_;
  std::string sensitive_;
  bool csv_ = false;
  bool jsonl_ = false;
};

}  // namespace

std::unique_ptr<Command> make_features_command() { return std::make_unique<FeaturesCommand>(); }

}  // namespace mimir::tools
