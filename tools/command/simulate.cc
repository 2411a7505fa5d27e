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
#include "tools/simulator/topology_file.h"

namespace mimir::tools {

namespace {

class SimulateCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "simulate"; }
  [[nodiscard]] const char* summary() const override {
    return "Writes the packets of a simulated cluster, with labelled attacks";
  }
  [[nodiscard]] const char* example() const override {
    return "simulate --app sock-shop --duration 30min --seed 7 "
           "--attack 'exfil:path=user-db>user>outside,rate=1MB/min,start=600,duration=120' --out "
           "run";
  }

  void declare(CommandLine& line) override {
    std::vector<std::string> apps;
    for (const simulator::BuiltInTopology& each : simulator::built_in_topologies()) {
      apps.emplace_back(each.name);
    }
    line.text("--out", out_, "FOLDER", "gets capture.pcap, entities.jsonl and truth.jsonl");
    line.choice("--app", options_.app, apps, "which application runs in the cluster");
    line.text("--topology", options_.topology, "FILE",
              "a topology document of your own instead of --app");
    line.duration("--duration", options_.duration_ns, "how much packet time");
    line.count("--seed", options_.seed, 0, UINT64_MAX, "N", "equal seeds give equal bytes");
    line.count("--users", users_, 1, 100'000, "N", "users where the load profile peaks");
    line.real("--load-factor", options_.load_factor, 0, 1000, "X", "times --users");
    line.choice("--load", options_.load, {"normal", "bursty", "viral", "cybermonday", "steady"},
                "how the number of users runs over the duration, in 24 steps");
    line.texts("--burst", options_.bursts, "SPEC", "start=600,duration=60,factor=3");
    line.text("--mix", mix_, "SHARES",
              "what users do: buy=0.3,browse=0.7; without it the topology's weights");
    line.choice("--observe", observe_, {"mirror", "node-any"}, "where the packets are seen");
    line.choice("--encapsulation", encapsulation_, {"none", "vxlan"},
                "how a mirror sees packets between two nodes");
    line.count("--snap", snap_bytes_, 0, 262'144, "BYTES", "so much of each frame is kept; 0: all");
    line.texts("--attack", options_.attacks, "SPEC",
               "exfil:path=A>B>outside,rate=1MB/min,start=600,duration=120[,method=tcp|http|https|"
               "udp|icmp|dns][,pace=random|bulk|drip][,packet=300-400][,pods=N]; "
               "scan:from=A,rate=10,start=600,duration=60[,to=B][,port=N]; "
               "lateral:path=A>B>C,rate=2kB/min,start=600,duration=60");
    line.flag("--print-topology", print_topology_,
              "the document of --app, to begin one's own with");
    line.flag("--print-reference", print_reference_, "every key of a topology document");
    line.flag("--json", json_, "what was written, as one JSON object");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    if (print_topology_) return print_topology();
    if (print_reference_) {
      fmt::print("{}", simulator::topology_reference());
      return ExitCode::kOk;
    }
    config::Diagnostics diagnostics;
    const ExitCode code = simulate(diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    return code;
  }

 private:
  ExitCode simulate(config::Diagnostics& diagnostics) {
    if (out_.empty()) {
      diagnostics.error({.file = "--out"}, "no folder is given", "mimir simulate --help");
      return ExitCode::kUsage;
    }
    options_.users_max = static_cast<std::uint32_t>(users_);
    options_.observation =
        observe_ == "node-any" ? simulator::Observation::kNodeAny : simulator::Observation::kMirror;
    options_.encapsulation = encapsulation_ == "vxlan" ? simulator::Encapsulation::kVxlan
                                                       : simulator::Encapsulation::kNone;
    options_.snap_bytes = static_cast<std::uint32_t>(snap_bytes_);
    if (!mix_.empty()) {
      const auto mix = simulator::parse_mix(mix_, diagnostics);
      if (!mix) return ExitCode::kUsage;
      options_.mix = *mix;
    }
    const bool is_terminal = isatty(STDERR_FILENO) == 1;
    if (is_terminal) {
      options_.progress = [](double share) {
        fmt::print(stderr, "\rsimulating {:3.0f} %", share * 100);
      };
    }
    const auto summary = simulator::simulate(options_, out_, diagnostics);
    if (is_terminal) fmt::print(stderr, "\r\033[K");
    if (!summary) return ExitCode::kUsage;
    print(*summary);
    return ExitCode::kOk;
  }

  [[nodiscard]] ExitCode print_topology() const {
    for (const simulator::BuiltInTopology& each : simulator::built_in_topologies()) {
      if (each.name == options_.app) fmt::print("{}", each.text);
    }
    return ExitCode::kOk;
  }

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
  std::string encapsulation_ = "none";
  std::string mix_;
  std::uint64_t users_ = 60;
  std::uint64_t snap_bytes_ = 0;
  bool print_topology_ = false;
  bool print_reference_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_simulate_command() { return std::make_unique<SimulateCommand>(); }

}  // namespace mimir::tools
