// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "controlplane/alert/alert_builder.h"
#include "model/analysis/analyzer.h"
#include "model/analysis/model_invariants.h"
#include "model/invariant/registry.h"
#include "tools/analysis_run.h"
#include "tools/appliance.h"
#include "tools/command/commands.h"
#include "tools/command/model_options.h"
#include "tools/detection.h"
#include "tools/ledger_text.h"

namespace mimir::tools {

namespace {

/// One window's judgement as a JSON line, for --windows.
config::Json to_json(const analysis::Verdict& verdict) {
  config::Json line = config::Json::object();
  line.set("begin", controlplane::to_timestamp(verdict.window.begin_ns))
      .set("granularity_s", verdict.window.granularity_s())
      .set("partial", verdict.window.is_partial)
      .set("score", verdict.score.value)
      .set("threshold", verdict.score.threshold)
      .set("alert", verdict.score.alert())
      .set("no_data", verdict.score.no_data)
      .set("packets", verdict.window.packets.counted);
  return line;
}

class ScoreCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "score"; }
  [[nodiscard]] const char* summary() const override {
    return "Judges every window of captures and prints the alerts as JSON lines";
  }
  [[nodiscard]] const char* example() const override {
    return "score --model shop.mimir --entities run/entities.jsonl run/capture.pcap";
  }

  void declare(CommandLine& line) override {
    line.positionals("CAPTURE", captures_, kCaptureHelp);
    line.required_text("--model", model_path_, "FILE", "a model, as mimir train writes it");
    declare_analysis_options(line, options_);
    declare_suppressions(line, suppress_path_);
    line.flag("--windows", windows_, "one line for every window, alert or not, instead of alerts");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    config::Diagnostics diagnostics;
    const ExitCode code = judge(diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    return code;
  }

 private:
  ExitCode judge(config::Diagnostics& diagnostics) {
    if (!check_analysis_options(options_, diagnostics) ||
        !read_suppressions(suppress_path_, options_, diagnostics)) {
      return ExitCode::kUsage;
    }
    const auto loaded = load_model(model_path_, diagnostics);
    if (!loaded) return ExitCode::kData;
    const learn::Model& model = loaded->model;
    options_.base_window_ns = model.context.base_window_ns;
    if (model.context.observation != options_.model.observation) {
      diagnostics.error(
          {.file = model_path_}, "was trained at observation point " + model.context.observation,
          "give --observe " + model.context.observation + ", or train a model for this one");
      return ExitCode::kUsage;
    }
    const auto captures = list_captures(captures_, diagnostics);
    if (!captures) return ExitCode::kUsage;
    Findings findings;
    const auto run = analyse_captures(
        *captures, options_, diagnostics, [&](const Window& window, const ClusterContext& context) {
          findings.add(window, context, *loaded, options_.suppressions);
        });
    if (!run) return ExitCode::kData;
    findings.end();
    auto registry = invariant::Registry::build(
        *run->context->cluster,
        analysis::invariants_of(model.context, run->context->observation.point), diagnostics);
    if (!registry) return ExitCode::kData;
    const controlplane::AlertBuilder builder(model, *run->context->cluster, loaded->digest);
    Counts counts;
    analysis::Analyzer analyzer(*run->context->cluster, run->context->observation,
                                std::move(*registry), model, [&](const analysis::Verdict& verdict) {
                                  count(verdict, counts);
                                  print(verdict, builder);
                                });
    for (std::size_t i = 0; i < run->windows.size(); ++i) {
      print(findings.alerts[i]);
      analyzer.add(run->windows[i]);
    }
    print(findings.alerts.back());
    analyzer.flush();
    fmt::print(stderr, "{}", to_text(run->capture.packets, run->capture.records));
    fmt::print(stderr, "windows  {} judged, {} alerts{}; {:.1f} % of the bytes mapped\n",
               counts.windows, counts.alerts,
               counts.windows == 0
                   ? std::string()
                   : fmt::format("; nearest to its threshold {:+.3f}", counts.nearest),
               run->mapped_share * 100);
    if (findings.detection) fmt::print(stderr, "{}", findings.detection->describe());
    if (!run->knows_anybody()) report_nobody_known(name_of(*captures), *run, diagnostics);
    return diagnostics.has_errors() || !run->capture.balances() ? ExitCode::kData : ExitCode::kOk;
  }

  /// What the detectors say, window by window; the last entry is of the end.
  struct Findings {
    void add(const Window& window, const ClusterContext& context, const ModelWithDigest& loaded,
             const std::vector<detector::Suppression>& suppressions) {
      if (!detection) {
        detection.emplace(&context, &loaded.model, loaded.digest, suppressions,
                          [this](const config::Json& alert) { alerts.back().push_back(alert); });
      }
      alerts.emplace_back();
      detection->add(window);
    }
    void end() {
      alerts.emplace_back();
      if (detection) detection->flush();
    }

    std::optional<Detection> detection;
    std::vector<std::vector<config::Json>> alerts;
  };

  struct Counts {
    std::uint64_t windows = 0;
    std::uint64_t alerts = 0;
    double nearest = -1e9;  ///< the largest score - threshold
  };

  static void count(const analysis::Verdict& verdict, Counts& counts) {
    ++counts.windows;
    if (verdict.score.alert()) ++counts.alerts;
    counts.nearest = std::max(counts.nearest, verdict.score.value - verdict.score.threshold);
  }

  void print(const std::vector<config::Json>& alerts) const {
    if (windows_) return;
    for (const config::Json& alert : alerts) std::puts(config::to_text(alert).c_str());
  }

  void print(const analysis::Verdict& verdict, const controlplane::AlertBuilder& builder) const {
    if (windows_) {
      std::puts(config::to_text(to_json(verdict)).c_str());
    } else if (verdict.score.alert()) {
      std::puts(config::to_text(controlplane::to_json(builder.build(verdict))).c_str());
    }
  }

  std::vector<std::string> captures_;
  std::string model_path_;
  std::string suppress_path_;
  AnalysisOptions options_;
  bool windows_ = false;
};

}  // namespace

std::unique_ptr<Command> make_score_command() { return std::make_unique<ScoreCommand>(); }

}  // namespace mimir::tools
