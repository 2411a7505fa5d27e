// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "controlplane/collector.h"
#include "dataplane/record/connection.h"
#include "model/entity/address_text.h"
#include "model/graph/server_ports.h"
#include "tools/capture_list.h"
#include "tools/capture_run.h"
#include "tools/command/commands.h"
#include "tools/ledger_text.h"
#include "tools/packet_options.h"
#include "tools/payload_options.h"

namespace mimir::tools {

namespace {

/// One window that holds all of time: no flow is cut, no packet is too late.
constexpr TimeNs kAllTimeNs = std::numeric_limits<TimeNs>::max() / 4;

std::string protocol_text(std::uint8_t protocol) {
  switch (protocol) {
    case kProtocolIcmp:
      return "icmp";
    case kProtocolTcp:
      return "tcp";
    case kProtocolUdp:
      return "udp";
    case kProtocolIcmpV6:
      return "icmpv6";
    default:
      return std::to_string(protocol);
  }
}

/// A flow told from its client's end.
struct FlowView {
  const FlowRecord& record;
  graph::Role role;

  FlowView(const FlowRecord& flow, const graph::ServerPorts& ports)
      : record(flow), role(ports.role_of(flow)) {}

  [[nodiscard]] bool starts_low() const { return role.client == Direction::kLowToHigh; }
  [[nodiscard]] const Address& source() const {
    return starts_low() ? record.key.low_address : record.key.high_address;
  }
  [[nodiscard]] const Address& destination() const {
    return starts_low() ? record.key.high_address : record.key.low_address;
  }
  [[nodiscard]] std::uint16_t source_port() const {
    return starts_low() ? record.key.low_port : record.key.high_port;
  }
  [[nodiscard]] std::uint16_t destination_port() const {
    return starts_low() ? record.key.high_port : record.key.low_port;
  }
  [[nodiscard]] std::string_view outcome() const {
    return mimir::name(outcome_of(record.key.protocol, record.signs, record.packets));
  }
  [[nodiscard]] std::size_t forward() const { return index(role.client); }
  [[nodiscard]] std::size_t reply() const { return 1 - forward(); }
};

std::string time_text(TimeNs time_ns) {
  return fmt::format("{}.{:09}", time_ns / kNsPerSecond, time_ns % kNsPerSecond);
}

/// Those that begin at the same time stay in their order.
std::vector<FlowRecord> in_time_order(const std::vector<FlowRecord>& flows) {
  // A record is two cache lines: sort what points at them.
  std::vector<const FlowRecord*> order;
  order.reserve(flows.size());
  for (const FlowRecord& flow : flows) order.push_back(&flow);
  std::stable_sort(order.begin(), order.end(), [](const FlowRecord* a, const FlowRecord* b) {
    return a->first_ns < b->first_ns;
  });
  std::vector<FlowRecord> sorted;
  sorted.reserve(flows.size());
  for (const FlowRecord* flow : order) sorted.push_back(*flow);
  return sorted;
}

graph::ServerPorts learn_ports(const std::vector<FlowRecord>& flows) {
  graph::ServerPorts ports;
  for (const FlowRecord& flow : flows) ports.learn(flow);
  return ports;
}

/// Standard output, written in large parts: a call a flow would cost more than the flow.
class Output {
 public:
  Output() = default;
  ~Output() { flush(); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  template <class Format, class... Values>
  void print(const Format& format, const Values&... values) {
    fmt::format_to(fmt::appender(buffer_), format, values...);
    if (buffer_.size() >= kPartBytes) flush();
  }

 private:
  static constexpr std::size_t kPartBytes = 65536;

  void flush() {
    (void)std::fwrite(buffer_.data(), 1, buffer_.size(), stdout);
    buffer_.clear();
  }

  fmt::memory_buffer buffer_;
};

void print_csv(const std::vector<FlowRecord>& flows) {
  const graph::ServerPorts ports = learn_ports(flows);
  Output output;
  output.print(FMT_COMPILE(
      "first_seen,last_seen,protocol,src,src_port,dst,dst_port,packets,bytes,reply_packets,"
      "reply_bytes,tcp_flags,reply_tcp_flags,outcome,client_by,network,application\n"));
  for (const FlowRecord& flow : flows) {
    const FlowView view(flow, ports);
    output.print(
        FMT_COMPILE("{}.{:09},{}.{:09},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n"),
        flow.first_ns / kNsPerSecond, flow.first_ns % kNsPerSecond, flow.last_ns / kNsPerSecond,
        flow.last_ns % kNsPerSecond, protocol_text(flow.key.protocol),
        entity::to_text(view.source()), view.source_port(), entity::to_text(view.destination()),
        view.destination_port(), flow.packets[view.forward()], flow.bytes[view.forward()],
        flow.packets[view.reply()], flow.bytes[view.reply()], flow.tcp_flags[view.forward()],
        flow.tcp_flags[view.reply()], view.outcome(), graph::name(view.role.evidence),
        flow.key.network(), mimir::name(flow.application));
  }
}

void print_jsonl(const std::vector<FlowRecord>& flows) {
  const graph::ServerPorts ports = learn_ports(flows);
  for (const FlowRecord& flow : flows) {
    const FlowView view(flow, ports);
    config::Json line = config::Json::object();
    line.set("first_seen", time_text(flow.first_ns))
        .set("last_seen", time_text(flow.last_ns))
        .set("protocol", protocol_text(flow.key.protocol))
        .set("src", entity::to_text(view.source()))
        .set("src_port", std::uint32_t{view.source_port()})
        .set("dst", entity::to_text(view.destination()))
        .set("dst_port", std::uint32_t{view.destination_port()})
        .set("packets", flow.packets[view.forward()])
        .set("bytes", flow.bytes[view.forward()])
        .set("reply_packets", flow.packets[view.reply()])
        .set("reply_bytes", flow.bytes[view.reply()])
        .set("tcp_flags", std::uint32_t{flow.tcp_flags[view.forward()]})
        .set("reply_tcp_flags", std::uint32_t{flow.tcp_flags[view.reply()]})
        .set("outcome", view.outcome())
        .set("client_by", graph::name(view.role.evidence))
        .set("network", flow.key.network());
    if (flow.application != Application::kUnknown) {
      line.set("application", mimir::name(flow.application));
    }
    for (const RuleKind kind :
         {RuleKind::kData, RuleKind::kCredential, RuleKind::kTool, RuleKind::kCustom}) {
      if ((flow.rule_bits & bit_of(kind)) != 0) {
        line.set("found_" + std::string(mimir::name(kind)), true);
      }
    }
    std::puts(config::to_text(line).c_str());
  }
}

struct ProtocolSum {
  std::uint64_t flows = 0;
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

std::array<ProtocolSum, 256> sum_protocols(const std::vector<FlowRecord>& flows) {
  std::array<ProtocolSum, 256> sums{};
  for (const FlowRecord& flow : flows) {
    ProtocolSum& sum = sums[flow.key.protocol];
    ++sum.flows;
    sum.packets += flow.packets[0] + flow.packets[1];
    sum.bytes += flow.bytes[0] + flow.bytes[1];
  }
  return sums;
}

void print_table(std::vector<FlowRecord> flows, std::size_t top) {
  const graph::ServerPorts ports = learn_ports(flows);
  const auto bytes_of = [](const FlowRecord& flow) { return flow.bytes[0] + flow.bytes[1]; };
  const std::size_t shown = std::min(top, flows.size());
  fmt::print("{} flows; the {} with most bytes:\n", flows.size(), shown);
  std::stable_sort(flows.begin(), flows.end(), [&](const FlowRecord& a, const FlowRecord& b) {
    return bytes_of(a) > bytes_of(b);
  });
  const auto end_text = [](const Address& address, std::uint16_t port) {
    return address.is_ipv4() ? fmt::format("{}:{}", entity::to_text(address), port)
                             : fmt::format("[{}]:{}", entity::to_text(address), port);
  };
  fmt::print("{:<11}{:<28}{:<28}{:>10}{:>14}{:>10}{:>14}  {}\n", "protocol", "client", "server",
             "packets", "bytes", "replies", "reply bytes", "outcome");
  for (std::size_t i = 0; i < shown; ++i) {
    const FlowRecord& flow = flows[i];
    const FlowView view(flow, ports);
    const bool is_known = flow.application != Application::kUnknown;
    fmt::print(
        "{:<11}{:<28}{:<28}{:>10}{:>14}{:>10}{:>14}  {}\n",
        is_known ? std::string(mimir::name(flow.application)) : protocol_text(flow.key.protocol),
        end_text(view.source(), view.source_port()),
        end_text(view.destination(), view.destination_port()), flow.packets[view.forward()],
        flow.bytes[view.forward()], flow.packets[view.reply()], flow.bytes[view.reply()],
        view.outcome());
  }
  const auto sums = sum_protocols(flows);
  fmt::print("{:<11}{:>10}{:>14}{:>16}\n", "protocol", "flows", "packets", "bytes");
  for (std::size_t protocol = 0; protocol < sums.size(); ++protocol) {
    if (sums[protocol].flows == 0) continue;
    fmt::print("{:<11}{:>10}{:>14}{:>16}\n", protocol_text(static_cast<std::uint8_t>(protocol)),
               sums[protocol].flows, sums[protocol].packets, sums[protocol].bytes);
  }
}

void print_summary(const std::vector<FlowRecord>& flows, const CaptureRun& total) {
  const auto sums = sum_protocols(flows);
  config::Json protocols = config::Json::object();
  for (std::size_t protocol = 0; protocol < sums.size(); ++protocol) {
    if (sums[protocol].flows == 0) continue;
    config::Json row = config::Json::object();
    row.set("flows", sums[protocol].flows)
        .set("packets", sums[protocol].packets)
        .set("bytes", sums[protocol].bytes);
    protocols.set(protocol_text(static_cast<std::uint8_t>(protocol)), std::move(row));
  }
  config::Json summary = config::Json::object();
  summary.set("flows", std::uint64_t{flows.size()})
      .set("protocols", std::move(protocols))
      .set("ledger", to_json(total.packets, total.records, total.facts));
  std::puts(config::to_pretty_text(summary).c_str());
}

class FlowsCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "flows"; }
  [[nodiscard]] const char* summary() const override {
    return "Counts every flow of one or more captures";
  }
  [[nodiscard]] const char* example() const override { return "flows --csv capture.pcap"; }

  void declare(CommandLine& line) override {
    line.positionals("CAPTURE", captures_, kCaptureHelp);
    line.flag("--csv", csv_, "one line a flow, comma-separated, with a header");
    line.flag("--jsonl", jsonl_, "one JSON object a line and flow");
    line.flag("--json", json_, "totals by protocol and the ledgers, as one JSON object");
    line.count("--top", top_, 1, 1'000'000, "N", "flows in the table for people");
    declare_packet_options(line, packets_);
    declare_payload_options(line, payload_);
    line.flag("--by-network", by_network_,
              "flows of the same ends in two VLANs or VXLAN, VXLAN-GPE or Geneve networks are two");
    line.count("--workers", workers_, 1, 64, "N", "threads that share the flows");
    line.count("--flows", flow_count_max_, 1024, std::uint64_t{1} << 28, "N",
               "most flows one worker tracks at once");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    CaptureRunOptions options;
    options.worker_count = workers_;
    options.worker.window_ns = kAllTimeNs;
    options.worker.flow_count_max = flow_count_max_;
    options.worker.ipv6_flow_count_max = std::max<std::uint64_t>(flow_count_max_ / 4, 1024);
    if (by_network_) options.worker.dissect.network_mask = wire::DissectOptions::kNetworkBits;
    config::Diagnostics diagnostics;
    const bool is_well = apply_packet_options(packets_, options.worker, diagnostics);
    options.worker.window_fact_count_max = 0;  // a record says what is shown
    const auto signatures = apply_payload_options(payload_, options.worker, diagnostics);
    if (!is_well || diagnostics.has_errors()) {
      fmt::print(stderr, "{}", diagnostics.render());
      return ExitCode::kUsage;
    }
    std::vector<FlowRecord> flows;
    const ExitCode code = count_flows(options, flows, diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    return code;
  }

 private:
  ExitCode count_flows(const CaptureRunOptions& options, std::vector<FlowRecord>& flows,
                       config::Diagnostics& diagnostics) const {
    const auto arguments = list_captures(captures_, diagnostics);
    if (!arguments) return ExitCode::kUsage;
    const auto captures = open_captures(*arguments, diagnostics);
    if (captures == nullptr) return ExitCode::kData;
    std::size_t window_count = 0;
    const auto keep = [&](const Window& window) {
      ++window_count;
      flows.insert(flows.end(), window.records.begin(), window.records.end());
    };
    const auto run = run_captures(*captures, options, keep, diagnostics);
    if (!run) return ExitCode::kData;
    // There are two if there are packets from before 1970. One window is merged already.
    if (window_count > 1) controlplane::merge_flows(flows);
    print(in_time_order(flows), *run);
    fmt::print(stderr, "{}", to_text(run->packets, run->records, run->facts));
    return diagnostics.has_errors() || !run->balances() ? ExitCode::kData : ExitCode::kOk;
  }

  void print(const std::vector<FlowRecord>& flows, const CaptureRun& total) const {
    if (csv_) {
      print_csv(flows);
    } else if (jsonl_) {
      print_jsonl(flows);
    } else if (json_) {
      print_summary(flows, total);
    } else {
      print_table(flows, top_);
    }
  }

  std::vector<std::string> captures_;
  bool csv_ = false;
  bool jsonl_ = false;
  bool json_ = false;
  std::uint64_t top_ = 20;
  std::uint64_t workers_ = 1;
  PacketOptions packets_;
  PayloadOptions payload_;
  bool by_network_ = false;
  std::uint64_t flow_count_max_ = std::uint64_t{1} << 20;
};

}  // namespace

std::unique_ptr<Command> make_flows_command() { return std::make_unique<FlowsCommand>(); }

}  // namespace mimir::tools
