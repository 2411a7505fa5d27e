// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "model/learn/model_difference.h"
#include "tools/appliance.h"
#include "tools/command/commands.h"
#include "tools/command/model_options.h"
#include "tools/evaluation/truth_file.h"
#include "tools/ledger_text.h"
#include "tools/model_comparison.h"
#include "tools/model_race.h"
#include "tools/model_text.h"
#include "tools/text_file.h"

namespace mimir::tools {

namespace {

using config::Json;

constexpr std::size_t kDigestShown = 16;

class ModelCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "model"; }
  [[nodiscard]] const char* summary() const override {
    return "The life of a model: what two of them differ in, and how they judge";
  }
  [[nodiscard]] const char* example() const override {
    return "model diff shop.mimir new.mimir\n"
           "  mimir model compare shop.mimir new.mimir held/capture.pcap --entities "
           "held/entities.jsonl";
  }

  void declare(CommandLine& line) override {
    line.positional("WHAT", what_,
                    "diff: what two model files differ in; compare: which windows of captures they "
                    "judge otherwise");
    line.optional_positionals("FILE", files_,
                              "the two model files, the older first; compare: then captures");
    declare_analysis_options(line, options_, EntitiesNeed::kOptional);
    line.text("--truth", truth_, "FILE",
              "compare: what really happened in the captures, as mimir simulate writes it");
    line.count("--top", top_, 1, 100'000, "N", "how many of each kind to list");
    line.flag("--json", json_, "one JSON object, with all of them");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    config::Diagnostics diagnostics;
    ExitCode code = ExitCode::kUsage;
    if (check(diagnostics)) code = what_ == "diff" ? diff(diagnostics) : compare(diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    return code;
  }

 private:
  bool check(config::Diagnostics& diagnostics) const {
    if (what_ != "diff" && what_ != "compare") {
      diagnostics.error({}, fmt::format("nothing called `{}` is done to models", what_),
                        "give diff or compare");
    } else if (what_ == "diff" && files_.size() != 2) {
      diagnostics.error({}, "diff takes two model files", "mimir model diff shop.mimir new.mimir");
    } else if (what_ == "compare" && files_.size() < 3) {
      diagnostics.error({}, "compare takes two model files, and captures to judge",
                        "mimir model compare shop.mimir new.mimir held/capture.pcap");
    } else if (what_ == "compare" && options_.model.entities.empty()) {
      diagnostics.error({}, "without entities nobody knows whose packets these are",
                        "give --entities held/entities.jsonl");
    }
    return check_analysis_options(options_, diagnostics);
  }

  ExitCode diff(config::Diagnostics& diagnostics) const {
    const auto before = load_model(files_[0], diagnostics);
    const auto after = load_model(files_[1], diagnostics);
    if (!before || !after) return ExitCode::kData;
    const learn::ModelDifference found = learn::difference(before->model, after->model);
    if (json_) {
      Json json = learn::to_json(found);
      json.set("before", named(files_[0], *before)).set("after", named(files_[1], *after));
      fmt::print("{}\n", config::to_text(json));
      return ExitCode::kOk;
    }
    fmt::print("{}{}", heads(*before, *after), difference_text(found, top_));
    return ExitCode::kOk;
  }

  ExitCode compare(config::Diagnostics& diagnostics) {
    const auto first = load_model(files_[0], diagnostics);
    const auto second = load_model(files_[1], diagnostics);
    if (!first || !second) return ExitCode::kData;
    if (!check_comparable(first->model, second->model, options_.model.observation, diagnostics)) {
      return ExitCode::kUsage;
    }
    options_.base_window_ns = first->model.context.base_window_ns;
    const auto captures = list_captures(std::span(files_).subspan(2), diagnostics);
    if (!captures) return ExitCode::kUsage;
    std::optional<std::vector<evaluation::Incident>> truth;
    if (!truth_.empty()) {
      const auto text = read_text_file(truth_, diagnostics);
      if (text) truth = evaluation::read_truth(*text, truth_, diagnostics);
      if (!truth) return ExitCode::kData;
    }
    ModelComparison comparison(truth ? &*truth : nullptr);
    const auto run = race(*captures, options_, *first, *second, comparison, diagnostics);
    if (!run) return ExitCode::kData;
    fmt::print(stderr, "{}",
               to_text(run->capture.packets, run->capture.records, run->capture.facts));
    if (!run->knows_anybody()) report_nobody_known(name_of(*captures), *run, diagnostics);
    if (json_) {
      Json json = comparison.to_json();
      json.set("first_model", named(files_[0], *first))
          .set("second_model", named(files_[1], *second));
      fmt::print("{}\n", config::to_text(json));
    } else {
      fmt::print("{}{}", heads(*first, *second), comparison.to_text(files_[0], files_[1], top_));
    }
    return diagnostics.has_errors() || !run->capture.balances() ? ExitCode::kData : ExitCode::kOk;
  }

  /// Which two they are, a line each.
  [[nodiscard]] std::string heads(const ModelWithDigest& first,
                                  const ModelWithDigest& second) const {
    const std::size_t width = std::max(files_[0].size(), files_[1].size());
    return fmt::format("{:<{}}  sha256 {}\n{:<{}}  sha256 {}\n\n", files_[0], width,
                       first.digest.substr(0, kDigestShown), files_[1], width,
                       second.digest.substr(0, kDigestShown));
  }

  static Json named(const std::string& path, const ModelWithDigest& loaded) {
    return Json::object()
        .set("file", path)
        .set("name", loaded.model.context.name)
        .set("sha256", loaded.digest);
  }

  std::string what_;
  std::vector<std::string> files_;
  AnalysisOptions options_;
  std::string truth_;
  std::uint64_t top_ = 10;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_model_command() { return std::make_unique<ModelCommand>(); }

}  // namespace mimir::tools
