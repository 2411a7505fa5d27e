// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/json.h"
#include "controlplane/status/appliance_status.h"

namespace mimir::controlplane {

// The status as the API shows it. Times are EVE timestamps and, where a program looks for a
// window, whole seconds since 1970; packets dropped are listed by reason, without zeros.

[[nodiscard]] config::Json to_json(const ApplianceStatus& status);
/// A window without its edges and contributions: a few hundred of them make a time line.
[[nodiscard]] config::Json summary_json(const WindowView& window);
[[nodiscard]] config::Json to_json(const WindowView& window);

}  // namespace mimir::controlplane
