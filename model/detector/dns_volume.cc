// SPDX-License-Identifier: Apache-2.0
#include "model/detector/dns_volume.h"

#include <algorithm>

#include <fmt/format.h>

namespace mimir::detector {

namespace {

constexpr std::uint16_t kDnsPort = 53;

}  // namespace

void DnsVolume::look_at(const Window& window, std::vector<Finding>& findings) {
  // Each question may come from a port of its own: all flows of a pair before it is judged.
  std::vector<const FlowRecord*> touched;
  for (const FlowRecord& record : window.records) {
    if (record.key.protocol != kProtocolUdp) continue;
    const bool is_low_server = record.key.low_port == kDnsPort;
    if (is_low_server == (record.key.high_port == kDnsPort)) continue;
    const std::size_t client = is_low_server ? 1 : 0;
    const Key low = key_of(record.key.low_address, resolver_.secret());
    const Key high = key_of(record.key.high_address, resolver_.secret());
    Pair& pair = pairs_.claim(is_low_server ? join(high, low) : join(low, high));
    if (pair.first_ns == 0) pair.first_ns = record.first_ns;
    pair.last_ns = std::max(pair.last_ns, record.last_ns);
    pair.minute.add(window.begin_ns, {record.packets[client], record.bytes[client]},
                    {record.packets[1 - client], record.bytes[1 - client]});
    touched.push_back(&record);
  }
  for (const FlowRecord* const record : touched) {
    const bool is_low_server = record->key.low_port == kDnsPort;
    const Address& client = is_low_server ? record->key.high_address : record->key.low_address;
    const Address& server = is_low_server ? record->key.low_address : record->key.high_address;
    Pair* const pair =
        pairs_.find(join(key_of(client, resolver_.secret()), key_of(server, resolver_.secret())));
    if (pair == nullptr) continue;
    const MinuteSum::Part asked = pair->minute.sent();
    const double excess =
        static_cast<double>(asked.packets) * (asked.mean_bytes() - kOrdinaryBytes);
    if (asked.packets < kQuestionsMin || asked.mean_bytes() < kMeanBytesMin ||
        excess < kExcessBytesMin) {
      continue;
    }
    if (pair->reported_ns != 0 && window.end_ns - pair->reported_ns < kQuietNs) continue;
    pair->reported_ns = window.end_ns;
    findings.push_back(describe(*pair, resolver_.resolve(client, record->first_ns),
                                resolver_.resolve(server, record->first_ns)));
  }
}

Finding DnsVolume::describe(const Pair& pair, const Party& client, const Party& server) const {
  const MinuteSum::Part asked = pair.minute.sent();
  const MinuteSum::Part answered = pair.minute.received();
  Finding finding{.kind = Kind::kDnsVolume,
                  .severity = Severity::kMedium,
                  .first_ns = pair.first_ns,
                  .last_ns = pair.last_ns,
                  .source = client,
                  .targets = {{.party = server, .ports = {kDnsPort}, .open_ports = {}}},
                  .target_count = 1};
  finding.techniques = {"T1071.004", "T1048.003"};
  finding.facts = {{"questions_a_minute", asked.packets},
                   {"mean_question_bytes", asked.mean_bytes()},
                   {"mean_answer_bytes", answered.mean_bytes()}};
  finding.summary = fmt::format("{} asked {} {} questions in a minute, of {:.0f} bytes on average",
                                resolver_.name(client), resolver_.name(server), asked.packets,
                                asked.mean_bytes());
  return finding;
}

}  // namespace mimir::detector
