// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "controlplane/alert/incident_book.h"
#include "tools/analysis_run.h"
#include "tools/appliance.h"
#include "tools/command/commands.h"
#include "tools/command/model_options.h"
#include "tools/detection.h"
#include "tools/hash_secret.h"
#include "tools/ledger_text.h"

namespace mimir::tools {

namespace {

class DetectCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "detect"; }
  [[nodiscard]] const char* summary() const override {
    return "Looks for scans, tunnels and the like in captures; needs no model";
  }
  [[nodiscard]] const char* example() const override { return "detect capture.pcap"; }

  void declare(CommandLine& line) override {
    line.positionals("CAPTURE", captures_, kCaptureHelp);
    line.text("--model", model_path_, "FILE",
              "a model, for the habits it learned; without one, nothing is known of anybody");
    declare_analysis_options(line, options_, EntitiesNeed::kOptional);
    declare_suppressions(line, suppress_path_);
    options_.payload.depth = "rules";
    declare_payload_options(line, options_.payload);
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    config::Diagnostics diagnostics;
    const ExitCode code = detect(diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    return code;
  }

 private:
  ExitCode detect(config::Diagnostics& diagnostics) {
    if (!check_analysis_options(options_, diagnostics) ||
        !read_suppressions(suppress_path_, options_, diagnostics)) {
      return ExitCode::kUsage;
    }
    if (!model_path_.empty() && options_.model.entities.empty()) {
      diagnostics.error({.file = "--model"}, "a model's habits are those of services",
                        "give --entities too, which says who is of which");
      return ExitCode::kUsage;
    }
    std::optional<ModelWithDigest> loaded;
    if (!model_path_.empty()) {
      loaded = load_model(model_path_, diagnostics);
      if (!loaded) return ExitCode::kData;
      options_.base_window_ns = loaded->model.context.base_window_ns;
    }
    const auto captures = list_captures(captures_, diagnostics);
    if (!captures) return ExitCode::kUsage;
    const auto opened = open_captures(*captures, diagnostics);
    if (opened == nullptr) return ExitCode::kData;
    std::unique_ptr<const ClusterContext> context;
    if (!options_.model.entities.empty()) {
      context = load_cluster(options_.model, opened->first_ns(), diagnostics);
      if (context == nullptr) return ExitCode::kData;
    }
    const auto signatures = compile_signatures(options_.payload, diagnostics);
    if (diagnostics.has_errors()) return ExitCode::kUsage;
    options_.signatures = signatures.get();
    return read(*opened, context.get(), loaded ? &*loaded : nullptr, diagnostics);
  }

  ExitCode read(source::CaptureSet& captures, const ClusterContext* context,
                const ModelWithDigest* loaded, config::Diagnostics& diagnostics) const {
    CaptureRunOptions run_options;
    run_options.worker_count = options_.worker_count;
    run_options.worker.window_ns = options_.base_window_ns;
    if (!apply_packet_options(options_.packets, run_options.worker, diagnostics)) {
      return ExitCode::kUsage;
    }
    look_for(options_.signatures, options_.payload, run_options.worker);
    DetectionOptions detection_options{
        .context = context,
        .suppressions = options_.suppressions,
        .signatures = options_.signatures,
        .secret = hash_secret_of(static_cast<std::uint64_t>(captures.first_ns())).first};
    if (loaded != nullptr) {
      detection_options.model = &loaded->model;
      detection_options.model_digest = loaded->digest;
    }
    controlplane::IncidentBook incidents({}, [](const controlplane::IncidentRecord& record) {
      if (!record.is_held_back) std::puts(config::to_text(record.line).c_str());
    });
    Detection detection(std::move(detection_options), [&](controlplane::Sighting sighting) {
      if (!sighting.is_suppressed) incidents.add(std::move(sighting));
    });
    std::uint64_t windows = 0;
    const auto run = run_captures(
        captures, run_options,
        [&](const Window& window) {
          ++windows;
          detection.add(window);
          incidents.advance(window.end_ns);
        },
        diagnostics);
    if (!run) return ExitCode::kData;
    detection.flush();
    incidents.finish();
    fmt::print(stderr, "{}", to_text(run->packets, run->records, run->facts));
    if (const std::uint64_t late = run->packets.dropped_for(Drop::kTooLate); late > 0) {
      diagnostics.warning(
          {}, fmt::format("{} packets came too late for their windows and were not judged", late),
          "are the packets in order? reordercap of Wireshark writes a capture that is");
    }
    fmt::print(stderr, "windows  {} looked at\n{}{}", windows, detection.describe(),
               incidents.describe());
    return diagnostics.has_errors() || !run->balances() ? ExitCode::kData : ExitCode::kOk;
  }

  std::vector<std::string> captures_;
  std::string model_path_;
  std::string suppress_path_;
  AnalysisOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_detect_command() { return std::make_unique<DetectCommand>(); }

}  // namespace mimir::tools
