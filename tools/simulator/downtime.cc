// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/downtime.h"

#include <algorithm>

#include "tools/simulator/life.h"

namespace mimir::simulator {

Downtime::Downtime(const Topology& topology) {
  for (const Crash& each : topology.crashes) {
    outages_.push_back({*topology.find_service(each.service), each.at_ns, each.down_for_ns});
  }
}

bool Downtime::is_down(std::uint32_t service, TimeNs time_ns) const {
  return std::any_of(outages_.begin(), outages_.end(), [&](const Outage& each) {
    // It began within the time that it lasts, perhaps before midnight.
    return each.service == service &&
           next_due_ns(time_ns - each.down_for_ns + 1, each.at_ns, 0) <= time_ns;
  });
}

TimeNs Downtime::next_ns(std::uint32_t service, TimeNs time_ns) const {
  TimeNs next_ns = kNever;
  for (const Outage& each : outages_) {
    if (each.service == service) next_ns = std::min(next_ns, next_due_ns(time_ns, each.at_ns, 0));
  }
  return next_ns;
}

}  // namespace mimir::simulator
