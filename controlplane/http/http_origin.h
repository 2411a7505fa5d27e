// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mimir::controlplane {

/// Where a server is, as "https://10.0.0.1:6443" or "http://[::1]:8001" say it.
struct HttpOrigin {
  bool is_tls = false;
  std::string host;  ///< a name or an address, without brackets
  std::string port;

  /// 127.0.0.0/8, ::1 or localhost.
  [[nodiscard]] bool is_loopback() const;
  /// "10.0.0.1:6443", as the Host header has it.
  [[nodiscard]] std::string authority() const;
};
/// Nothing if `url` is no such text, or has a path, a query or a user.
[[nodiscard]] std::optional<HttpOrigin> parse_origin(std::string_view url);

}  // namespace mimir::controlplane
