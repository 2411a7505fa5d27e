// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "dataplane/record/link_type.h"

namespace mimir::source {

/// The link type that a LINKTYPE_ number of a capture file stands for
/// (tcpdump.org "Link-Layer Header Types"); kOther if it is not read here.
[[nodiscard]] constexpr LinkType link_type_of(std::uint32_t number) noexcept {
  switch (number) {
    case 1:  // LINKTYPE_ETHERNET
      return LinkType::kEthernet;
    case 12:   // DLT_RAW as some systems write it
    case 14:   // DLT_RAW as OpenBSD writes it
    case 101:  // LINKTYPE_RAW
    case 228:  // LINKTYPE_IPV4
    case 229:  // LINKTYPE_IPV6
      return LinkType::kRawIp;
    case 113:  // LINKTYPE_LINUX_SLL
      return LinkType::kLinuxCookedV1;
    case 276:  // LINKTYPE_LINUX_SLL2
      return LinkType::kLinuxCookedV2;
    case 0:    // LINKTYPE_NULL
    case 108:  // LINKTYPE_LOOP
      return LinkType::kLoopback;
    case 239:  // LINKTYPE_NFLOG
      return LinkType::kNetfilterLog;
    default:
      return LinkType::kOther;
  }
}

}  // namespace mimir::source
