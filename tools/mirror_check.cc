// SPDX-License-Identifier: Apache-2.0
#include "tools/mirror_check.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "dataplane/record/drop.h"

namespace mimir::tools {

namespace {

using Grade = MirrorFinding::Level;

/// Shares above which something is said, and above which it is wrong. A tenth of a percent of
/// lost bytes costs a few windows a day; one conversation in fifty with one side alone is a
/// mirror of one direction of some link.
constexpr double kOneWayAdvice = 0.005;
constexpr double kOneWayWrong = 0.02;
constexpr double kMissingAdvice = 0.0001;
constexpr double kMissingWrong = 0.001;
constexpr double kDuplicatesAdvice = 0.001;
constexpr double kReasonAdvice = 0.001;
constexpr double kReasonWrong = 0.02;
constexpr double kLostWrong = 0.001;
constexpr double kMappedAdvice = 0.95;
constexpr double kMappedWrong = 0.5;

struct Mend {
  std::string_view reason;  ///< the beginning of a Drop's name
  bool is_loss;             ///< else it is traffic that makes no flow
  const char* hint;
};

/// The operator's page has the same table, "Loss is not zero".
constexpr std::array<Mend, 12> kMends{{
    {"truncated_", true, "mirror 128 bytes of each packet or more"},
    {"bad_", true, "what makes them? mimir ctl capture, then tshark"},
    {"not_ip", false, "nothing, unless they are many: ARP, LLDP and the like"},
    {"too_many_vlan_tags", true, "take tags off before the mirror"},
    {"too_many_ipv6_extensions", true, "what makes them? mimir ctl capture, then tshark"},
    {"ip_fragment", true, "nothing, unless they are many: then raise the MTU of the mirror's path"},
    {"unsupported_protocol", false, "nothing, unless they are many"},
    {"tunnel_too_deep", true, "dataplane.tunnel_depth_max"},
    {"unsupported_tunnel", true, "dataplane.vxlan_ports; another kind of mirror"},
    {"too_late", true, "dataplane.lateness: 5s; hosts that mirror need a common clock"},
    {"flow_table_full", true, "dataplane.flow_count_max and ipv6_flow_count_max times two"},
    {"shed", true, "more dataplane.ports[].queues; dataplane.payload.look: off"},
}};

double share_of(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

Grade level_of(double ratio, double advice, double wrong) {
  if (ratio > wrong) return Grade::kWrong;
  return ratio > advice ? Grade::kAdvice : Grade::kWell;
}

MirrorFinding one_way(const MirrorView& view) {
  const double ratio = share_of(view.one_way, view.tcp_flows);
  MirrorFinding finding{.name = "one_way",
                        .level = level_of(ratio, kOneWayAdvice, kOneWayWrong),
                        .ratio = ratio,
                        .text = fmt::format("{:.2f} % of {} TCP conversations show one side only",
                                            100 * ratio, view.tcp_flows)};
  if (view.tcp_flows == 0) {
    finding.level = Grade::kUnknown;
    finding.text = "no TCP conversation of four packets was seen";
    finding.hint = "look for longer, or at a port where something is sent";
  } else if (finding.level != Grade::kWell) {
    finding.meaning = "the mirror has one direction of some links, or drops";
    finding.hint =
        "mirror both directions; the switch's counter of the mirror's port says what "
        "it dropped";
  }
  return finding;
}

MirrorFinding missing(const MirrorView& view) {
  if (!view.tcp_bytes) {
    return {.name = "missing",
            .level = Grade::kUnknown,
            .text = "bytes of TCP that the mirror never showed were not looked for",
            .hint =
                "mimir doctor CAPTURE, of half a minute: dumpcap -i mirror0 -a duration:30 -w "
                "capture.pcap"};
  }
  const double ratio = share_of(view.missing_bytes, *view.tcp_bytes);
  MirrorFinding finding{
      .name = "missing",
      .level = level_of(ratio, kMissingAdvice, kMissingWrong),
      .ratio = ratio,
      .text = fmt::format("{:.3f} % of {} bytes of TCP were acknowledged or followed, and never "
                          "shown",
                          100 * ratio, *view.tcp_bytes)};
  if (finding.level == Grade::kWell) return finding;
  finding.meaning = "packets are lost between the wire and here: volumes are too low by as much";
  finding.hint = "the switch's counter of the mirror's port; mirror fewer ports, or to two";
  return finding;
}

MirrorFinding duplicates(const MirrorView& view) {
  if (!view.duplicates) {
    return {
        .name = "duplicate",
        .level = Grade::kUnknown,
        .text = "packets that are mirrored twice were not looked for",
        .hint = "mimir doctor CAPTURE; dataplane.duplicate_distance: 2ms drops and counts them"};
  }
  const double ratio = share_of(*view.duplicates, view.received);
  MirrorFinding finding{
      .name = "duplicate",
      .level = ratio > kDuplicatesAdvice ? Grade::kAdvice : Grade::kWell,
      .ratio = ratio,
      .text = fmt::format("{:.2f} % of {} packets are mirrored twice", 100 * ratio, view.received)};
  if (finding.level == Grade::kWell) return finding;
  finding.meaning = "what is counted twice has twice its volume";
  finding.hint = "dataplane.duplicate_distance: 2ms here, and --duplicates-within 2ms in training";
  return finding;
}

MirrorFinding reason(const std::string& name, std::uint64_t count, std::uint64_t received) {
  const double ratio = share_of(count, received);
  const auto* const mend = std::find_if(kMends.begin(), kMends.end(), [&](const Mend& each) {
    return std::string_view(name).starts_with(each.reason);
  });
  const auto* const text = std::find_if(kDropTexts.begin(), kDropTexts.end(),
                                        [&](const DropText& each) { return each.name == name; });
  const bool is_known = mend != kMends.end();
  const double wrong = is_known && mend->is_loss ? kReasonWrong : 1;
  MirrorFinding finding{
      .name = name,
      .level = level_of(ratio, kReasonAdvice, wrong),
      .ratio = ratio,
      .text = fmt::format("{:.3f} % of {} packets: {}", 100 * ratio, received, name)};
  if (text != kDropTexts.end()) finding.meaning = text->help;
  if (finding.level != Grade::kWell && is_known) finding.hint = mend->hint;
  return finding;
}

MirrorFinding mapped(double ratio) {
  MirrorFinding finding{
      .name = "mapped",
      .ratio = ratio,
      .text = fmt::format("{:.2f} % of the bytes have a name at both ends", 100 * ratio)};
  if (ratio >= kMappedAdvice) return finding;
  finding.level = ratio < kMappedWrong ? Grade::kWrong : Grade::kAdvice;
  finding.meaning = "pods that the entities do not have, or another cluster's";
  finding.hint = "read the entities again; model.pod_cidrs, model.outside_cidrs";
  return finding;
}

/// What else is known: where it was not looked for nothing is said.
void add_others(const MirrorView& view, std::vector<MirrorFinding>& all) {
  if (view.lost_at_ports) {
    const double ratio = share_of(*view.lost_at_ports, *view.lost_at_ports + view.received);
    MirrorFinding finding{.name = "lost_at_ports",
                          .level = level_of(ratio, 0, kLostWrong),
                          .ratio = ratio,
                          .text = fmt::format("{:.3f} % of the packets were lost at the ports, {}",
                                              100 * ratio, *view.lost_at_ports)};
    if (finding.level != Grade::kWell) {
      finding.meaning = "a core did not fetch them in time, or they came broken";
      finding.hint = "more dataplane.ports[].queues; rx_descriptors: 4096; cable and optics";
    }
    all.push_back(std::move(finding));
  }
  if (view.cut) {
    const double ratio = share_of(*view.cut, view.received);
    all.push_back({.name = "cut",
                   .ratio = ratio,
                   .text = fmt::format("{:.2f} % of the packets are cut; their bytes are those the "
                                       "IP header tells",
                                       100 * ratio)});
  }
  if (!view.wrappings) return;
  for (const auto& [wrapping, count] : *view.wrappings) {
    all.push_back({.name = "wrapped",
                   .ratio = share_of(count, view.received),
                   .text = fmt::format("{:.2f} % of the packets come in {}, which is read through",
                                       100 * share_of(count, view.received), wrapping)});
  }
}

}  // namespace

std::string_view name(MirrorFinding::Level level) {
  constexpr std::array<std::string_view, 4> kNames{"well", "unknown", "advice", "wrong"};
  return kNames[static_cast<std::size_t>(level)];
}

std::vector<MirrorFinding> check_mirror(const MirrorView& view) {
  if (view.received == 0 && view.arrived_at_ports > 0) {
    return {{.name = "received",
             .level = Grade::kUnknown,
             .text = fmt::format("{} packets have arrived, and no window has closed yet",
                                 view.arrived_at_ports),
             .hint = "ask again when a window and its lateness are over"}};
  }
  if (view.received == 0) {
    return {{.name = "received",
             .level = Grade::kWrong,
             .text = "no packet was received",
             .meaning = "nothing is mirrored to here",
             .hint = "is there a link, and does the mirror's session say that it is up?"}};
  }
  std::vector<MirrorFinding> all;
  add_others(view, all);
  all.push_back(missing(view));
  all.push_back(one_way(view));
  all.push_back(duplicates(view));
  for (const auto& [name, count] : view.dropped) {
    if (name != mimir::name(Drop::kDuplicate)) all.push_back(reason(name, count, view.received));
  }
  if (view.mapped_bytes_ratio) all.push_back(mapped(*view.mapped_bytes_ratio));
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.level > b.level; });
  return all;
}

std::string to_text(const MirrorFinding& finding) {
  std::string text = fmt::format("{:<8} {}\n", name(finding.level), finding.text);
  if (!finding.meaning.empty()) text += fmt::format("  means: {}\n", finding.meaning);
  if (!finding.hint.empty()) text += fmt::format("  hint: {}\n", finding.hint);
  return text;
}

config::Json to_json(const MirrorFinding& finding) {
  config::Json json = config::Json::object();
  json.set("name", finding.name)
      .set("level", std::string(name(finding.level)))
      .set("ratio", finding.ratio)
      .set("text", finding.text)
      .set("meaning", finding.meaning)
      .set("hint", finding.hint);
  return json;
}

}  // namespace mimir::tools
