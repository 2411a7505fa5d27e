// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "config/section.h"
#include "tools/command/commands.h"
#include "tools/experiment/aggregate.h"
#include "tools/experiment/plan.h"
#include "tools/experiment/runner.h"
#include "tools/report/experiment_report.h"
#include "tools/report/pdf.h"
#include "tools/simulator/simulator.h"
#include "tools/simulator/topology_file.h"
#include "tools/text_file.h"

namespace mimir::tools {

namespace {

class ExperimentCommand final : public Command {
 public:
  ExperimentCommand() { job_count_ = std::clamp(std::thread::hardware_concurrency(), 1U, 64U); }

  [[nodiscard]] const char* name() const override { return "experiment"; }
  [[nodiscard]] const char* summary() const override {
    return "Simulates, trains and evaluates by a plan, and says what it all means";
  }
  [[nodiscard]] const char* example() const override {
    return "experiment --plan plan.yaml --out experiments";
  }

  void declare(CommandLine& line) override {
    line.text("--plan", plan_path_, "FILE", "what is varied, as --print-reference has it");
    line.text("--out", out_, "FOLDER",
              "gets experiments.html, .csv and .json; keeps what is finished, so that the same "
              "call goes on where it was broken off");
    line.count("--jobs", job_count_, 1, 64, "N", "steps at a time, each with a capture on disk");
    line.flag("--pdf", pdf_, "experiments.pdf too, printed by chromium");
    line.flag("--print-reference", print_reference_, "every key of a plan");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    if (print_reference_) {
      fmt::print("{}", config::to_markdown({{.name = "plan",
                                             .help = "What `mimir experiment --plan FILE` reads.",
                                             .keys = experiment::plan_section().keys()}}));
      return ExitCode::kOk;
    }
    config::Diagnostics diagnostics;
    const ExitCode code = run_plan(diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    return code;
  }

 private:
  /// Shares of the actions of an application by name.
  struct Mix {
    std::vector<std::string> names;
    std::vector<double> shares;
  };

  ExitCode run_plan(config::Diagnostics& diagnostics) {
    if (plan_path_.empty() || out_.empty()) {
      diagnostics.error({}, "no plan or no folder is given", "give --plan FILE and --out FOLDER");
      return ExitCode::kUsage;
    }
    const auto text = read_text_file(plan_path_, diagnostics);
    if (!text) return ExitCode::kUsage;
    const auto plan = experiment::read_plan(*text, plan_path_, diagnostics);
    if (!plan || !look_at_applications(*plan, diagnostics)) return ExitCode::kUsage;
    const std::vector<experiment::Settings> experiments = experiment::experiments_of(*plan);
    const auto outcomes = experiment::run_experiments(
        experiments,
        {.program = std::filesystem::canonical("/proc/self/exe").string(),
         .folder = out_,
         .job_count = job_count_,
         .progress = [](const std::string& said) { fmt::print(stderr, "{}\n", said); }},
        diagnostics);
    std::vector<experiment::Row> rows;
    for (const experiment::Outcome& outcome : outcomes) {
      const auto more = experiment::rows_of(outcome, degrees_of(outcome.settings, diagnostics));
      rows.insert(rows.end(), more.begin(), more.end());
    }
    if (!write(rows, outcomes.size(), experiments.size(), diagnostics)) return ExitCode::kMachine;
    fmt::print("{}: {} of {} experiments\n",
               (std::filesystem::path(out_) / "experiments.html").string(), outcomes.size(),
               experiments.size());
    return diagnostics.has_errors() ? ExitCode::kData : ExitCode::kOk;
  }

  /// Reads every topology once, so that a wrong name or mix is told before hours are spent.
  bool look_at_applications(const experiment::Plan& plan, config::Diagnostics& diagnostics) {
    for (const experiment::Application& application : plan.applications) {
      const auto topology = application.topology.empty()
                                ? simulator::topology_named(application.app, diagnostics)
                                : simulator::topology_from(application.topology, diagnostics);
      if (!topology) continue;
      if (!topology->find_service(application.sensitive)) {
        diagnostics.error(
            {.file = plan_path_},
            fmt::format("{} has no service {}", application.name(), application.sensitive),
            "give one of its services as `sensitive`");
      }
      Mix& mix = mixes_[application.name()];
      for (const simulator::Action& action : topology->actions) {
        mix.names.push_back(action.name);
        mix.shares.push_back(action.weight);
      }
      for (const std::string& held_out : application.mixes) {
        (void)shares_of(mix, held_out, diagnostics);
      }
    }
    return !diagnostics.has_errors();
  }

  /// The shares of `text` in the order of the application's actions.
  static std::vector<double> shares_of(const Mix& mix, const std::string& text,
                                       config::Diagnostics& diagnostics) {
    if (text.empty()) return mix.shares;
    std::vector<double> shares(mix.names.size(), 0);
    const auto parsed = simulator::parse_mix(text, diagnostics);
    if (!parsed) return mix.shares;
    for (const auto& [name, share] : *parsed) {
      const auto place = std::find(mix.names.begin(), mix.names.end(), name);
      if (place == mix.names.end()) {
        diagnostics.error({}, fmt::format("mix `{}`: there is no action {}", text, name),
                          "actions are named as `mimir simulate --print-topology` has them");
      } else {
        shares[static_cast<std::size_t>(place - mix.names.begin())] = share;
      }
    }
    return shares;
  }

  double degrees_of(const experiment::Settings& settings, config::Diagnostics& diagnostics) const {
    const Mix& mix = mixes_.at(settings.application());
    return experiment::degrees_between(mix.shares, shares_of(mix, settings.mix, diagnostics));
  }

  bool write(const std::vector<experiment::Row>& rows, std::size_t finished, std::size_t planned,
             config::Diagnostics& diagnostics) const {
    const std::filesystem::path folder(out_);
    const std::string page = (folder / "experiments.html").string();
    const bool good =
        write_text_file((folder / "experiments.csv").string(), experiment::to_csv(rows),
                        diagnostics) &&
        write_text_file((folder / "experiments.json").string(),
                        config::to_pretty_text(experiment::to_json(rows)) + "\n", diagnostics) &&
        write_text_file(page, report::to_html(rows, finished, planned), diagnostics);
    if (!good || !pdf_) return good;
    return report::print_to_pdf(page, (folder / "experiments.pdf").string(), diagnostics);
  }

  std::string plan_path_;
  std::string out_;
  std::uint64_t job_count_ = 1;
  bool pdf_ = false;
  bool print_reference_ = false;
  std::map<std::string, Mix> mixes_;  ///< by application
};

}  // namespace

std::unique_ptr<Command> make_experiment_command() { return std::make_unique<ExperimentCommand>(); }

}  // namespace mimir::tools
