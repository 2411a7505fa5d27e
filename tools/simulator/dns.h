// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mimir::simulator::dns {

/// 192.0.2.53 (RFC 5737): who knows the names outside the cluster.
inline constexpr std::uint32_t kUpstream = 0xc0000235;

inline constexpr std::uint16_t kTypeA = 1;
inline constexpr std::uint16_t kTypeTxt = 16;
inline constexpr std::uint16_t kTypeAaaa = 28;

/// DNS messages as RFC 1035 §4 writes them. `name` has no final dot; its labels are
/// shorter than 64 bytes.
[[nodiscard]] std::string query(std::uint16_t id, std::string_view name, std::uint16_t type);

[[nodiscard]] std::string address_reply(std::uint16_t id, std::string_view name,
                                        const std::vector<std::uint32_t>& addresses,
                                        std::uint32_t ttl_s);

/// A TXT record of one string (RFC 1035 §3.3.14). REQUIRES: text of up to 255 bytes.
[[nodiscard]] std::string text_reply(std::uint16_t id, std::string_view name, std::string_view text,
                                     std::uint32_t ttl_s);

/// There is the name but no such record, or (`no_such_name`) not even the name
/// (RFC 2308 §2): an SOA of `zone` says how long that holds.
[[nodiscard]] std::string empty_reply(std::uint16_t id, std::string_view name, std::uint16_t type,
                                      std::string_view zone, bool no_such_name);

}  // namespace mimir::simulator::dns
