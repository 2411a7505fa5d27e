// SPDX-License-Identifier: Apache-2.0
#include "model/detector/application_port.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string_view>

#include <fmt/format.h>

namespace mimir::detector {

namespace {

using enum Application;

constexpr ApplicationSet set_of(std::initializer_list<Application> applications) {
  ApplicationSet set = 0;
  for (const Application one : applications) set |= mimir::set_of(one);
  return set;
}

/// What may be spoken at a port. Most may be wrapped in TLS.
struct SpokenRow {
  std::uint16_t port;
  ApplicationSet applications;
};

constexpr ApplicationSet kWeb = set_of({kHttp1, kHttp2, kGrpc, kTls, kQuic});

// IANA, "Service Name and Transport Protocol Port Number Registry": ports that a firewall
// lets out, and those of databases and of remote control.
constexpr std::array kPorts{
    SpokenRow{22, set_of({kSsh})},
    SpokenRow{25, set_of({kSmtp, kTls})},
    SpokenRow{53, set_of({kDns})},
    SpokenRow{80, kWeb},
    SpokenRow{123, 0},
    SpokenRow{389, set_of({kLdap, kTls})},
    SpokenRow{443, kWeb},
    SpokenRow{445, set_of({kSmb})},
    SpokenRow{465, set_of({kSmtp, kTls})},
    SpokenRow{587, set_of({kSmtp, kTls})},
    SpokenRow{636, set_of({kLdap, kTls})},
    SpokenRow{853, set_of({kTls, kQuic, kDns})},
    SpokenRow{1433, set_of({kTls})},
    SpokenRow{3306, set_of({kMysql, kTls})},
    SpokenRow{3389, set_of({kRdp, kTls})},
    SpokenRow{4222, set_of({kNats, kTls})},
    SpokenRow{5353, set_of({kDns})},
    SpokenRow{5355, set_of({kDns})},
    SpokenRow{5432, set_of({kPostgresql, kTls})},
    SpokenRow{5671, set_of({kAmqp, kTls})},
    SpokenRow{5672, set_of({kAmqp, kTls})},
    SpokenRow{6379, set_of({kRedis, kTls})},
    SpokenRow{9092, set_of({kKafka, kTls})},
    SpokenRow{11211, set_of({kMemcached, kTls})},
    SpokenRow{27017, set_of({kMongodb, kTls})},
};

/// Where an application belongs that has no business elsewhere outside. At 137 NetBIOS
/// speaks what is nearly DNS (RFC 1002).
struct HomeRow {
  Application application;
  std::array<std::uint16_t, 4> ports;
};
constexpr std::array kHomes{
    HomeRow{kDns, {53, 5353, 5355, 137}}, HomeRow{kSsh, {22, 2222, 0}},
    HomeRow{kSmb, {445, 139, 0}},         HomeRow{kRdp, {3389, 0, 0}},
    HomeRow{kLdap, {389, 3268, 0}},       HomeRow{kSmtp, {25, 587, 465}},
};

std::string_view variant_of(Application application, std::uint16_t port, bool is_leaving) {
  if (application == kIrc) return "unwanted";
  const auto row = std::ranges::find(kPorts, port, &SpokenRow::port);
  if (row != kPorts.end()) {
    const bool is_allowed = (row->applications >> static_cast<unsigned>(application) & 1) != 0;
    return is_allowed ? std::string_view() : "mismatch";
  }
  const auto home = std::ranges::find(kHomes, application, &HomeRow::application);
  const bool is_hidden = is_leaving && home != kHomes.end() &&
                         std::ranges::find(home->ports, port) == home->ports.end();
  return is_hidden ? "hidden" : std::string_view();
}

}  // namespace

void ApplicationPort::look_at(const Window& window, std::vector<Finding>& findings) {
  graph::ServerPorts ports;
  for (const FlowRecord& record : window.records) {
    if (record.application != kUnknown) ports.learn(record);
  }
  for (const FlowRecord& record : window.records) {
    if (record.application != kUnknown) judge(record, ports, findings);
  }
}

void ApplicationPort::judge(const FlowRecord& record, const graph::ServerPorts& ports,
                            std::vector<Finding>& findings) {
  const bool is_low_client = ports.role_of(record).client == mimir::Direction::kLowToHigh;
  const std::uint16_t port = is_low_client ? record.key.high_port : record.key.low_port;
  const Party client = resolver_.resolve(
      is_low_client ? record.key.low_address : record.key.high_address, record.first_ns);
  const Party server = resolver_.resolve(
      is_low_client ? record.key.high_address : record.key.low_address, record.first_ns);
  if (client.place == Place::kNobody || server.place == Place::kNobody) return;
  const bool is_leaving = server.place == Place::kOutside && client.place != Place::kOutside;
  const std::string_view variant = variant_of(record.application, port, is_leaving);
  if (variant.empty()) return;
  Pair& pair =
      pairs_.claim(join(join(client.key, server.key),
                        std::uint64_t{port} << 8 | static_cast<unsigned>(record.application)));
  pair.last_ns = record.last_ns;
  if (pair.reported_ns != 0 && record.last_ns - pair.reported_ns < kQuietNs) return;
  pair.reported_ns = record.last_ns;
  Finding finding{
      .kind = Kind::kApplicationPort,
      .severity = is_leaving || variant == "unwanted" ? Severity::kMedium : Severity::kLow,
      .variant = std::string(variant),
      .first_ns = record.first_ns,
      .last_ns = record.last_ns,
      .source = client,
      .targets = {{.party = server, .ports = {port}, .open_ports = {}}},
      .target_count = 1};
  finding.techniques = {"T1571", "T1048"};
  finding.facts = {{"application", std::string(mimir::name(record.application))},
                   {"bytes", record.bytes[is_low_client ? 0 : 1]},
                   {"reply_bytes", record.bytes[is_low_client ? 1 : 0]}};
  finding.summary = fmt::format("{} speaks {} with {} port {}, {}", resolver_.name(client),
                                mimir::name(record.application), resolver_.name(server), port,
                                variant == "mismatch" ? "which is another application's"
                                : variant == "hidden" ? "where it does not belong"
                                                      : "which no service of a cluster does");
  findings.push_back(std::move(finding));
}

}  // namespace mimir::detector
