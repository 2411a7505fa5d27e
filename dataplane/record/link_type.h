// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace mimir {

/// What the first byte of a captured packet is.
enum class LinkType : std::uint8_t {
  kEthernet,       ///< Ethernet II or 802.3, from the destination MAC on
  kRawIp,          ///< the IP header; its version field tells which
  kLinuxCookedV1,  ///< LINKTYPE_LINUX_SLL: 16 bytes, then the payload
  kLinuxCookedV2,  ///< LINKTYPE_LINUX_SLL2: 20 bytes, then the payload
  kLoopback,       ///< LINKTYPE_NULL and _LOOP: 4 bytes of address family, then the IP header
  kNetfilterLog,   ///< LINKTYPE_NFLOG: a netfilter message, the IP header in one of its fields
  kOther,          ///< anything else: nothing in it is read
};

}  // namespace mimir
