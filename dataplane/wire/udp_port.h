// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

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

/// The ports that tunnels are looked for on. VXLAN's are the operator's choice, and go
/// before what the registry says of a port; the others are the registry's.
class TunnelPorts {
 public:
  static constexpr std::size_t kVxlanPortMax = 8;

  constexpr TunnelPorts() noexcept
      : TunnelPorts(std::initializer_list<std::uint16_t>{kVxlanPort, kLinuxVxlanPort}) {}
  constexpr explicit TunnelPorts(std::initializer_list<std::uint16_t> vxlan_ports) noexcept
      : TunnelPorts(std::span(vxlan_ports.begin(), vxlan_ports.size())) {}
  /// REQUIRES: at most kVxlanPortMax; none is 0.
  constexpr explicit TunnelPorts(std::span<const std::uint16_t> vxlan_ports) noexcept {
    const std::size_t count = std::min(vxlan_ports.size(), vxlan_ports_.size());
    for (std::size_t i = 0; i < count; ++i) {
      vxlan_ports_[i] = vxlan_ports[i];
      mark(vxlan_ports[i]);
    }
    for (const std::uint16_t port : {kVxlanGpePort, kGenevePort, kGtpUserPort, kTeredoPort}) {
      mark(port);
    }
  }

  /// Whether a datagram between these ports may be a tunnel's: one lookup for each,
  /// in a table of a few lines. May say so of a port that is none.
  [[nodiscard]] constexpr bool may_be_tunnel(std::uint16_t source_port,
                                             std::uint16_t destination_port) const noexcept {
    // Teredo answers from its port; the others are told by the destination alone.
    return (marked_[destination_port % 4096 / 64] >> destination_port % 64 & 1) != 0 ||
           source_port == kTeredoPort;
  }

  [[nodiscard]] constexpr bool is_vxlan(std::uint16_t destination_port) const noexcept {
    return destination_port != 0 &&
           std::ranges::find(vxlan_ports_, destination_port) != vxlan_ports_.end();
  }

 private:
  constexpr void mark(std::uint16_t port) noexcept {
    marked_[port % 4096 / 64] |= std::uint64_t{1} << port % 64;
  }

  std::array<std::uint64_t, 64> marked_{};
  std::array<std::uint16_t, kVxlanPortMax> vxlan_ports_{};  ///< 0: none
};

}  // namespace mimir::wire
