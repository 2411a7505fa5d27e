// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "dataplane/record/time.h"
#include "tools/simulator/topology.h"

namespace mimir::simulator {

/// When services are down, by Topology::crashes. It is known beforehand, so that what is
/// under way at a crash ends in its middle.
class Downtime {
 public:
  static constexpr TimeNs kNever = std::numeric_limits<TimeNs>::max();

  explicit Downtime(const Topology& topology);

  [[nodiscard]] bool is_down(std::uint32_t service, TimeNs time_ns) const;

  /// When the service dies next, at or after `time_ns`.
  [[nodiscard]] TimeNs next_ns(std::uint32_t service, TimeNs time_ns) const;

 private:
  struct Outage {
    std::uint32_t service;
    TimeNs at_ns;
    TimeNs down_for_ns;
  };
  std::vector<Outage> outages_;
};

}  // namespace mimir::simulator
