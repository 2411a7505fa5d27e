// SPDX-License-Identifier: Apache-2.0
#include "model/entity/entities.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "controlplane/appliance_config.h"
#include "controlplane/entities/entity_keeper.h"
#include "controlplane/entities/entity_recorder.h"
#include "controlplane/kubernetes/kubernetes_source.h"
#include "controlplane/log.h"
#include "controlplane/stop_signal.h"
#include "model/entity/entity_log.h"
#include "model/entity/history.h"
#include "tools/command/commands.h"
#include "tools/text_file.h"
#include "tools/wall_clock.h"

namespace mimir::tools {

namespace {

using controlplane::EntityKeeper;
using controlplane::EntityRecorder;
using controlplane::KubernetesSource;
using Events = std::vector<entity::Event>;

constexpr std::chrono::milliseconds kEntityTurn{50};

void print(const Events& events) {
  for (const entity::Event& event : events) fmt::print("{}\n", entity::to_line(event));
}

class EntitiesCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "entities"; }
  [[nodiscard]] const char* summary() const override {
    return "Who is who in the cluster, as an entity log: of a file, or of its API as it changes";
  }
  [[nodiscard]] const char* example() const override {
    return "entities --config mimir.yaml --follow --output entities.jsonl";
  }

  void declare(CommandLine& line) override {
    line.optional_positionals("FILE", files_,
                              "what kubectl printed, or a creation log: written as an entity log");
    line.text("--config", config_path_, "FILE",
              "instead of a file, ask the API server of its section kubernetes");
    line.text("--output", output_, "FILE",
              "append what differs from its end; the default is all, on standard output");
    line.flag("--follow", follows_, "go on with every change until Ctrl-C or SIGTERM");
    line.duration("--patience", patience_ns_, "how long the API server may take to say it all");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    if (files_.empty() == config_path_.empty() || files_.size() > 1) {
      return refuse("give one FILE, or --config with a section kubernetes");
    }
    if (follows_ && (config_path_.empty() || output_.empty())) {
      return refuse("--follow needs --config and --output");
    }
    config::Diagnostics faults;
    const ExitCode code = files_.empty() ? ask(faults) : convert(faults);
    fmt::print(stderr, "{}", faults.render());
    return code;
  }

 private:
  static ExitCode refuse(const char* hint) {
    fmt::print(stderr, "mimir: error: the arguments do not fit together\n  hint: {}\n", hint);
    return ExitCode::kUsage;
  }

  ExitCode convert(config::Diagnostics& faults) {
    const std::optional<std::string> text = read_text_file(files_.front(), faults);
    if (!text) return ExitCode::kUsage;
    Events events = entity::read_entities(*text, files_.front(), wall_clock_ns(), faults);
    entity::sort_by_time(events);
    const bool is_written = write(events, faults);
    if (!is_written) return ExitCode::kUsage;
    return faults.has_errors() ? ExitCode::kData : ExitCode::kOk;
  }

  ExitCode ask(config::Diagnostics& faults) {
    const std::optional<std::string> text = read_text_file(config_path_, faults);
    const auto config =
        text ? controlplane::read_appliance_config(*text, config_path_, faults) : std::nullopt;
    if (!config) return ExitCode::kUsage;
    if (config->kubernetes.api.empty()) {
      faults.error({.file = config_path_}, "kubernetes.api is not given",
                   "write kubernetes: {api: \"https://10.0.0.1:6443\", token_file: token}");
      return ExitCode::kUsage;
    }
    auto source = KubernetesSource::open(config->kubernetes, wall_clock_ns, faults);
    if (source == nullptr) return ExitCode::kUsage;
    controlplane::start_log(config->output.log_level);
    const std::atomic<bool>& stop = controlplane::watch_stop_signals();
    const auto events = first_of(*source, stop);
    if (!events) {
      const std::string fault = source->fault();
      faults.error({.file = "kubernetes.api"},
                   fault.empty() ? std::string("it did not say all in time") : fault,
                   "kubectl auth can-i list pods -A says what its reader may do");
      return ExitCode::kMachine;
    }
    const std::string fault = source->fault();
    if (!fault.empty()) faults.warning({.file = "kubernetes.api"}, fault);
    if (!follows_) return write(*events, faults) ? ExitCode::kOk : ExitCode::kUsage;
    return follow(std::move(source), *events, stop, faults);
  }

  std::optional<Events> first_of(KubernetesSource& source, const std::atomic<bool>& stop) const {
    const TimeNs until_ns = wall_clock_ns() + patience_ns_;
    while (!stop && wall_clock_ns() < until_ns) {
      source.wait(kEntityTurn);
      if (auto events = source.take(wall_clock_ns())) return events;
    }
    return std::nullopt;
  }

  bool write(const Events& events, config::Diagnostics& faults) {
    if (output_.empty()) {
      print(events);
      return true;
    }
    const auto recorder = EntityRecorder::open(output_, faults);
    if (recorder == nullptr) return false;
    recorder->record({}, entity::fold(events), wall_clock_ns());
    return recorder->lost() == 0;
  }

  ExitCode follow(std::unique_ptr<KubernetesSource> source, const Events& events,
                  const std::atomic<bool>& stop, config::Diagnostics& faults) {
    auto recorder = EntityRecorder::open(output_, faults);
    if (recorder == nullptr) return ExitCode::kUsage;
    std::uint64_t changes = 0;
    EntityKeeper keeper(
        std::move(source), std::move(recorder), events, wall_clock_ns,
        [&changes](std::span<const entity::Event>, bool) { ++changes; },
        [](bool is_warning, const std::string& text) {
          is_warning ? controlplane::log_warning(text) : controlplane::log_info(text);
        });
    keeper.begin();
    controlplane::log_info(fmt::format("{} entities; following, end with Ctrl-C", events.size()));
    while (!stop) keeper.turn(kEntityTurn);
    fmt::print(stderr, "entities {} at the start, {} times there was news\n", events.size(),
               changes);
    return keeper.fault_count() == 0 ? ExitCode::kOk : ExitCode::kData;
  }

  std::vector<std::string> files_;
  std::string config_path_;
  std::string output_;
  bool follows_ = false;
  std::int64_t patience_ns_ = 30 * kNsPerSecond;
};

}  // namespace

std::unique_ptr<Command> make_entities_command() { return std::make_unique<EntitiesCommand>(); }

}  // namespace mimir::tools
