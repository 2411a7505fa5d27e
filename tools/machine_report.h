// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "tools/live_run.h"
#include "tools/machine_check.h"

namespace mimir::tools {

/// What the machine has of what the configuration adds up to: memory term by term, pages, ports,
/// cores, clock, permission.
[[nodiscard]] std::vector<MachineFinding> machine_findings(const LiveOptions& options,
                                                           const MachineCheck& machine);

/// What is well on standard output, the rest on standard error. False if something is missing.
[[nodiscard]] bool tell_machine(const std::vector<MachineFinding>& findings);

}  // namespace mimir::tools
