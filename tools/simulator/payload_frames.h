// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "tools/simulator/payload.h"

namespace mimir::simulator {

/// The connection preface and settings of HTTP/2 (RFC 9113 §3.4).
[[nodiscard]] std::array<Greeting, 8> grpc_greetings();

/// A handshake of TLS 1.3 (RFC 8446 §2), of which only the hellos are in clear.
[[nodiscard]] std::array<Greeting, 8> tls_greetings();

/// Appends a number of so many bytes, its highest first.
void big(std::string& out, std::uint64_t value, std::size_t bytes);

}  // namespace mimir::simulator
