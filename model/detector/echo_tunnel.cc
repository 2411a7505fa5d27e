// SPDX-License-Identifier: Apache-2.0
#include "model/detector/echo_tunnel.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>

namespace mimir::detector {

namespace {

double uneven_share(double a, double b) {
  return std::max(a, b) == 0 ? 0 : std::abs(a - b) / std::max(a, b);
}

}  // namespace

void EchoTunnel::look_at(const Window& window, std::vector<Finding>& findings) {
  for (const FlowRecord& record : window.records) {
    if (record.key.protocol != kProtocolIcmp && record.key.protocol != kProtocolIcmpV6) continue;
    if (record.packets[0] == 0 && record.packets[1] == 0) continue;
    const Key key = join(key_of(record.key.low_address, resolver_.secret()),
                         key_of(record.key.high_address, resolver_.secret()));
    Pair& pair = pairs_.claim(key);
    if (pair.first_ns == 0) pair.first_ns = record.first_ns;
    pair.last_ns = std::max(pair.last_ns, record.last_ns);
    pair.minute.add(window.begin_ns, {record.packets[0], record.bytes[0]},
                    {record.packets[1], record.bytes[1]});
    const MinuteSum::Part low = pair.minute.sent();
    const MinuteSum::Part high = pair.minute.received();
    const std::uint64_t fewer = std::min(low.packets, high.packets);
    const bool is_uneven = fewer >= kPacketsMin &&
                           uneven_share(low.mean_bytes(), high.mean_bytes()) >= kUnevenShareMin;
    const bool is_large = fewer >= kPacketsMin && low.bytes + high.bytes >= kVolumeBytesMin &&
                          std::max(low.mean_bytes(), high.mean_bytes()) >= kMeanBytesMin;
    const bool is_varied = fewer >= kPacketsMin && pair.minute.varied_count() >= kVariedStepsMin &&
                           std::min(low.mean_bytes(), high.mean_bytes()) >= kVariedBytesMin;
    if (!is_uneven && !is_varied && !is_large) continue;
    if (pair.reported_ns != 0 && window.end_ns - pair.reported_ns < kQuietNs) continue;
    const bool is_low_first = record.first_direction == mimir::Direction::kLowToHigh;
    const Party low_party = resolver_.resolve(record.key.low_address, record.first_ns);
    const Party high_party = resolver_.resolve(record.key.high_address, record.first_ns);
    if (low_party.place == Place::kNobody || high_party.place == Place::kNobody) continue;
    pair.reported_ns = window.end_ns;
    findings.push_back(describe(pair, is_low_first ? low_party : high_party,
                                is_low_first ? high_party : low_party,
                                is_uneven   ? "uneven"
                                : is_varied ? "varied"
                                            : "volume"));
  }
}

Finding EchoTunnel::describe(const Pair& pair, const Party& source, const Party& target,
                             std::string_view variant) const {
  const bool is_low_first = source.address < target.address;
  const MinuteSum::Part sent = is_low_first ? pair.minute.sent() : pair.minute.received();
  const MinuteSum::Part received = is_low_first ? pair.minute.received() : pair.minute.sent();
  const bool is_uneven = variant == "uneven";
  Finding finding{.kind = Kind::kEchoTunnel,
                  .severity = is_uneven ? Severity::kHigh : Severity::kMedium,
                  .variant = std::string(variant),
                  .first_ns = pair.first_ns,
                  .last_ns = pair.last_ns,
                  .source = source,
                  .targets = {{.party = target, .ports = {}, .open_ports = {}}},
                  .target_count = 1};
  finding.techniques = {"T1095", "T1048.003"};
  finding.facts = {{"packets_a_minute", sent.packets},
                   {"bytes_a_minute", sent.bytes},
                   {"reply_packets_a_minute", received.packets},
                   {"reply_bytes_a_minute", received.bytes},
                   {"mean_bytes", sent.mean_bytes()},
                   {"mean_reply_bytes", received.mean_bytes()}};
  finding.summary = fmt::format(
      "{} and {} exchanged {} and {} ICMP packets in a minute, of {:.0f} and {:.0f} bytes on "
      "average{}",
      resolver_.name(source), resolver_.name(target), sent.packets, received.packets,
      sent.mean_bytes(), received.mean_bytes(),
      is_uneven ? "; an echo comes back as long as it went" : "");
  return finding;
}

}  // namespace mimir::detector
