// SPDX-License-Identifier: Apache-2.0
#include "model/detector/long_connection.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace mimir::detector {

namespace {

constexpr std::array<TimeNs, 4> kReportNs{kNsPerHour, 4 * kNsPerHour, 8 * kNsPerHour,
                                          12 * kNsPerHour};

}  // namespace

Key LongConnection::key_of_flow(const FlowKey& key) const {
  return join(join(key_of(key.low_address, resolver_.secret()),
                   key_of(key.high_address, resolver_.secret())),
              std::uint64_t{key.low_port} << 16 | key.high_port);
}

void LongConnection::see(const Contact& contact) {
  if (contact.probe != Probe::kSyn || contact.answer != Answer::kOpened || contact.has_ended ||
      contact.server.place != Place::kOutside) {
    return;
  }
  FlowKey key{.low_address = contact.client.address,
              .high_address = contact.server.address,
              .low_port = contact.client_port,
              .high_port = contact.port,
              .protocol = contact.protocol};
  if (std::pair(key.high_address, key.high_port) < std::pair(key.low_address, key.low_port)) {
    std::swap(key.low_address, key.high_address);
    std::swap(key.low_port, key.high_port);
  }
  connections_.claim(key_of_flow(key)) = {.client = contact.client,
                                          .server = contact.server,
                                          .port = contact.port,
                                          .first_ns = contact.first_ns,
                                          .last_ns = contact.last_ns,
                                          .sent_bytes = contact.sent_bytes,
                                          .received_bytes = contact.received_bytes};
}

void LongConnection::look_at(const Window& window, std::vector<Finding>& findings) {
  for (const FlowRecord& record : window.records) {
    if (record.key.protocol != kProtocolTcp) continue;
    Connection* const connection = connections_.find(key_of_flow(record.key));
    if (connection == nullptr || record.last_ns <= connection->last_ns) continue;
    if (record.first_ns - connection->last_ns > kSilenceNsMax) {
      connections_.erase(key_of_flow(record.key));
      continue;
    }
    const std::size_t client = record.key.low_address == connection->client.address ? 0 : 1;
    connection->last_ns = record.last_ns;
    connection->sent_bytes += record.bytes[client];
    connection->received_bytes += record.bytes[1 - client];
    const TimeNs age_ns = connection->last_ns - connection->first_ns;
    if (connection->reported_count == kReportNs.size() ||
        age_ns < kReportNs[connection->reported_count]) {
      continue;
    }
    ++connection->reported_count;
    findings.push_back(describe(*connection));
  }
}

Finding LongConnection::describe(const Connection& connection) const {
  Finding finding{
      .kind = Kind::kLongConnection,
      .severity = Severity::kLow,
      .first_ns = connection.first_ns,
      .last_ns = connection.last_ns,
      .source = connection.client,
      .targets = {{.party = connection.server, .ports = {connection.port}, .open_ports = {}}},
      .target_count = 1};
  const double hours = static_cast<double>(connection.last_ns - connection.first_ns) /
                       static_cast<double>(kNsPerHour);
  finding.techniques = {"T1571"};
  finding.facts = {{"hours", hours},
                   {"sent_bytes", connection.sent_bytes},
                   {"received_bytes", connection.received_bytes}};
  finding.is_update = connection.reported_count > 1;
  finding.summary = fmt::format(
      "{} has held a connection to {}:{} open for {:.1f} h; {} bytes went out, {} came back",
      resolver_.name(connection.client), resolver_.name(connection.server), connection.port, hours,
      connection.sent_bytes, connection.received_bytes);
  return finding;
}

}  // namespace mimir::detector
