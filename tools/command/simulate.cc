// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "tools/command/commands.h"
#include "tools/simulator/simulator.h"

namespace mimir::tools {

namespace {

class SimulateCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "simulate"; }
  [[nodiscard]] const char* summary() const override {
    return "Writes the packets of a simulated cluster, with labelled attacks";
  }
  [[nodiscard]] const char* example() const override {
    return "simulate --app sockshop --duration 30min --seed 7 "
           "--attack 'exfil:path=user-db>user>outside,rate=1MB/min,start=600,duration=120' --out "
           "run";
  }

  void declare(CommandLine& line) override {
    line.required_text("--out", out_, "FOLDER",
                       "gets capture.pcap, entities.jsonl and truth.jsonl");
    line.choice("--app", options_.app, {"sockshop"}, "which application runs in the cluster");
    line.duration("--duration", options_.duration_ns, "how much packet time");
    line.count("--seed", options_.seed, 0, UINT64_MAX, "N", "equal seeds give equal bytes");
    line.count("--users", users_, 1, 100'000, "N", "users where the load profile peaks");
    line.choice("--load", options_.load, {"normal", "bursty", "viral", "cybermonday", "steady"},
                "how the number of users runs over the duration, in 24 steps");
    line.choice("--observe", observe_, {"mirror", "node-any"}, "where the packets are seen");
    line.texts("--attack", options_.attacks, "SPEC",
               "exfil:path=A>B>outside,rate=1MB/min,start=600,duration=120");
    line.flag("--json", json_, "what was written, as one JSON object");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    options_.users_max = static_cast<std::uint32_t>(users_);
    options_.observation =
        observe_ == "node-any" ? simulator::Observation::kNodeAny : simulator::Observation::kMirror;
    const bool is_terminal = isatty(STDERR_FILENO) == 1;
    if (is_terminal) {
      options_.progress = [](double share) {
        fmt::print(stderr, "\rsimulating {:3.0f} %", share * 100);
      };
    }
    config::Diagnostics diagnostics;
    const auto summary = simulator::simulate(options_, out_, diagnostics);
    if (is_terminal) fmt::print(stderr, "\r\033[K");
    fmt::print(stderr, "{}", diagnostics.render());
    if (!summary) return ExitCode::kUsage;
    print(*summary);
    return ExitCode::kOk;
  }

 private:
  void print(const simulator::Summary& summary) const {
    if (json_) {
      config::Json report = config::Json::object();
      report.set("folder", out_)
          .set("packets", summary.packets)
          .set("bytes", summary.bytes)
          .set("connections", summary.connections)
          .set("pods", summary.pods)
          .set("attacks", std::uint64_t{summary.attacks.size()});
      std::puts(config::to_text(report).c_str());
      return;
    }
    fmt::print("{}: {} packets, {:.1f} MB, {} connections, {} pods, {} attacks\n", out_,
               summary.packets, static_cast<double>(summary.bytes) / 1e6, summary.connections,
               summary.pods, summary.attacks.size());
  }

  simulator::Options options_;
  std::string out_;
  std::string observe_ = "mirror";
  std::uint64_t users_ = 60;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_simulate_command() { return std::make_unique<SimulateCommand>(); }

}  // namespace mimir::tools
