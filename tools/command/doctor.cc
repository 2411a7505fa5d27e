// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "config/json_member.h"
#include "controlplane/status/mirror_tally.h"
#include "dataplane/source/capture_stream.h"
#include "tools/appliance.h"
#include "tools/capture_list.h"
#include "tools/capture_quality.h"
#include "tools/capture_run.h"
#include "tools/command/commands.h"
#include "tools/control_link.h"
#include "tools/machine_report.h"
#include "tools/mirror_check.h"
#include "tools/packet_options.h"

namespace mimir::tools {

namespace {

using config::Json;
using controlplane::MirrorTally;

constexpr TimeNs kUsualDuplicateDistanceNs = 2'000'000;
/// Of both lengths: five minutes of windows of 10 s.
constexpr const char* kRecentWindows = "/api/v1/windows?limit=35";

/// Of the bytes of these windows, the share that has a name at both ends.
std::optional<double> mapped_ratio_of(const Json& windows) {
  double bytes = 0;
  double mapped = 0;
  for (const Json& window : list_of(windows, "windows")) {
    bytes += number_of(window, "bytes");
    mapped += number_of(window, "bytes") * number_of(window, "mapped_bytes_ratio");
  }
  return bytes > 0 ? std::optional<double>(mapped / bytes) : std::nullopt;
}

MirrorView view_of(const Json& status, const Json& windows) {
  const Json& packets = member(status, "packets");
  const Json& mirror = member(status, "mirror");
  MirrorView view{.received = count_of(packets, "received"),
                  .counted = count_of(packets, "counted"),
                  .lost_at_ports = count_of(status, "lost_at_ports"),
                  .tcp_flows = count_of(mirror, "tcp_flows"),
                  .one_way = count_of(mirror, "one_way_flows"),
                  .mapped_bytes_ratio = mapped_ratio_of(windows)};
  for (const Json& port : list_of(status, "ports")) {
    view.arrived_at_ports += count_of(port, "received");
  }
  const Json& dropped = member(packets, "dropped");
  if (const Json::Object* const reasons = dropped.members()) {
    for (const auto& [reason, count] : *reasons) view.dropped[reason] = count.count().value_or(0);
  }
  if (is_set(mirror, "drops_duplicates")) view.duplicates = count_of(dropped, "duplicate");
  return view;
}

MirrorView view_of(const CaptureRun& run, const MirrorTally& tally,
                   const CaptureQuality::Counts& counts) {
  MirrorView view{.received = run.packets.received,
                  .counted = run.packets.counted,
                  .tcp_flows = tally.tcp_flows,
                  .one_way = tally.one_way,
                  .duplicates = run.packets.dropped_for(Drop::kDuplicate),
                  .tcp_bytes = counts.tcp_bytes,
                  .missing_bytes = counts.missing_bytes,
                  .wrappings = counts.wrappings,
                  .cut = counts.cut};
  for (std::size_t i = 0; i < kDropCount; ++i) {
    const std::uint64_t count = run.packets.dropped[i];
    if (count > 0) view.dropped[std::string(kDropTexts[i].name)] = count;
  }
  return view;
}

class DoctorCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "doctor"; }
  [[nodiscard]] const char* summary() const override {
    return "Says how good a mirror is, and what this machine lacks, and what mends it";
  }
  [[nodiscard]] const char* example() const override {
    return "doctor capture.pcap\n"
           "  mimir doctor --config mimir.yaml          the machine, and what arrives now\n"
           "  mimir doctor --config mimir.yaml --fix    reserves pages, brings interfaces up";
  }

  void declare(CommandLine& line) override {
    line.optional_positionals("CAPTURE", captures_,
                              "files of the mirror's port; without, a running appliance is asked");
    line.text("--config", config_path_, "FILE",
              "the configuration of a running appliance, which names its socket");
    line.text("--socket", socket_, "PATH", "its socket; without both: /run/mimir/control.sock");
    declare_packet_options(line, packets_);
    line.flag("--fix", fix_,
              "mend what of the machine can be mended safely, until it is started again");
    line.flag("--json", json_, "one JSON object");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    config::Diagnostics diagnostics;
    const bool is_machine_meant = !config_path_.empty();
    if (fix_ && !is_machine_meant) {
      diagnostics.error({}, "--fix mends the machine that a configuration needs",
                        "give --config mimir.yaml");
      fmt::print(stderr, "{}", diagnostics.render());
      return ExitCode::kUsage;
    }
    const ExitCode machine = is_machine_meant ? check_machine() : ExitCode::kOk;
    if (machine == ExitCode::kUsage) return machine;
    const ExitCode mirror = captures_.empty() ? ask_appliance() : read_captures(diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    return machine == ExitCode::kOk ? mirror : machine;
  }

 private:
  [[nodiscard]] ExitCode check_machine() const {
    config::Diagnostics diagnostics;
    const auto appliance = load_settings(config_path_, diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    if (!appliance || diagnostics.has_errors()) return ExitCode::kUsage;
    const MachineCheck machine;
    const LiveOptions options = appliance->live_options();
    std::vector<MachineFinding> findings = machine_findings(options, machine);
    if (fix_) {
      mend(findings, machine);
      findings = machine_findings(options, machine);
    }
    return tell_machine(findings) ? ExitCode::kOk : ExitCode::kMachine;
  }

  static void mend(const std::vector<MachineFinding>& findings, const MachineCheck& machine) {
    for (const MachineFinding& finding : findings) {
      if (!finding.mend || finding.level == MachineFinding::Level::kWell) continue;
      const bool is_mended = machine.mend(*finding.mend);
      fmt::print(stderr, "{}: /{} {} {}\n", is_mended ? "mended" : "not mended",
                 finding.mend->path.string(), is_mended ? "is now" : "does not take",
                 finding.mend->value);
    }
  }

  [[nodiscard]] ExitCode ask_appliance() {
    const auto link = ControlLink::open(config_path_, socket_);
    if (!link) return ExitCode::kUsage;
    const std::optional<Json> status = link->ask(false, "/api/v1/status");
    if (!status) return ExitCode::kMachine;
    const std::optional<Json> windows = link->ask(false, kRecentWindows);
    return windows ? tell(view_of(*status, *windows)) : ExitCode::kMachine;
  }

  [[nodiscard]] ExitCode read_captures(config::Diagnostics& diagnostics) {
    CaptureRunOptions options;
    if (packets_.duplicate_distance_ns == 0) {
      packets_.duplicate_distance_ns = kUsualDuplicateDistanceNs;
    }
    if (!apply_packet_options(packets_, options.worker, diagnostics)) return ExitCode::kUsage;
    const auto listed = list_captures(captures_, diagnostics);
    if (!listed) return ExitCode::kUsage;
    const bool is_piped = std::find(captures_.begin(), captures_.end(), "-") != captures_.end();
    if (is_piped) {
      diagnostics.error({}, "a pipe cannot be read twice", "give the name of a file");
      return ExitCode::kUsage;
    }
    const auto captures = open_captures(*listed, diagnostics);
    if (captures == nullptr) return ExitCode::kData;
    MirrorTally tally;
    const auto run = run_captures(
        *captures, options, [&](const Window& window) { tally.add(window.records); }, diagnostics);
    config::Diagnostics said_before;
    const auto again = open_captures(*listed, said_before);
    if (!run || again == nullptr) return ExitCode::kData;
    const CaptureQuality quality = look_at_packets(*again, options.worker.dissect);
    const ExitCode code = tell(view_of(*run, tally, quality.counts()));
    return diagnostics.has_errors() ? ExitCode::kData : code;
  }

  static CaptureQuality look_at_packets(source::CaptureSet& captures,
                                        const wire::DissectOptions& options) {
    captures.expect_readers(1);
    source::CaptureStream stream(captures);
    CaptureQuality quality(options);
    source::PacketBatch batch;
    while (stream.poll(batch) != source::Poll::kEnd) quality.add(batch);
    return quality;
  }

  [[nodiscard]] ExitCode tell(const MirrorView& view) const {
    const std::vector<MirrorFinding> findings = check_mirror(view);
    bool is_wrong = false;
    Json list = Json::array();
    for (const MirrorFinding& finding : findings) {
      is_wrong = is_wrong || finding.level == MirrorFinding::Level::kWrong;
      if (json_) {
        list.push(to_json(finding));
      } else {
        fmt::print("{}", to_text(finding));
      }
    }
    if (json_) {
      Json json = Json::object();
      json.set("received", view.received)
          .set("counted", view.counted)
          .set("tcp_conversations", view.tcp_flows)
          .set("missing_bytes", view.tcp_bytes ? Json(view.missing_bytes) : Json())
          .set("findings", std::move(list));
      fmt::print("{}\n", config::to_pretty_text(json));
    }
    return is_wrong ? ExitCode::kData : ExitCode::kOk;
  }

  std::vector<std::string> captures_;
  std::string config_path_;
  std::string socket_;
  PacketOptions packets_;
  bool fix_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_doctor_command() { return std::make_unique<DoctorCommand>(); }

}  // namespace mimir::tools
