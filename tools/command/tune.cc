// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/section.h"
#include "controlplane/history/history.h"
#include "tools/command/commands.h"
#include "tools/text_file.h"
#include "tools/tuning.h"

namespace mimir::tools {

namespace {

using controlplane::History;
using controlplane::HistoryIncident;
using controlplane::HistoryWindow;

constexpr double kNsPerDay = 86'400e9;

/// The windows of one granularity that a threshold is chosen from.
struct Sample {
  std::vector<ScoredWindow> windows;
  double threshold = 0;  ///< in force at the newest
  TimeNs seen_ns = 0;    ///< how long they are together
};

class TuneCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "tune"; }
  [[nodiscard]] const char* summary() const override {
    return "Chooses thresholds by how many alerts a day they may cost, from a history";
  }
  [[nodiscard]] const char* example() const override {
    return "tune --budget 1/day --from history.sqlite";
  }

  void declare(CommandLine& line) override {
    line.required_text("--from", history_, "HISTORY", "the file that output.history names");
    line.text("--budget", budget_, "N/day",
              "incidents that all granularities together may cost: 1/day, 0.5/day, 2/week");
    line.duration("--since", since_ns_, "only so much, back from the newest window; 0s: all of it");
    line.duration("--quiet", quiet_ns_, "what lies no further apart is one incident");
    line.text("--output", output_, "FILE", "instead of standard output");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    config::Diagnostics diagnostics;
    const ExitCode code = tune_all(diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    return code;
  }

 private:
  ExitCode tune_all(config::Diagnostics& diagnostics) {
    const auto budget = parse_budget(budget_);
    if (!budget) {
      diagnostics.error({.file = "--budget"}, fmt::format("`{}` is no budget", budget_),
                        "write 1/day, 0.5/day or 2/week");
      return ExitCode::kUsage;
    }
    std::string fault;
    const auto history = History::open(history_, fault);
    if (history == nullptr) {
      diagnostics.error({.file = history_}, "cannot be read: " + fault,
                        "give the file that output.history names");
      return ExitCode::kData;
    }
    const auto samples = sample(*history);
    if (samples.empty()) {
      diagnostics.error({.file = history_}, "no window that was judged is remembered",
                        "let the appliance run with output.history for a day");
      return ExitCode::kData;
    }
    const double share = *budget / static_cast<double>(samples.size());
    std::string yaml = fmt::format(
        "# mimir tune --budget {} --from {}\ndetection:\n  thresholds:\n", budget_, history_);
    for (const auto& [granularity_s, sample] : samples) {
      const auto tuned = tune_one(granularity_s, sample, share, diagnostics);
      if (!tuned) continue;
      yaml += fmt::format("    - {{granularity: {}s, threshold: {}}}\n", granularity_s,
                          config::to_real_text(tuned->threshold));
    }
    if (diagnostics.has_errors()) return ExitCode::kData;
    if (output_.empty()) {
      fmt::print("{}", yaml);
    } else if (!write_text_file(output_, yaml, diagnostics)) {
      return ExitCode::kUsage;
    }
    return ExitCode::kOk;
  }

  /// Whole windows with data that are part of no attack anybody named one.
  std::map<std::uint32_t, Sample> sample(History& history) const {
    std::vector<HistoryIncident> attacks = history.incidents("", UINT32_MAX);
    std::erase_if(attacks, [](const HistoryIncident& each) { return each.label != "malicious"; });
    const TimeNs from_ns = since_ns_ == 0 ? 0 : history.newest_ns() - since_ns_;
    std::map<std::uint32_t, Sample> samples;
    std::uint64_t left_out = 0;
    for (const HistoryWindow& window : history.windows(from_ns)) {
      const bool is_attack =
          std::any_of(attacks.begin(), attacks.end(), [&](const HistoryIncident& attack) {
            return window.begin_ns < attack.last_ns && window.end_ns > attack.first_ns;
          });
      if (window.is_partial || !window.has_data || is_attack) {
        ++left_out;
        continue;
      }
      Sample& sample = samples[window.granularity_s];
      sample.windows.push_back(
          {.begin_ns = window.begin_ns, .end_ns = window.end_ns, .score = window.score});
      sample.threshold = window.threshold;
      sample.seen_ns += window.end_ns - window.begin_ns;
    }
    fmt::print(stderr,
               "{} windows left out: partial, without data, or of {} incidents labelled "
               "malicious\n",
               left_out, attacks.size());
    return samples;
  }

  std::optional<TunedThreshold> tune_one(std::uint32_t granularity_s, const Sample& sample,
                                         double share, config::Diagnostics& diagnostics) const {
    const double days = static_cast<double>(sample.seen_ns) / kNsPerDay;
    const auto incidents_max = static_cast<std::uint64_t>(share * days);
    if (incidents_max == 0) {
      diagnostics.error(
          {.file = history_},
          fmt::format("its windows of {} s are {:.2f} days, too few for {:.3g} incidents a day",
                      granularity_s, days, share),
          fmt::format("wait until they are {:.1f} days, or give a larger --budget", 1 / share));
      return std::nullopt;
    }
    const auto tuned = tune(sample.windows, incidents_max, quiet_ns_);
    if (!tuned) {
      diagnostics.error({.file = history_},
                        fmt::format("if all {} windows of {} s alarmed that would be in the budget",
                                    sample.windows.size(), granularity_s),
                        "give a smaller --budget");
      return std::nullopt;
    }
    const std::uint64_t before = incident_count(sample.windows, sample.threshold, quiet_ns_);
    fmt::print(stderr,
               "{:>4} s  {} windows, {:.1f} days: threshold {:.4f} -> {:.4f}, incidents {} -> {}, "
               "a day {:.2f} -> {:.2f}\n",
               granularity_s, sample.windows.size(), days, sample.threshold, tuned->threshold,
               before, tuned->incidents, static_cast<double>(before) / days,
               static_cast<double>(tuned->incidents) / days);
    return tuned;
  }

  std::string history_;
  std::string budget_ = "1/day";
  std::string output_;
  std::int64_t since_ns_ = 0;
  std::int64_t quiet_ns_ = 300 * kNsPerSecond;
};

}  // namespace

std::unique_ptr<Command> make_tune_command() { return std::make_unique<TuneCommand>(); }

}  // namespace mimir::tools
