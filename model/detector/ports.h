// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace mimir::detector {

/// What listens at a TCP port by custom, as far as detectors ask. Ports are IANA's, or
/// the defaults of the software.
enum class PortUse : std::uint8_t {
  kOther,
  kLogin,     ///< asks for a password or key and gives a session: SSH, RDP, WinRM, SMB, ...
  kControl,   ///< runs what it is told to: kubelet, etcd, the API server, Docker
  kDatabase,  ///< asks for a password, and holds data
  kWeb,       ///< where HTTP is usual, one short connection after the other
};

[[nodiscard]] PortUse use_of(std::uint16_t port);

/// Whether reaching it gives power over what listens there.
[[nodiscard]] inline bool is_privileged(PortUse use) {
  return use == PortUse::kLogin || use == PortUse::kControl || use == PortUse::kDatabase;
}

}  // namespace mimir::detector
