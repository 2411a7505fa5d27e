// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "config/json_member.h"
#include "controlplane/control/evidence_desk.h"
#include "dataplane/record/flow_key.h"
#include "tools/command/commands.h"
#include "tools/control_link.h"
#include "tools/status_text.h"
#include "tools/text_file.h"

namespace mimir::tools {

namespace {

using config::Json;

constexpr const char* kEvidence = "/api/v1/evidence";

class CtlCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "ctl"; }
  [[nodiscard]] const char* summary() const override {
    return "Asks and steers a running appliance";
  }
  [[nodiscard]] const char* example() const override {
    return "ctl --config mimir.yaml status\n"
           "  mimir ctl reload       takes up model, rules and suppressions; waits until they "
           "judge\n"
           "  mimir ctl windows      the last windows; alerts: the last alerts\n"
           "  mimir ctl capture --address 10.244.3.17 --port 443 -o evidence.pcap\n"
           "  mimir ctl drain        ends it in order";
  }

  void declare(CommandLine& line) override {
    line.choice("action", action_, {"status", "windows", "alerts", "reload", "capture", "drain"},
                "what to ask or do");
    line.text("--config", config_path_, "FILE", "its configuration, which names its socket");
    line.text("--socket", socket_, "PATH", "its socket; without both: /run/mimir/control.sock");
    line.count("--last", last_, 1, 10000, "N", "how many windows or alerts");
    line.moment("--until", until_ns_,
                "the last windows or alerts before it, as far back as output.history remembers");
    line.count("--granularity", granularity_s_, 1, 3600, "SECONDS", "of the windows");
    line.text("--address", address_, "ADDRESS", "capture: at either end of a flow");
    line.text("--other", other_, "ADDRESS", "capture: at its other end");
    line.count("--port", port_, 1, 65535, "PORT", "capture: at either end");
    line.choice("--protocol", protocol_, {"any", "tcp", "udp", "icmp"}, "capture: of the flow");
    line.count("--packets", packets_, 1, controlplane::EvidenceRequest::kPacketCountMax, "N",
               "capture: how many packets at most");
    line.count("--megabytes", megabytes_, 1, controlplane::EvidenceRequest::kByteCountMax >> 20,
               "N", "capture: how much at most, of each worker");
    line.count("--seconds", seconds_, 1, 3600, "N", "capture: for how long at most");
    line.text("-o,--output", output_path_, "FILE", "capture: the pcap file to write");
    line.flag("--json", is_json_, "the answer as it came");
    line.flag("--no-wait", no_wait_, "do not wait until a reload is in force");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    const auto link = ControlLink::open(config_path_, socket_);
    if (!link) return ExitCode::kUsage;
    if (action_ == "reload") return reload(*link, no_wait_);
    if (action_ == "drain") return drain(*link);
    if (action_ == "capture") return capture(*link);
    std::string target = "/api/v1/" + action_;
    const bool is_list = action_ != "status";
    if (is_list) target += fmt::format("?limit={}", last_);
    if (action_ == "windows") target += fmt::format("&granularity={}", granularity_s_);
    if (is_list && until_ns_ > 0) target += fmt::format("&to={}", until_ns_ / kNsPerSecond);
    const std::optional<Json> answer = link->ask(false, target);
    if (!answer) return ExitCode::kMachine;
    if (is_json_) {
      fmt::print("{}\n", config::to_pretty_text(*answer));
    } else {
      fmt::print("{}", to_text(*answer));
    }
    if (answer->find("cut") != nullptr) {
      fmt::print(stderr, "note: no more fit in one answer; --until TIME shows those before it\n");
    }
    const bool is_empty = is_list && list_of(*answer, action_).empty();
    return is_empty ? tell_what_was_seen(*link) : ExitCode::kOk;
  }

 private:
  [[nodiscard]] std::string to_text(const Json& answer) const {
    if (action_ == "windows") return windows_text(answer);
    return action_ == "alerts" ? alerts_text(answer) : status_text(answer);
  }

  /// Nobody is left with nothing.
  [[nodiscard]] ExitCode tell_what_was_seen(const ControlLink& link) const {
    const auto status = link.ask(false, "/api/v1/status");
    if (!status) return ExitCode::kMachine;
    fmt::print(stderr, "{}", nothing_text(*status));
    return action_ == "alerts" ? tell_the_nearest(link) : ExitCode::kOk;
  }

  [[nodiscard]] static ExitCode tell_the_nearest(const ControlLink& link) {
    const auto windows = link.ask(false, "/api/v1/windows");
    if (!windows) return ExitCode::kMachine;
    const Json* nearest = nullptr;
    const auto distance = [](const Json& window) {
      return number_of(window, "threshold") - number_of(window, "score");
    };
    for (const Json& window : list_of(*windows, "windows")) {
      if (!is_set(window, "has_data")) continue;
      if (nearest == nullptr || distance(window) < distance(*nearest)) nearest = &window;
    }
    if (nearest == nullptr) return ExitCode::kOk;
    fmt::print(stderr, "  seen: nearest to an alert was {} + {} s, {:.3f} below its threshold\n",
               text_of(*nearest, "begin").substr(0, 19), count_of(*nearest, "granularity_s"),
               distance(*nearest));
    return ExitCode::kOk;
  }

  static ExitCode reload(const ControlLink& link, bool no_wait) {
    if (no_wait) {
      if (!link.ask(true, "/api/v1/reload")) return ExitCode::kMachine;
      fmt::print("reload reading: it is read now, and takes effect at the edge of a window\n");
      return ExitCode::kOk;
    }
    std::string text;
    const ExitCode code = link.reload(text);
    if (code == ExitCode::kUsage) {
      fmt::print(stderr, "{}mimir: error: the reload was refused: what ran before still runs\n",
                 text);
    } else if (code == ExitCode::kOk) {
      fmt::print("reload in_force: {}", text);
    }
    return code;
  }

  [[nodiscard]] std::string evidence_request() const {
    Json json = Json::object();
    if (!address_.empty()) json.set("address", address_);
    if (!other_.empty()) json.set("other", other_);
    if (port_ != 0) json.set("port", port_);
    if (protocol_ == "tcp") json.set("protocol", static_cast<int>(kProtocolTcp));
    if (protocol_ == "udp") json.set("protocol", static_cast<int>(kProtocolUdp));
    if (protocol_ == "icmp") json.set("protocol", static_cast<int>(kProtocolIcmp));
    json.set("packets", packets_).set("seconds", seconds_);
    json.set("bytes", megabytes_ << 20);
    return config::to_text(json);
  }

  ExitCode capture(const ControlLink& link) const {
    if (output_path_.empty() || (address_.empty() && port_ == 0)) {
      fmt::print(stderr,
                 "mimir: error: capture needs --output and --address or --port\n"
                 "  hint: mimir ctl capture --address 10.244.3.17 -o evidence.pcap\n");
      return ExitCode::kUsage;
    }
    std::optional<Json> state = link.ask(true, kEvidence, evidence_request());
    while (state && is_set(*state, "under_way")) {
      rest_before_asking_again();
      state = link.ask(false, kEvidence);
    }
    if (!state) return ExitCode::kMachine;
    const auto pcap = link.fetch(false, std::string(kEvidence) + "/pcap");
    if (!pcap) return ExitCode::kMachine;
    config::Diagnostics diagnostics;
    const bool is_written = write_text_file(output_path_, pcap->body, diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    if (!is_written) return ExitCode::kMachine;
    fmt::print("{}: {} packets, {} more were beyond the limits\n", output_path_,
               count_of(*state, "packets"), count_of(*state, "missed"));
    return ExitCode::kOk;
  }

  /// It has ended when nobody answers any more.
  ExitCode drain(const ControlLink& link) const {
    if (!link.ask(true, "/api/v1/drain")) return ExitCode::kMachine;
    while (!no_wait_ && !link.has_ended()) rest_before_asking_again();
    fmt::print("drain: {}\n", no_wait_ ? "asked for" : "it has ended");
    return ExitCode::kOk;
  }

  std::string action_ = "status";
  std::string config_path_;
  std::string socket_;
  std::uint64_t last_ = 20;
  std::int64_t until_ns_ = 0;
  std::uint64_t granularity_s_ = 10;
  std::string address_;
  std::string other_;
  std::uint64_t port_ = 0;
  std::string protocol_ = "any";
  std::uint64_t packets_ = 1000;
  std::uint64_t megabytes_ = 4;
  std::uint64_t seconds_ = 60;
  std::string output_path_;
  bool is_json_ = false;
  bool no_wait_ = false;
};

}  // namespace

std::unique_ptr<Command> make_ctl_command() { return std::make_unique<CtlCommand>(); }

}  // namespace mimir::tools
