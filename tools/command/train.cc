// SPDX-License-Identifier: Apache-2.0
#include "model/learn/train.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "model/learn/model_file.h"
#include "tools/analysis_run.h"
#include "tools/command/commands.h"
#include "tools/command/model_options.h"
#include "tools/evaluation/attack_plan.h"
#include "tools/text_file.h"
#include "tools/training.h"

namespace mimir::tools {

namespace {

class TrainCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "train"; }
  [[nodiscard]] const char* summary() const override {
    return "Learns a model from benign captures and thefts injected into them";
  }
  [[nodiscard]] const char* example() const override {
    return "train --entities run/entities.jsonl --sensitive user-db --output shop.mimir "
           "run/capture.pcap";
  }

  void declare(CommandLine& line) override {
    line.positionals(
        "CAPTURE", captures_,
        "benign captures, one run each: pcap or pcapng, also .gz and .zst; a folder of "
        "them is one run, read as one stream in time order; - is standard input");
    declare_analysis_options(line, options_);
    options_.payload.depth = "rules";
    declare_payload_options(line, options_.payload);
    line.required_text("--sensitive", plan_.sensitive_service, "SERVICE",
                       "the service that holds the data");
    line.required_text("-o,--output", output_, "FILE", "the model file to write");
    line.text("--policy", policy_path_, "FILE",
              "which service may send where; none: what happened, and everyone to the outside");
    line.texts("--rate", rates_, "MB/MIN", "thefts to learn from; none: 10, 1 and 0.1");
    line.text("--name", plan_.name, "NAME", "what alerts call the model; none: the file's name");
    line.texts("--leave-out", training_.left_out, "FAMILY",
               "columns not to look at, such as reciprocity: what they are worth");
    line.flag("--prototype", plan_.is_prototype,
              "the columns, scaling and threshold of the published prototype, to compare with");
    line.real("--false-alerts", false_alerts_, 0.001, 1e6, "N",
              "a day and 100 pods that thresholds may cost in benign traffic");
    line.count("--seed", plan_.seed, 0, UINT64_MAX, "N", "equal seeds give equal models");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    config::Diagnostics diagnostics;
    const ExitCode code = learn_and_write(diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    return code;
  }

 private:
  ExitCode learn_and_write(config::Diagnostics& diagnostics) {
    if (!check_analysis_options(options_, diagnostics) || !complete_plan(diagnostics)) {
      return ExitCode::kUsage;
    }
    const auto captures = list_captures(captures_, diagnostics);
    if (!captures) return ExitCode::kUsage;
    const auto signatures = compile_signatures(options_.payload, diagnostics);
    if (diagnostics.has_errors()) return ExitCode::kUsage;
    options_.signatures = signatures.get();
    const auto runs = read_runs(*captures, options_, diagnostics);
    if (!runs) return ExitCode::kData;
    const auto set = build_training_set(*runs, plan_, diagnostics);
    if (!set) return ExitCode::kData;
    if (plan_.is_prototype) {
      const std::vector<std::string> left_out = std::move(training_.left_out);
      training_ = learn::prototype_options();
      training_.left_out = left_out;
    } else {
      // Each granularity alerts by itself, the coarsest with the others' voices.
      training_.false_alerts_per_day = false_alerts_ * static_cast<double>(pod_count(*runs)) / 100 /
                                       static_cast<double>(plan_.granularities_s.size());
    }
    const auto model = learn::train(*set, training_, diagnostics);
    if (!model) return ExitCode::kData;
    if (!write_text_file(output_, learn::write_model(*model), diagnostics)) {
      return ExitCode::kMachine;
    }
    report(*model, set->table.row_count());
    return ExitCode::kOk;
  }

  bool complete_plan(config::Diagnostics& diagnostics) {
    if (plan_.name.empty()) plan_.name = std::filesystem::path(output_).stem().string();
    if (rates_.empty()) plan_.rates = default_rates();
    for (const std::string& text : rates_) {
      char* end = nullptr;
      const double rate = std::strtod(text.c_str(), &end);
      if (*end != '\0' || !(rate > 0) || rate > 1e6) {
        diagnostics.error({}, "--rate: `" + text + "` is no rate", "give MB a minute, such as 0.1");
      } else {
        plan_.rates.push_back(evaluation::rate_of(rate * evaluation::kBytesPerMegabyte));
      }
    }
    if (!policy_path_.empty()) {
      const auto text = read_text_file(policy_path_, diagnostics);
      if (text) plan_.policy = policy::PolicyFile::parse(*text, policy_path_, diagnostics);
    }
    return !diagnostics.has_errors();
  }

  void report(const learn::Model& model, std::size_t row_count) const {
    fmt::print("{}: learned from {} rows\n", output_, row_count);
    for (const learn::GranularityModel& granularity : model.granularities) {
      const learn::Confusion& counts = granularity.training;
      fmt::print(
          "  windows of {:>2} s: threshold {:.4f}; on its training windows F1 {:.3f}, {} of {} "
          "thefts found, {} false alerts in {}\n",
          granularity.granularity_s, granularity.threshold, counts.f1(), counts.true_positive,
          counts.true_positive + counts.false_negative, counts.false_positive,
          counts.false_positive + counts.true_negative);
    }
  }

  std::vector<std::string> captures_;
  AnalysisOptions options_;
  TrainingPlan plan_;
  learn::TrainingOptions training_;
  double false_alerts_ = 1;
  std::vector<std::string> rates_;
  std::string output_;
  std::string policy_path_;
};

}  // namespace

std::unique_ptr<Command> make_train_command() { return std::make_unique<TrainCommand>(); }

}  // namespace mimir::tools
