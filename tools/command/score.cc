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
#include "controlplane/alert/incident_book.h"
#include "model/analysis/analyzer.h"
#include "model/analysis/model_invariants.h"
#include "model/invariant/registry.h"
#include "tools/analysis_run.h"
#include "tools/appliance.h"
#include "tools/command/commands.h"
#include "tools/command/model_options.h"
#include "tools/detection.h"
#include "tools/hash_secret.h"
#include "tools/ledger_text.h"

namespace mimir::tools {

namespace {

// More is seldom looked at, and a day has ten thousand windows.
constexpr std::size_t kReasonMax = 5;

/// One window's judgement as a JSON line, for --windows.
config::Json to_json(const analysis::Verdict& verdict, const std::vector<std::string>& path) {
  config::Json services = config::Json::array();
  for (const std::string& service : path) services.push(service);
  config::Json line = config::Json::object();
  line.set("begin", controlplane::to_timestamp(verdict.window.begin_ns))
      .set("granularity_s", verdict.window.granularity_s())
      .set("partial", verdict.window.is_partial)
      .set("score", verdict.score.value)
      .set("threshold", verdict.score.threshold)
      .set("alert", verdict.score.alert())
      .set("no_data", verdict.score.no_data)
      .set("packets", verdict.window.packets.counted)
      .set("path", std::move(services));
  learn::Score score = verdict.score;
  score.keep_largest(kReasonMax);
  controlplane::set_attribution(line, score);
  return line;
}

void print_written(const controlplane::IncidentRecord& record) {
  if (!record.is_held_back) std::puts(config::to_text(record.line).c_str());
}

class ScoreCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "score"; }
  [[nodiscard]] const char* summary() const override {
    return "Judges every window of captures and prints their incidents as JSON lines";
  }
  [[nodiscard]] const char* example() const override {
    return "score --model shop.mimir --entities run/entities.jsonl run/capture.pcap";
  }

  void declare(CommandLine& line) override {
    line.positionals("CAPTURE", captures_, kCaptureHelp);
    line.required_text("--model", model_path_, "FILE", "a model, as mimir train writes it");
    declare_analysis_options(line, options_);
    declare_suppressions(line, suppress_path_);
    options_.payload.depth = "rules";
    declare_payload_options(line, options_.payload);
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
    const auto signatures = compile_signatures(options_.payload, diagnostics);
    if (diagnostics.has_errors()) return ExitCode::kUsage;
    options_.signatures = signatures.get();
    Judges judges;
    const auto run = analyse_captures(
        *captures, options_, diagnostics,
        [&](const Window& window, const analysis::ReducedWindow& reduced,
            const ClusterContext& context) {
          if (!judges.start(*this, *loaded, context, secret_of(window), diagnostics)) return;
          judges.detection->add(window);
          judges.analyzer->add(reduced);
          judges.incidents.advance(window.end_ns);
        });
    if (!run || !judges.start(*this, *loaded, *run->context, 0, diagnostics))
      return ExitCode::kData;
    judges.detection->flush();
    judges.analyzer->flush();
    judges.incidents.finish();
    const Counts& counts = judges.counts;
    fmt::print(stderr, "{}",
               to_text(run->capture.packets, run->capture.records, run->capture.facts));
    fmt::print(stderr, "windows  {} judged, {} alerts{}; {:.1f} % of the bytes mapped\n",
               counts.windows, counts.alerts,
               counts.windows == 0
                   ? std::string()
                   : fmt::format("; nearest to its threshold {:+.3f}", counts.nearest),
               run->mapped_share * 100);
    fmt::print(stderr, "{}", judges.detection->describe());
    if (!windows_) fmt::print(stderr, "{}", judges.incidents.describe());
    if (!run->knows_anybody()) report_nobody_known(name_of(*captures), *run, diagnostics);
    return diagnostics.has_errors() || !run->capture.balances() ? ExitCode::kData : ExitCode::kOk;
  }

  struct Counts {
    std::uint64_t windows = 0;
    std::uint64_t alerts = 0;
    double nearest = -1e9;  ///< the largest score - threshold

    void add(const analysis::Verdict& verdict) {
      ++windows;
      if (verdict.score.alert()) ++alerts;
      nearest = std::max(nearest, verdict.score.value - verdict.score.threshold);
    }
  };

  static std::uint64_t secret_of(const Window& window) {
    return hash_secret_of(static_cast<std::uint64_t>(window.begin_ns)).first;
  }

  /// What judges the windows; made when the first one comes, for by then the cluster is read.
  struct Judges {
    /// False, with the reason reported once, if the model does not fit the cluster.
    bool start(const ScoreCommand& command, const ModelWithDigest& loaded,
               const ClusterContext& context, std::uint64_t secret,
               config::Diagnostics& diagnostics) {
      if (analyzer || has_failed) return !has_failed;
      auto registry = invariant::Registry::build(
          *context.cluster,
          analysis::invariants_of(loaded.model.context, context.observation.point), diagnostics);
      has_failed = !registry;
      if (has_failed) return false;
      detection.emplace(DetectionOptions{.context = &context,
                                         .model = &loaded.model,
                                         .model_digest = loaded.digest,
                                         .suppressions = command.options_.suppressions,
                                         .signatures = command.options_.signatures,
                                         .secret = secret},
                        [this, &command](controlplane::Sighting sighting) {
                          if (command.windows_ || sighting.is_suppressed) return;
                          incidents.add(std::move(sighting));
                        });
      builder.emplace(loaded.model, *context.cluster, loaded.digest);
      analyzer.emplace(*context.cluster, context.observation, std::move(*registry), loaded.model,
                       [this, &command](const analysis::Verdict& verdict) {
                         counts.add(verdict);
                         command.tell(verdict, *this);
                       });
      return true;
    }

    std::optional<Detection> detection;
    std::optional<controlplane::AlertBuilder> builder;
    std::optional<analysis::Analyzer> analyzer;
    controlplane::IncidentBook incidents{{}, print_written};
    Counts counts;
    bool has_failed = false;
  };

  void tell(const analysis::Verdict& verdict, Judges& judges) const {
    std::optional<controlplane::Alert> alert;
    if (verdict.score.alert()) alert = judges.builder->build(verdict);
    if (windows_) {
      const std::vector<std::string> path = alert ? alert->path : std::vector<std::string>();
      std::puts(config::to_text(to_json(verdict, path)).c_str());
    } else if (alert) {
      judges.detection->report(*alert);
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
