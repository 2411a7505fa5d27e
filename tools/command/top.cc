// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "config/json.h"
#include "config/json_member.h"
#include "controlplane/stop_signal.h"
#include "tools/command/commands.h"
#include "tools/control_link.h"
#include "tools/top_text.h"

namespace mimir::tools {

namespace {

using config::Json;

constexpr std::chrono::milliseconds kTopGlance{100};
/// ECMA-48: the cursor to the first place, and all behind it erased.
constexpr const char* kClean = "\x1b[H\x1b[J";

class TopCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "top"; }
  [[nodiscard]] const char* summary() const override {
    return "What a running appliance does now: cores, rates, rings, losses, lag";
  }
  [[nodiscard]] const char* example() const override { return "top --config mimir.yaml"; }

  void declare(CommandLine& line) override {
    line.text("--config", config_path_, "FILE",
              "the configuration of a running appliance, which names its socket");
    line.text("--socket", socket_, "PATH", "its socket; without both: /run/mimir/control.sock");
    line.count("--interval", interval_s_, 1, 3600, "SECONDS", "between two looks");
    line.flag("--once", once_, "one look, over one interval, and end");
    line.flag("--json", json_, "one JSON object a look");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    const auto link = ControlLink::open(config_path_, socket_);
    if (!link) return ExitCode::kUsage;
    const std::atomic<bool>& stop = controlplane::watch_stop_signals();
    std::optional<Json> earlier = link->ask(false, "/api/v1/status");
    const bool is_screen = !once_ && !json_ && isatty(STDOUT_FILENO) == 1;
    while (earlier && !stop) {
      rest(stop);
      std::optional<Json> later = look_after(*link, *earlier, stop);
      if (stop) break;
      if (!later) return ExitCode::kMachine;
      const Json activity = activity_of(*earlier, *later);
      if (is_screen) fmt::print("{}", kClean);
      fmt::print("{}", json_ ? config::to_text(activity) + '\n' : top_text(activity));
      if (once_) break;
      if (!is_screen && !json_) fmt::print("\n");
      (void)std::fflush(stdout);
      earlier = std::move(later);
    }
    return earlier ? ExitCode::kOk : ExitCode::kMachine;
  }

 private:
  void rest(const std::atomic<bool>& stop) const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(interval_s_);
    while (!stop && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(kTopGlance);
  }

  /// A status that was published after `earlier`, by the same process; an appliance that has
  /// ended publishes no more, and shows what it last did.
  [[nodiscard]] static std::optional<Json> look_after(const ControlLink& link, Json& earlier,
                                                      const std::atomic<bool>& stop) {
    for (;;) {
      std::optional<Json> later = link.ask(false, "/api/v1/status");
      if (!later || stop) return later;
      // What was started anew has counters of its own.
      if (text_of(*later, "started") != text_of(earlier, "started")) {
        earlier = *later;
      } else if (number_of(*later, "published_ns") > number_of(earlier, "published_ns") ||
                 !is_set(*later, "listening")) {
        return later;
      }
      std::this_thread::sleep_for(kTopGlance);
    }
  }

  std::string config_path_;
  std::string socket_;
  std::uint64_t interval_s_ = 1;
  bool once_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_top_command() { return std::make_unique<TopCommand>(); }

}  // namespace mimir::tools
