// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mimir::controlplane {

struct LocalAnswer {
  unsigned status = 0;
  std::string body;
};

/// Asks an HttpServer at a Unix socket and waits for its answer, ten seconds at most, by
/// HTTP/1.1. Nothing, with what went wrong in `fault`, if there is none.
[[nodiscard]] std::optional<LocalAnswer> ask_local(const std::string& socket_path, bool is_post,
                                                   const std::string& target,
                                                   const std::string& body, std::string& fault);

}  // namespace mimir::controlplane
