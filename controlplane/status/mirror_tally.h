// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/record/flow_record.h"

namespace mimir::controlplane {

/// How whole the conversations are that a mirror shows. Who acknowledges hears somebody: a side
/// of which kPacketsLeast packets or more take part in an established connection, while no
/// packet of the other side came in the same window, tells of packets that the mirror left out.
/// Calls that nobody answers, such as a scan's, take no part and are not counted.
struct MirrorTally {
  static constexpr std::uint64_t kPacketsLeast = 4;

  std::uint64_t tcp_flows = 0;  ///< of a window each, of which a side is as told above
  std::uint64_t one_way = 0;    ///< of these

  /// Records of one base window, merged by flow.
  void add(std::span<const FlowRecord> records);
  [[nodiscard]] double one_way_ratio() const {
    return tcp_flows == 0 ? 0 : static_cast<double>(one_way) / static_cast<double>(tcp_flows);
  }
};

}  // namespace mimir::controlplane
