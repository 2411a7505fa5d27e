// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/record/drop.h"
#include "dataplane/wire/cursor.h"
#include "dataplane/wire/ether_type.h"

namespace mimir::wire {

/// The most MPLS labels followed before giving up.
inline constexpr std::size_t kMplsLabelMax = 8;

/// Steps over what may stand between a link header and IP: VLAN tags (IEEE 802.1Q
/// and 802.1ad), then MPLS labels (RFC 3032) or a PPPoE session (RFC 2516).
/// `beneath` speaks of what `in` stands at, before and after.
///
/// Behind MPLS nothing names the payload: as RFC 4928 has it, a first nibble of 4 or
/// 6 is IP, and anything else (a pseudowire's control word) is refused.
[[nodiscard]] Drop skip_shims(Cursor& in, Beneath& beneath) noexcept;

}  // namespace mimir::wire
