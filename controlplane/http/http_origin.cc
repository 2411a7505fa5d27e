// SPDX-License-Identifier: Apache-2.0
#include "controlplane/http/http_origin.h"

#include <charconv>
#include <cstdint>

namespace mimir::controlplane {

bool HttpOrigin::is_loopback() const {
  const bool is_of_127 =
      host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos;
  return is_of_127 || host == "::1" || host == "localhost";
}

std::string HttpOrigin::authority() const {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
}

std::optional<HttpOrigin> parse_origin(std::string_view url) {
  HttpOrigin origin;
  if (url.starts_with("https://")) {
    origin.is_tls = true;
    url.remove_prefix(8);
  } else if (url.starts_with("http://")) {
    url.remove_prefix(7);
  } else {
    return std::nullopt;
  }
  if (url.ends_with('/')) url.remove_suffix(1);
  if (url.find_first_of("/?#@ ") != std::string_view::npos) return std::nullopt;
  const bool is_bracketed = url.starts_with('[');
  const std::size_t bracket = is_bracketed ? url.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  const std::size_t colon = url.find(':', bracket);
  origin.host = is_bracketed ? url.substr(1, bracket - 1) : url.substr(0, colon);
  origin.port = origin.is_tls ? "443" : "80";
  if (colon != std::string_view::npos) {
    origin.port = url.substr(colon + 1);
  } else if (is_bracketed && bracket + 1 != url.size()) {
    return std::nullopt;
  }
  std::uint16_t port = 0;
  const char* const last = origin.port.data() + origin.port.size();
  const auto [end, error] = std::from_chars(origin.port.data(), last, port);
  if (origin.host.empty() || error != std::errc() || end != last || port == 0) return std::nullopt;
  return origin;
}

}  // namespace mimir::controlplane
