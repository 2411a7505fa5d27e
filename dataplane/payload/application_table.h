// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/record/application.h"

namespace mimir::payload {

/// What must hold of bytes beside a pattern, because a regular expression cannot count.
enum class Structure : std::uint8_t {
  kAny,
  kTlsRecord,
  kHttp2Frames,
  kMysqlPacket,
  kMysqlLogin,
  kPostgresqlMessages,
  kMongodbMessage,
  kAmqpFrames,
  kKafkaRequest,
  kMemcachedBinary,
  kRdpConnection,
  kLdapMessage,
  kThriftMessage,
};

/// Whether the first payload of a packet has it. Lengths may speak of more than is here.
/// Threads: pure. Reads nothing outside `bytes`.
[[nodiscard]] bool has_structure(Structure structure, std::span<const std::byte> bytes) noexcept;

/// One way in which a packet of an application begins.
struct ApplicationPattern {
  Application application = Application::kUnknown;
  std::uint8_t ip_protocol = 0;
  Structure structure = Structure::kAny;
  const char* expression = "";
};

/// In the order in which they are believed: where several hold, the first. Those that no
/// other protocol could look like come before those that say little.
[[nodiscard]] std::span<const ApplicationPattern> application_patterns() noexcept;

inline constexpr std::size_t kApplicationPatternMax = 64;

}  // namespace mimir::payload
