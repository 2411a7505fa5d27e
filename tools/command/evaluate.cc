// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "model/learn/model_file.h"
#include "tools/analysis_run.h"
#include "tools/appliance.h"
#include "tools/command/commands.h"
#include "tools/command/model_options.h"
#include "tools/evaluation/comparison.h"
#include "tools/evaluation/result_files.h"
#include "tools/evaluation/truth_file.h"
#include "tools/evaluation_run.h"
#include "tools/report/evaluation_report.h"
#include "tools/report/pdf.h"
#include "tools/text_file.h"
#include "tools/training.h"

namespace mimir::tools {

namespace {

constexpr double kRateMin = 1e-4;  ///< MB a minute: what is less rounds to nothing

class EvaluateCommand final : public Command {
 public:
  EvaluateCommand() {
    options_.worker_count = std::clamp(std::thread::hardware_concurrency(), 1U, 64U);
  }

  [[nodiscard]] const char* name() const override { return "evaluate"; }
  [[nodiscard]] const char* summary() const override {
    return "Measures what a model finds in held-out captures, and compares learners";
  }
  [[nodiscard]] const char* example() const override {
    return "evaluate --model shop.mimir --entities run/entities.jsonl --rates 10,1,0.1 "
           "--report evaluation held-out/capture.pcap";
  }

  void declare(CommandLine& line) override {
    line.positionals("CAPTURE", captures_,
                     "captures that nothing was learned from, one run each: pcap or pcapng, also "
                     ".gz and .zst; a folder of them is one run");
    line.required_text("--model", model_path_, "FILE", "a model, as mimir train writes it");
    declare_analysis_options(line, options_);
    options_.payload.depth = "applications";
    declare_payload_options(line, options_.payload);
    line.required_text("--report", report_, "FOLDER",
                       "gets report.html, evaluation.json and the CSV files");
    line.text("--rates", rates_, "MB/MIN,...", "thefts to inject, one pass a rate and seed");
    line.texts("--truth", truths_, "FILE",
               "what really happened, one file a capture as mimir simulate writes it, instead of "
               "--rates");
    line.texts("--train", training_, "CAPTURE",
               "what to fit the other learners of the comparison to; none: the model alone");
    line.text("--train-entities", training_entities_, "FILE",
              "who held which address in those; none: as --entities");
    line.text("--policy", policy_path_, "FILE",
              "which service may send where; none: what happened, and everyone to the outside");
    line.real("--attack-share", plan_.attack_share, 0.01, 0.5, "SHARE",
              "of the time that is under attack in each pass");
    line.count("--attack-windows", attack_windows_, 1, 60, "N",
               "windows of the coarsest granularity that one attack lasts");
    line.count("--seeds", plan_.seed_count, 1, 100, "N", "repetitions of every rate");
    line.count("--seed", plan_.seed, 0, UINT32_MAX, "N", "of the first of them");
    line.flag("--pdf", pdf_, "report.pdf too, printed by chromium");
    line.flag("--json", json_, "the results as one JSON object, instead of the table");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    config::Diagnostics diagnostics;
    const ExitCode code = evaluate(diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    return code;
  }

 private:
  ExitCode evaluate(config::Diagnostics& diagnostics) {
    if (!check_analysis_options(options_, diagnostics) || !complete_plan(diagnostics)) {
      return ExitCode::kUsage;
    }
    const auto loaded = load_model(model_path_, diagnostics);
    if (!loaded) return ExitCode::kData;
    const learn::Model& model = loaded->model;
    if (!check_observation(model, diagnostics)) return ExitCode::kUsage;
    options_.base_window_ns = model.context.base_window_ns;
    const auto signatures = compile_signatures(options_.payload, diagnostics);
    if (diagnostics.has_errors()) return ExitCode::kUsage;
    options_.signatures = signatures.get();
    const auto captures = list_captures(captures_, diagnostics);
    if (!captures) return ExitCode::kUsage;
    const auto runs = read_runs(*captures, options_, diagnostics);
    if (!runs) return ExitCode::kData;
    const auto training_runs = read_training(diagnostics);
    if (!training_runs) return ExitCode::kData;
    if (!check_held_out(*runs, *training_runs, model, diagnostics)) return ExitCode::kData;

    const auto held_out = make_held_out(*runs, model, diagnostics);
    if (!held_out) return ExitCode::kData;
    const auto training = training_dataset(*training_runs, model, plan_, diagnostics);
    if (!training) return ExitCode::kData;
    const evaluation::Comparison comparison =
        evaluation::compare(*training, *held_out, all_learners(model, !training_runs->empty()),
                            {.thread_count = plan_.thread_count, .thresholds = {}}, diagnostics);
    const std::string page =
        report::to_html({.model = model,
                         .held_out = *held_out,
                         .training = *training,
                         .comparison = comparison,
                         .attack_share = truths_.empty() ? plan_.attack_share : 0});
    if (!write(*held_out, comparison, page, diagnostics)) return ExitCode::kMachine;
    print(*held_out, comparison);
    const bool is_good = std::all_of(runs->begin(), runs->end(), [](const TrainingRun& run) {
      return run.analysis.capture.balances();
    });
    return diagnostics.has_errors() || !is_good ? ExitCode::kData : ExitCode::kOk;
  }

  bool complete_plan(config::Diagnostics& diagnostics) {
    plan_.thread_count = options_.worker_count;
    plan_.compares_learners = !training_.empty();
    plan_.spans_per_attack = attack_windows_;
    if (!rates_.empty()) plan_.rates_bytes_per_minute.clear();
    for (std::size_t at = 0; at < rates_.size();) {
      const std::size_t end = std::min(rates_.find(',', at), rates_.size());
      add_rate(rates_.substr(at, end - at), diagnostics);
      at = end + 1;
    }
    if (!truths_.empty() && !rates_.empty()) {
      diagnostics.error({}, "--truth and --rates exclude each other",
                        "either judge what happened, or what is injected");
    }
    if (!truths_.empty() && truths_.size() != captures_.size()) {
      diagnostics.error(
          {}, fmt::format("{} captures and {} files of truth", captures_.size(), truths_.size()),
          "give --truth once for each capture, in the same order");
    }
    if (!policy_path_.empty()) {
      const auto text = read_text_file(policy_path_, diagnostics);
      if (text) plan_.policy = policy::PolicyFile::parse(*text, policy_path_, diagnostics);
    }
    return !diagnostics.has_errors();
  }

  void add_rate(const std::string& text, config::Diagnostics& diagnostics) {
    char* end = nullptr;
    const double rate = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0' || !(rate >= kRateMin) || rate > 1e6) {
      diagnostics.error({}, "--rates: `" + text + "` is no rate",
                        "give MB a minute, 0.0001 or more, several with commas: 10,1,0.1");
      return;
    }
    std::vector<double>& rates = plan_.rates_bytes_per_minute;
    const double bytes = rate * evaluation::kBytesPerMegabyte;
    if (std::find(rates.begin(), rates.end(), bytes) == rates.end()) rates.push_back(bytes);
  }

  bool check_observation(const learn::Model& model, config::Diagnostics& diagnostics) const {
    if (model.context.observation == options_.model.observation) return true;
    diagnostics.error(
        {.file = model_path_}, "was trained at observation point " + model.context.observation,
        "give --observe " + model.context.observation + ", or train a model for this one");
    return false;
  }

  std::optional<std::vector<TrainingRun>> read_training(config::Diagnostics& diagnostics) const {
    if (training_.empty()) return std::vector<TrainingRun>();
    const auto captures = list_captures(training_, diagnostics);
    if (!captures) return std::nullopt;
    AnalysisOptions options = options_;
    if (!training_entities_.empty()) options.model.entities = training_entities_;
    return read_runs(*captures, options, diagnostics);
  }

  std::optional<evaluation::Dataset> make_held_out(const std::vector<TrainingRun>& runs,
                                                   const learn::Model& model,
                                                   config::Diagnostics& diagnostics) const {
    if (truths_.empty()) return held_out_dataset(runs, model, plan_, diagnostics);
    std::vector<std::vector<evaluation::Incident>> truths;
    for (const std::string& path : truths_) {
      const auto text = read_text_file(path, diagnostics);
      if (!text) return std::nullopt;
      auto incidents = evaluation::read_truth(*text, path, diagnostics);
      if (!incidents) return std::nullopt;
      truths.push_back(std::move(*incidents));
    }
    return labelled_dataset(runs, model, plan_, std::move(truths), diagnostics);
  }

  bool write(const evaluation::Dataset& held_out, const evaluation::Comparison& comparison,
             const std::string& page, config::Diagnostics& diagnostics) const {
    const std::filesystem::path folder(report_);
    std::error_code fault;
    std::filesystem::create_directories(folder, fault);
    if (fault) {
      diagnostics.error({.file = report_}, "cannot be made a folder: " + fault.message(), "");
      return false;
    }
    bool good = true;
    for (const evaluation::ResultFile& file : evaluation::csv_files(held_out, comparison)) {
      good = write_text_file(folder / file.name, file.text, diagnostics) && good;
    }
    const std::string json = config::to_pretty_text(evaluation::to_json(held_out, comparison));
    good = write_text_file(folder / "evaluation.json", json + "\n", diagnostics) && good;
    good = write_text_file(folder / "report.html", page, diagnostics) && good;
    if (!good || !pdf_) return good;
    return report::print_to_pdf(folder / "report.html", folder / "report.pdf", diagnostics);
  }

  void print(const evaluation::Dataset& held_out, const evaluation::Comparison& comparison) const {
    if (json_) {
      std::puts(config::to_text(evaluation::to_json(held_out, comparison)).c_str());
      return;
    }
    fmt::print("{:<22} {:>8} {:<13} {:>10}  {}\n", "learner", "windows", "threshold by",
               "alerts/day", "F1 at each rate, MB/min");
    for (const evaluation::Result& result : comparison.results) {
      std::string rates;
      for (const evaluation::RateOutcome& rate : result.rates) {
        rates +=
            fmt::format("  {:g}: {:.3f}",
                        rate.rate_bytes_per_minute / evaluation::kBytesPerMegabyte, rate.f1.value);
      }
      fmt::print("{:<22} {:>8} {:<13} {:>10.1f}{}\n", result.learner, result.granularity,
                 evaluation::name(result.rule), result.benign.alerts_per_day.value, rates);
    }
  }

  std::vector<std::string> captures_;
  std::string model_path_;
  AnalysisOptions options_;
  EvaluationPlan plan_;
  std::string report_;
  std::string rates_;
  std::vector<std::string> truths_;
  std::vector<std::string> training_;
  std::string training_entities_;
  std::string policy_path_;
  std::uint64_t attack_windows_ = 1;
  bool pdf_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_evaluate_command() { return std::make_unique<EvaluateCommand>(); }

}  // namespace mimir::tools
