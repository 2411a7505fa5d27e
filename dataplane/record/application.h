// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mimir {

/// The protocol that the two ends of a flow speak above TCP or UDP, told by their bytes
/// and not by their ports.
///
/// A flow has one; of two that were told of it (an upgrade, two windows) the greater
/// number stands, so that HTTP/2 becomes gRPC and plain text becomes TLS, never back.
enum class Application : std::uint8_t {
  kUnknown,
  kHttp1,
  kHttp2,
  kGrpc,
  kDns,
  kMysql,
  kPostgresql,
  kMongodb,
  kRedis,
  kAmqp,
  kKafka,
  kNats,
  kMemcached,
  kSsh,
  kSmb,
  kRdp,
  kLdap,
  kThrift,
  kQuic,
  kIrc,
  kSmtp,
  kTls,
};

inline constexpr std::array<std::string_view, 22> kApplicationNames{
    "",      "http1",  "http2", "grpc", "dns",       "mysql", "postgresql", "mongodb",
    "redis", "amqp",   "kafka", "nats", "memcached", "ssh",   "smb",        "rdp",
    "ldap",  "thrift", "quic",  "irc",  "smtp",      "tls"};

static_assert(kApplicationNames.size() == static_cast<std::size_t>(Application::kTls) + 1);

/// Lower-case and stable; empty if it is unknown.
[[nodiscard]] constexpr std::string_view name(Application application) noexcept {
  return kApplicationNames[static_cast<std::size_t>(application)];
}

/// Some of them: bit 1 << each that is known.
using ApplicationSet = std::uint32_t;

[[nodiscard]] constexpr ApplicationSet set_of(Application application) noexcept {
  return application == Application::kUnknown ? 0 : 1U << static_cast<unsigned>(application);
}

static_assert(kApplicationNames.size() <= 32);

/// What rules of the payload are about: bit 1 << kind of FlowRecord::rule_bits.
enum class RuleKind : std::uint8_t {
  kData,        ///< what a law or a contract says must not leave
  kCredential,  ///< what opens something
  kTool,        ///< the marks of a scanner or an attacker's tool
  kCustom,      ///< what the user looks for
};

inline constexpr std::array<std::string_view, 4> kRuleKindNames{"data", "credential", "tool",
                                                                "custom"};

[[nodiscard]] constexpr std::string_view name(RuleKind kind) noexcept {
  return kRuleKindNames[static_cast<std::size_t>(kind)];
}

[[nodiscard]] constexpr std::uint8_t bit_of(RuleKind kind) noexcept {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(kind));
}

}  // namespace mimir
