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
#include "config/json_member.h"
#include "controlplane/history/history.h"
#include "model/learn/digest.h"
#include "model/learn/model_difference.h"
#include "tools/appliance.h"
#include "tools/command/commands.h"
#include "tools/command/model_options.h"
#include "tools/control_link.h"
#include "tools/evaluation/truth_file.h"
#include "tools/ledger_text.h"
#include "tools/model_comparison.h"
#include "tools/model_race.h"
#include "tools/model_shelf.h"
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
    return "The life of a model: two compared, a candidate staged, promoted, rolled back";
  }
  [[nodiscard]] const char* example() const override {
    return "model diff shop.mimir new.mimir\n"
           "  mimir model compare shop.mimir new.mimir held/capture.pcap --entities "
           "held/entities.jsonl\n"
           "  mimir model stage new.mimir --config mimir.yaml\n"
           "  mimir model compare --from history.sqlite\n"
           "  mimir model promote --config mimir.yaml";
  }

  void declare(CommandLine& line) override {
    line.positional("WHAT", what_,
                    "diff: what two model files differ in; compare: which windows two of them "
                    "judge otherwise; of a running appliance, stage: a file judges beside the "
                    "model as a candidate; status: which do; promote: the candidate takes the "
                    "model's place; rollback: the former model takes it; unstage: no candidate");
    line.optional_positionals("FILE", files_,
                              "diff: two model files, the older first; compare: these, then "
                              "captures; stage: one model file");
    line.text("--from", history_, "HISTORY",
              "compare: how the last candidate judged beside the model, by the file that "
              "output.history names, instead of captures");
    line.text("--config", config_path_, "FILE", "the appliance's, which names its socket");
    line.text("--socket", socket_, "PATH", "its socket; without both: /run/mimir/control.sock");
    declare_analysis_options(line, options_, EntitiesNeed::kOptional);
    line.text("--truth", truth_, "FILE",
              "compare: what really happened in the captures, as mimir simulate writes it");
    line.count("--top", top_, 1, 100'000, "N", "how many of each kind to list");
    line.flag("--json", json_, "one JSON object, with all of them");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    config::Diagnostics diagnostics;
    ExitCode code = ExitCode::kUsage;
    if (check(diagnostics)) code = answer(diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    return code;
  }

 private:
  ExitCode answer(config::Diagnostics& diagnostics) {
    if (what_ == "diff") return diff(diagnostics);
    if (what_ != "compare") return steer(diagnostics);
    return history_.empty() ? compare(diagnostics) : compare_past(diagnostics);
  }

  bool check(config::Diagnostics& diagnostics) const {
    const std::string usual = "mimir model --help shows how";
    if (what_ == "diff" && files_.size() != 2) {
      diagnostics.error({}, "diff takes two model files", "mimir model diff shop.mimir new.mimir");
    } else if (what_ == "compare") {
      check_compare(diagnostics);
    } else if (what_ == "stage" && files_.size() != 1) {
      diagnostics.error({}, "stage takes one model file", usual);
    } else if (what_ == "status" || what_ == "promote" || what_ == "rollback" ||
               what_ == "unstage") {
      if (!files_.empty()) diagnostics.error({}, what_ + " takes no file", usual);
    } else if (what_ != "diff" && what_ != "stage") {
      diagnostics.error({}, fmt::format("nothing called `{}` is done to models", what_),
                        "give diff, compare, stage, status, promote, rollback or unstage");
    }
    return check_analysis_options(options_, diagnostics);
  }

  void check_compare(config::Diagnostics& diagnostics) const {
    if (!history_.empty()) {
      if (files_.empty()) return;
      diagnostics.error({}, "--from and files exclude each other",
                        "a history says itself which two models judged");
    } else if (files_.size() < 3) {
      diagnostics.error({}, "compare takes two model files, and captures to judge; or --from",
                        "mimir model compare shop.mimir new.mimir held/capture.pcap");
    } else if (options_.model.entities.empty()) {
      diagnostics.error({}, "without entities nobody knows whose packets these are",
                        "give --entities held/entities.jsonl");
    }
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
    const auto truth = read_truth(diagnostics);
    if (diagnostics.has_errors()) return ExitCode::kData;
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

  /// What really happened; nothing if nobody said.
  [[nodiscard]] std::optional<std::vector<evaluation::Incident>> read_truth(
      config::Diagnostics& diagnostics) const {
    if (truth_.empty()) return std::nullopt;
    const auto text = read_text_file(truth_, diagnostics);
    return text ? evaluation::read_truth(*text, truth_, diagnostics) : std::nullopt;
  }

  /// The last candidate beside the model that was in force then.
  ExitCode compare_past(config::Diagnostics& diagnostics) const {
    std::string fault;
    const auto history = controlplane::History::open(history_, fault);
    if (history == nullptr) {
      diagnostics.error({.file = history_}, "cannot be read: " + fault,
                        "give the file that output.history names");
      return ExitCode::kData;
    }
    const auto judged = history->shadows();
    if (judged.empty()) {
      diagnostics.error({.file = history_}, "no window that a candidate judged is remembered",
                        "mimir model stage FILE, and let the appliance run with output.history");
      return ExitCode::kData;
    }
    const auto truth = read_truth(diagnostics);
    if (diagnostics.has_errors()) return ExitCode::kData;
    ModelComparison comparison(truth ? &*truth : nullptr);
    const controlplane::ShadowJudgement& last = judged.back();
    std::size_t other_count = 0;
    for (const controlplane::ShadowJudgement& each : judged) {
      if (each.active_digest == last.active_digest &&
          each.candidate_digest == last.candidate_digest) {
        comparison.add(each.window);
      } else {
        ++other_count;
      }
    }
    if (json_) {
      Json json = comparison.to_json();
      json.set("first_model", Json::object().set("sha256", last.active_digest))
          .set("second_model", Json::object().set("sha256", last.candidate_digest));
      fmt::print("{}\n", config::to_text(json));
      return ExitCode::kOk;
    }
    fmt::print("first, in force    sha256 {}\nsecond, candidate  sha256 {}\n\n{}",
               last.active_digest.substr(0, kDigestShown),
               last.candidate_digest.substr(0, kDigestShown),
               comparison.to_text("the model in force", "the candidate", top_));
    if (other_count > 0) {
      fmt::print(stderr, "{} more windows were judged by other pairs of models\n", other_count);
    }
    return ExitCode::kOk;
  }

  /// Changes the files, has the appliance take them up, and takes the change back if it does
  /// not.
  ExitCode steer(config::Diagnostics& diagnostics) const {
    const auto link = ControlLink::open(config_path_, socket_);
    if (!link) return ExitCode::kUsage;
    const auto status = link->ask(false, "/api/v1/status");
    if (!status) return ExitCode::kMachine;
    ModelShelf shelf(text_of(member(*status, "model"), "file"));
    if (what_ == "status") return show(*status, shelf);
    const ExitCode changed = change(shelf, *status, diagnostics);
    if (changed != ExitCode::kOk) return changed;
    std::string text;
    const ExitCode code = link->reload(text);
    if (code == ExitCode::kOk) {
      shelf.keep();
      fmt::print("{}: {}", what_, text);
      return code;
    }
    fmt::print(stderr, "{}", text);
    if (code == ExitCode::kUsage && has_changed(*link, *status)) {
      shelf.keep();
      diagnostics.error({}, what_ + " was taken up, and not all that was to be read with it",
                        "mimir ctl reload tries the rest again");
      return code;
    }
    shelf.take_back();
    diagnostics.error({}, what_ + " was not taken up",
                      "what judged before still judges, and its "
                      "files are as they were");
    return code;
  }

  /// Whether other models judge than `before`.
  static bool has_changed(const ControlLink& link, const Json& before) {
    const auto now = link.ask(false, "/api/v1/status");
    const auto digest = [](const Json& status, const char* role) {
      return text_of(member(status, role), "sha256");
    };
    return now && (digest(*now, "model") != digest(before, "model") ||
                   digest(*now, "candidate") != digest(before, "candidate"));
  }

  ExitCode change(ModelShelf& shelf, const Json& status, config::Diagnostics& diagnostics) const {
    bool is_changed = false;
    if (what_ == "stage") {
      const auto loaded = load_model(files_[0], diagnostics);
      if (!loaded) return ExitCode::kData;
      if (loaded->digest == text_of(member(status, "model"), "sha256")) {
        diagnostics.error({.file = files_[0]}, "is the model in force: it would only agree",
                          "mimir model status shows which judge");
        return ExitCode::kUsage;
      }
      is_changed = shelf.stage(files_[0], diagnostics);
    } else if (what_ == "promote") {
      is_changed = shelf.promote(diagnostics);
    } else if (what_ == "rollback") {
      is_changed = shelf.roll_back(diagnostics);
    } else {
      is_changed = shelf.unstage(diagnostics);
    }
    return is_changed ? ExitCode::kOk : ExitCode::kUsage;
  }

  ExitCode show(const Json& status, const ModelShelf& shelf) const {
    config::Diagnostics ignored;
    const auto former = read_text_file(shelf.former(), ignored);
    Json json = Json::object()
                    .set("in_force", member(status, "model"))
                    .set("candidate", member(status, "candidate"))
                    .set("former", Json());
    if (former) {
      json.set(
          "former",
          Json::object().set("file", shelf.former()).set("sha256", learn::sha256_hex(*former)));
    }
    fmt::print("{}", json_ ? config::to_text(json) + '\n' : model_status_text(json));
    return ExitCode::kOk;
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
  std::string history_;
  std::string config_path_;
  std::string socket_;
  AnalysisOptions options_;
  std::string truth_;
  std::uint64_t top_ = 10;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_model_command() { return std::make_unique<ModelCommand>(); }

}  // namespace mimir::tools
