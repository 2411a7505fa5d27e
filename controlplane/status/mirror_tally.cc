// SPDX-License-Identifier: Apache-2.0
#include "controlplane/status/mirror_tally.h"

#include <cstddef>

#include "dataplane/record/connection.h"

namespace mimir::controlplane {

void MirrorTally::add(std::span<const FlowRecord> records) {
  for (const FlowRecord& record : records) {
    if (record.key.protocol != kProtocolTcp) continue;
    bool takes_part = false;
    bool is_alone = false;
    for (std::size_t side = 0; side < 2; ++side) {
      if ((record.signs[side] & kSentAck) == 0 || record.packets[side] < kPacketsLeast) continue;
      takes_part = true;
      is_alone = is_alone || record.packets[1 - side] == 0;
    }
    tcp_flows += static_cast<std::uint64_t>(takes_part);
    one_way += static_cast<std::uint64_t>(is_alone);
  }
}

}  // namespace mimir::controlplane
