// SPDX-License-Identifier: Apache-2.0
#include "controlplane/output/syslog_message.h"

#include <array>
#include <string_view>
#include <unistd.h>

#include <fmt/format.h>

#include "config/json.h"

namespace mimir::controlplane {

namespace {

constexpr unsigned kSecurityFacility = 10;
constexpr std::size_t kHostBytesMax = 255;
constexpr std::string_view kNil = "-";

/// RFC 5424 6.2.1 by our severities; what has none is a notice.
unsigned severity_of(const config::Json* alert) {
  constexpr std::array<unsigned, 4> kSeverities{5, 2, 4, 5};
  const config::Json* const severity = alert == nullptr ? nullptr : alert->find("severity");
  const auto value = severity == nullptr ? std::nullopt : severity->count();
  return kSeverities[value && *value < kSeverities.size() ? *value : 0];
}

/// EVE writes UTC as +0000, RFC 3339 as Z.
std::string timestamp_of(const config::Json* timestamp) {
  const std::string* const text = timestamp == nullptr ? nullptr : timestamp->string();
  if (text == nullptr || !text->ends_with("+0000")) return std::string(kNil);
  return text->substr(0, text->size() - 5) + 'Z';
}

}  // namespace

SyslogOrigin syslog_origin() {
  std::array<char, kHostBytesMax + 1> host{};
  if (gethostname(host.data(), host.size() - 1) != 0 || host[0] == '\0') {
    return {.host = std::string(kNil), .process = std::to_string(getpid())};
  }
  return {.host = host.data(), .process = std::to_string(getpid())};
}

std::string to_syslog(const std::string& line, const SyslogOrigin& origin) {
  config::Diagnostics ignored;
  const auto json = config::parse_json(line, "alert", ignored);
  const config::Json* const ours = json ? json->find("mimir") : nullptr;
  const config::Json* const kind = ours == nullptr ? nullptr : ours->find("kind");
  return fmt::format(
      "<{}>1 {} {} mimir {} {} - {}",
      kSecurityFacility * 8 + severity_of(json ? json->find("alert") : nullptr),
      timestamp_of(json ? json->find("timestamp") : nullptr), origin.host, origin.process,
      kind != nullptr && kind->string() != nullptr ? *kind->string() : std::string(kNil), line);
}

}  // namespace mimir::controlplane
