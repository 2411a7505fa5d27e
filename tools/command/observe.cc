// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "config/json_member.h"
#include "controlplane/stop_signal.h"
#include "tools/command/commands.h"
#include "tools/control_link.h"
#include "tools/observation.h"
#include "tools/window_source.h"

namespace mimir::tools {

namespace {

using config::Json;

constexpr std::chrono::milliseconds kFollowGlance{100};
constexpr int kGlancesAWait = 10;

class ObserveCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "observe"; }
  [[nodiscard]] const char* summary() const override {
    return "Who talked to whom, window by window: of a history, or as it happens";
  }
  [[nodiscard]] const char* example() const override {
    return "observe --from history.sqlite --service user-db --since 1h\n"
           "  mimir observe --socket /run/mimir/control.sock --follow      as it happens";
  }

  void declare(CommandLine& line) override {
    line.text("--from", history_, "FILE",
              "the file that output.history names; without it a running appliance is asked");
    line.text("--config", config_path_, "FILE",
              "the configuration of a running appliance, which names its socket");
    line.text("--socket", socket_, "PATH", "its socket; without both: /run/mimir/control.sock");
    line.texts("--service", wish_.services, "NAME", "only edges that begin or end there");
    line.count("--edges", edge_count_, 1, 100'000, "N", "of each window, the heaviest");
    line.count("--granularity", granularity_s_, 1, 3600, "SECONDS", "of the windows");
    line.count("--last", last_, 1, controlplane::PastQuery::kLimitMax, "N", "how many windows");
    line.duration("--since", since_ns_,
                  "instead: so much, back from the newest window or --until; 0s: --last");
    line.moment("--until", until_ns_, "the windows that began before it");
    line.flag("--follow", follow_, "then go on as windows come, until Ctrl-C");
    line.flag("--json", json_, "one JSON object an edge");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    config::Diagnostics diagnostics;
    if (follow_ && until_ns_ > 0) {
      diagnostics.error({}, "--follow goes on, --until ends", "give one of them");
      fmt::print(stderr, "{}", diagnostics.render());
      return ExitCode::kUsage;
    }
    if (!history_.empty()) {
      const auto source = open_history_windows(history_);
      return source == nullptr ? ExitCode::kData : observe(*source);
    }
    auto link = ControlLink::open(config_path_, socket_);
    return link ? observe(*open_live_windows(std::move(*link))) : ExitCode::kUsage;
  }

 private:
  ExitCode observe(WindowSource& source) {
    const std::atomic<bool>& stop = controlplane::watch_stop_signals();
    wish_.count_max = static_cast<std::size_t>(edge_count_);
    Observation observation(wish_);
    auto listed = list(source);
    std::int64_t next_s = 0;
    while (listed) {
      for (const Json& summary : *listed) {
        if (stop) break;
        if (!show(source, summary, observation)) return source.fault_code();
        next_s = static_cast<std::int64_t>(count_of(summary, "begin_s")) + 1;
      }
      if (!follow_ || stop) break;
      for (int i = 0; i < kGlancesAWait && !stop; ++i) std::this_thread::sleep_for(kFollowGlance);
      listed = source.list({.from_s = next_s, .granularity_s = granularity()});
    }
    if (!listed) return source.fault_code();
    fmt::print(stderr, "{}", observation.describe());
    if (observation.window_count() == 0) fmt::print(stderr, "{}", source.describe());
    return ExitCode::kOk;
  }

  [[nodiscard]] std::int64_t granularity() const {
    return static_cast<std::int64_t>(granularity_s_);
  }

  /// The windows that were asked for, without their edges.
  [[nodiscard]] std::optional<std::vector<Json>> list(WindowSource& source) const {
    controlplane::PastQuery query{.granularity_s = granularity()};
    if (until_ns_ > 0) query.to_s = until_ns_ / kNsPerSecond;
    if (since_ns_ == 0) {
      query.limit = static_cast<std::int64_t>(last_);
      return source.list(query);
    }
    std::int64_t end_s = query.to_s;
    if (until_ns_ == 0) {
      query.limit = 1;
      const auto newest = source.list(query);
      if (!newest || newest->empty()) return newest;
      end_s = static_cast<std::int64_t>(count_of(newest->back(), "begin_s")) + granularity();
      query.limit = controlplane::PastQuery::kLimitMax;
    }
    query.from_s = std::max<std::int64_t>(0, end_s - since_ns_ / kNsPerSecond);
    return source.list(query);
  }

  bool show(WindowSource& source, const Json& summary, Observation& observation) const {
    const auto window = source.window(count_of(summary, "granularity_s"),
                                      static_cast<std::int64_t>(count_of(summary, "begin_s")));
    if (!window) return false;
    const std::string text =
        json_ ? observation.add_as_json(*window) : observation.add_as_text(*window);
    fmt::print("{}", text);
    (void)std::fflush(stdout);
    return true;
  }

  std::string history_;
  std::string config_path_;
  std::string socket_;
  EdgeWish wish_;
  std::uint64_t edge_count_ = 20;
  std::uint64_t granularity_s_ = 10;
  std::uint64_t last_ = 6;
  std::int64_t since_ns_ = 0;
  std::int64_t until_ns_ = 0;
  bool follow_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_observe_command() { return std::make_unique<ObserveCommand>(); }

}  // namespace mimir::tools
