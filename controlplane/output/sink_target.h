// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mimir::controlplane {

enum class SinkKind : std::uint8_t {
  kSyslogUdp,   ///< syslog+udp://HOST:PORT
  kSyslogTcp,   ///< syslog+tcp://HOST:PORT, syslog+tls://HOST:PORT
  kSyslogUnix,  ///< syslog+unix:///dev/log
  kUnixStream,  ///< unix:///run/siem.sock
  kWebhook,     ///< https://HOST/PATH, http://HOST/PATH
  kKafka,       ///< kafka://HOST:PORT,HOST:PORT/TOPIC, kafka+tls://...
};

/// Whom a sink tells, as `output.sinks[].to` says it.
struct SinkTarget {
  SinkKind kind = SinkKind::kSyslogUdp;
  bool is_tls = false;
  std::string host{};  ///< of syslog, without brackets; the brokers of Kafka
  std::string port{};  ///< of syslog
  std::string path{};  ///< of a Unix socket; the topic of Kafka
  std::string url{};   ///< of a webhook, as it was written
};

/// Nothing if it is none of the forms above.
[[nodiscard]] std::optional<SinkTarget> parse_sink_target(std::string_view text);

/// One element of `output.sinks`.
struct SinkConfig {
  std::string name;
  std::string to;  ///< as parse_sink_target() reads it
  std::string token_file;
  std::string ca_file;
};

/// 127.0.0.0/8, ::1, localhost, or a Unix socket: nobody can listen in between.
[[nodiscard]] bool is_local(const SinkTarget& target);

}  // namespace mimir::controlplane
