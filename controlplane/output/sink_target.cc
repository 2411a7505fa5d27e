// SPDX-License-Identifier: Apache-2.0
#include "controlplane/output/sink_target.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mimir::controlplane {

namespace {

struct Form {
  std::string_view scheme;
  SinkKind kind;
  bool is_tls;
};
constexpr std::array kForms{
    Form{"syslog+udp", SinkKind::kSyslogUdp, false},
    Form{"syslog+tcp", SinkKind::kSyslogTcp, false},
    Form{"syslog+tls", SinkKind::kSyslogTcp, true},
    Form{"syslog+unix", SinkKind::kSyslogUnix, false},
    Form{"unix", SinkKind::kUnixStream, false},
    Form{"http", SinkKind::kWebhook, false},
    Form{"https", SinkKind::kWebhook, true},
    Form{"kafka", SinkKind::kKafka, false},
    Form{"kafka+tls", SinkKind::kKafka, true},
};

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  std::uint32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return value > 0 && value <= 65535;
}

/// "host:port", "[::1]:port".
std::optional<std::pair<std::string, std::string>> split_authority(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !is_port(text.substr(colon + 1))) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || (!is_bracketed && host.find(':') != std::string_view::npos)) {
    return std::nullopt;
  }
  return std::pair(std::string(host), std::string(text.substr(colon + 1)));
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

bool fill(SinkTarget& target, std::string_view rest) {
  switch (target.kind) {
    case SinkKind::kSyslogUdp:
    case SinkKind::kSyslogTcp: {
      const auto authority = split_authority(rest);
      if (!authority) return false;
      target.host = authority->first;
      target.port = authority->second;
      return true;
    }
    case SinkKind::kSyslogUnix:
    case SinkKind::kUnixStream:
      target.path = rest;
      return rest.starts_with('/') && rest.size() > 1 && rest.size() < 100;
    case SinkKind::kWebhook:
      return !rest.empty() && !rest.starts_with('/') && rest.find('@') == std::string_view::npos;
    case SinkKind::kKafka: {
      const std::size_t slash = rest.find('/');
      if (slash == std::string_view::npos) return false;
      target.host = rest.substr(0, slash);
      target.path = rest.substr(slash + 1);
      return !target.host.empty() && !target.path.empty() &&
             target.path.find('/') == std::string::npos;
    }
  }
  return false;
}

std::string_view host_of_url(std::string_view url) {
  std::string_view rest = url.substr(url.find("://") + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (rest.starts_with('[')) return rest.substr(1, rest.find(']') - 1);
  return rest.substr(0, rest.find(':'));
}

/// A name may begin with 127. too, and be anybody's.
bool is_loopback(std::string_view host) {
  const bool is_number = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || host == "::1" || (is_number && host.starts_with("127."));
}

}  // namespace

std::optional<SinkTarget> parse_sink_target(std::string_view text) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos || !is_printable(text)) return std::nullopt;
  for (const Form& form : kForms) {
    if (text.substr(0, end) != form.scheme) continue;
    SinkTarget target{.kind = form.kind, .is_tls = form.is_tls, .url = std::string(text)};
    if (!fill(target, text.substr(end + 3))) return std::nullopt;
    return target;
  }
  return std::nullopt;
}

bool is_local(const SinkTarget& target) {
  switch (target.kind) {
    case SinkKind::kSyslogUnix:
    case SinkKind::kUnixStream:
      return true;
    case SinkKind::kSyslogUdp:
    case SinkKind::kSyslogTcp:
      return is_loopback(target.host);
    case SinkKind::kWebhook:
      return is_loopback(host_of_url(target.url));
    case SinkKind::kKafka:
      return is_loopback(target.host.substr(0, target.host.find(':'))) &&
             target.host.find(',') == std::string::npos;
  }
  return false;
}

}  // namespace mimir::controlplane
