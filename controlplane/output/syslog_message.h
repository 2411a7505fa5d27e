// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace mimir::controlplane {

/// Who speaks, for every message.
struct SyslogOrigin {
  std::string host;     ///< of this machine
  std::string process;  ///< its number
};
[[nodiscard]] SyslogOrigin syslog_origin();

/// A line of the alerts as a message of RFC 5424: facility 10 (security), severity critical,
/// warning or notice for high, medium and low, the alert's own time, its kind as the id of
/// the message, no structured data, and the JSON as it is (MSG-ANY: no byte order mark).
[[nodiscard]] std::string to_syslog(const std::string& line, const SyslogOrigin& origin);

}  // namespace mimir::controlplane
