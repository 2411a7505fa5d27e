// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mimir::wire {

/// UDP ports whose datagrams carry others: IANA's "Service Name and Transport
/// Protocol Port Number Registry", and the one Linux gave VXLAN before there was
/// one, which overlays still use.
inline constexpr std::uint16_t kVxlanPort = 4789;
inline constexpr std::uint16_t kLinuxVxlanPort = 8472;
inline constexpr std::uint16_t kVxlanGpePort = 4790;
inline constexpr std::uint16_t kGenevePort = 6081;
inline constexpr std::uint16_t kGtpUserPort = 2152;
inline constexpr std::uint16_t kTeredoPort = 3544;

/// Whether a datagram between these ports may be a tunnel's: one lookup for each,
/// in a table of a few lines. May say so of a port that is none.
[[nodiscard]] inline bool may_be_tunnel(std::uint16_t source_port,
                                        std::uint16_t destination_port) noexcept {
  static constexpr auto kMarked = [] {
    std::array<std::uint64_t, 64> marked{};
    for (const std::uint16_t port :
         {kVxlanPort, kLinuxVxlanPort, kVxlanGpePort, kGenevePort, kGtpUserPort, kTeredoPort}) {
      marked[port % 4096 / 64] |= std::uint64_t{1} << port % 64;
    }
    return marked;
  }();
  // Teredo answers from its port; the others are told by the destination alone.
  return (kMarked[destination_port % 4096 / 64] >> destination_port % 64 & 1) != 0 ||
         source_port == kTeredoPort;
}

}  // namespace mimir::wire
