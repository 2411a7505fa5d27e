// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "config/diagnostic.h"
#include "dataplane/payload/signatures.h"
#include "tests/dataplane/worker_rig.h"

namespace mimir::test {

/// Everything that ships is looked for.
inline std::unique_ptr<const payload::Signatures> built_in_signatures() {
  config::Diagnostics diagnostics;
  return payload::Signatures::make(payload::read_built_in_rules(), {}, diagnostics);
}

/// RFC 1035 §4.1: a query for `label`.example.org.
inline std::string dns_query(const std::string& label) {
  constexpr char kHeader[] = "\x12\x34\x01\0\0\x01\0\0\0\0\0\0";
  constexpr char kRest[] =
      "\x07"
      "example\x03org\0\0\x01\0\x01";
  std::string query(kHeader, sizeof kHeader - 1);
  query += static_cast<char>(label.size());
  query += label;
  query.append(kRest, sizeof kRest - 1);
  return query;
}

inline constexpr std::uint32_t kTalker = 0x0a000001;
inline constexpr std::uint32_t kListener = 0xc6336401;  ///< 198.51.100.1

[[nodiscard]] inline Frame udp_text(std::uint16_t port, std::string_view text) {
  return Frame::ethernet().ipv4(kTalker, kListener).udp(port, 53).text(text);
}
[[nodiscard]] inline Frame tcp_text(std::uint16_t port, std::string_view text) {
  return Frame::ethernet().ipv4(kTalker, kListener).tcp(port, 80, kAck).text(text);
}

/// A burst that goes on from the last: a name, a request, and what rules look for.
inline Burst talk(const Burst& last) {
  Burst burst;
  TimeNs now_ns = last.packets.empty() ? last.now_ns : last.packets.back().time_ns;
  const auto say = [&](const Frame& frame) {
    now_ns += 1'000'000;
    burst.packets.push_back({frame, now_ns});
  };
  const auto port = static_cast<std::uint16_t>(20000 + now_ns / 1'000'000 % 20000);
  say(udp_text(port, dns_query(std::to_string(now_ns))));
  say(tcp_text(port, "GET / HTTP/1.1\r\nHost: h.example.org\r\nUser-Agent: sqlmap/1.7\r\n\r\n"));
  say(tcp_text(port, "card=4111111111111111&key=AKIAIOSFODNN7EXAMPLE"));
  say(Frame::ethernet()
          .ipv6(ipv6_address(1), ipv6_address(2))
          .tcp(port, 443, kAck)
          .text("-----BEGIN PRIVATE KEY-----"));
  return burst;
}

}  // namespace mimir::test
