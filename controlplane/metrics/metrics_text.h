// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>

#include "controlplane/status/appliance_status.h"

namespace mimir::controlplane {

/// The appliance's counters in the text format of Prometheus, version 0.0.4.
///
/// Names and labels are part of the public interface: they may be added to, never
/// renamed. Times are in seconds, sizes in bytes, shares from 0 to 1. Labels are bounded
/// by the configuration and the code: ports, cores, granularities, drop reasons; no pod,
/// service or address. `mimir_packets_total` closes over its results and `received`.
///
/// `latest` has the last window of each granularity. Threads: pure.
[[nodiscard]] std::string to_metrics_text(const ApplianceStatus& status,
                                          std::span<const WindowView* const> latest, TimeNs now_ns);

}  // namespace mimir::controlplane
