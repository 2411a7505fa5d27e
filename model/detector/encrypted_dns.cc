// SPDX-License-Identifier: Apache-2.0
#include "model/detector/encrypted_dns.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace mimir::detector {

namespace {

constexpr std::uint16_t kDnsOverTlsPort = 853;  // RFC 7858 §3.1

constexpr std::uint32_t ipv4(unsigned a, unsigned b, unsigned c, unsigned d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// What the operators themselves publish: Cloudflare, Google, Quad9, OpenDNS, AdGuard,
// Control D, DNS.SB, AliDNS, DNSPod. These serve nothing but DNS.
constexpr std::array kResolvers{
    ipv4(1, 1, 1, 1),         ipv4(1, 0, 0, 1),        ipv4(1, 1, 1, 2),
    ipv4(1, 0, 0, 2),         ipv4(1, 1, 1, 3),        ipv4(1, 0, 0, 3),
    ipv4(8, 8, 8, 8),         ipv4(8, 8, 4, 4),        ipv4(9, 9, 9, 9),
    ipv4(149, 112, 112, 112), ipv4(9, 9, 9, 10),       ipv4(9, 9, 9, 11),
    ipv4(208, 67, 222, 222),  ipv4(208, 67, 220, 220), ipv4(94, 140, 14, 14),
    ipv4(94, 140, 15, 15),    ipv4(76, 76, 2, 0),      ipv4(76, 76, 10, 0),
    ipv4(185, 222, 222, 222), ipv4(45, 11, 45, 11),    ipv4(223, 5, 5, 5),
    ipv4(223, 6, 6, 6),       ipv4(1, 12, 12, 12),     ipv4(120, 53, 53, 53)};

constexpr std::array<std::string_view, 12> kResolverNames{
    "dns.google",          "cloudflare-dns.com",
    "one.one.one.one",     "dns.quad9.net",
    "doh.opendns.com",     "dns.adguard.com",
    "dns.adguard-dns.com", "doh.dns.sb",
    "dns.nextdns.io",      "mozilla.cloudflare-dns.com",
    "dns.alidns.com",      "doh.pub"};

std::string_view why(const PayloadFact& fact, const Address& server, std::uint16_t port) {
  if (port == kDnsOverTlsPort) return "the port of DNS over TLS";
  if (std::ranges::find(kResolverNames, fact.first_text()) != kResolverNames.end()) {
    return "the name of a public resolver";
  }
  if (server.is_ipv4() && std::ranges::find(kResolvers, server.ipv4()) != kResolvers.end()) {
    return "the address of a public resolver";
  }
  return {};
}

}  // namespace

void EncryptedDns::look_at(const Window& window, std::vector<Finding>& findings) {
  for (const PayloadFact& fact : window.facts) {
    if (fact.kind != FactKind::kTlsHello) continue;
    const bool is_from_low = fact.direction == mimir::Direction::kLowToHigh;
    const Address& server_address = is_from_low ? fact.key.high_address : fact.key.low_address;
    const std::uint16_t port = is_from_low ? fact.key.high_port : fact.key.low_port;
    const std::string_view reason = why(fact, server_address, port);
    if (reason.empty()) continue;
    const Party client =
        resolver_.resolve(is_from_low ? fact.key.low_address : fact.key.high_address, fact.time_ns);
    const Party server = resolver_.resolve(server_address, fact.time_ns);
    if (server.place != Place::kOutside || client.place == Place::kOutside) continue;
    Pair& pair = pairs_.claim(join(client.key, server.key));
    ++pair.count;
    pair.last_ns = fact.time_ns;
    if (pair.reported_ns != 0 && fact.time_ns - pair.reported_ns < kQuietNs) continue;
    pair.reported_ns = fact.time_ns;
    Finding finding{.kind = Kind::kEncryptedDns,
                    .severity = Severity::kMedium,
                    .first_ns = fact.time_ns,
                    .last_ns = fact.time_ns,
                    .source = client,
                    .targets = {{.party = server, .ports = {port}, .open_ports = {}}},
                    .target_count = 1};
    finding.techniques = {"T1071.004", "T1572"};
    finding.facts = {{"reason", std::string(reason)},
                     {"server_name", std::string(fact.first_text())},
                     {"connections", pair.count}};
    finding.summary = fmt::format("{} speaks TLS with {} port {}, {}: names that nobody can read",
                                  resolver_.name(client), resolver_.name(server), port, reason);
    findings.push_back(std::move(finding));
  }
}

}  // namespace mimir::detector
