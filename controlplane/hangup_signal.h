// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace mimir::controlplane {

/// Makes SIGHUP ask for what was renamed to be opened anew. Returns what becomes true;
/// whoever does it sets it false again, before it does.
///
/// Threads: call once, on the main thread, before others are started.
[[nodiscard]] std::atomic<bool>& watch_hangup_signal();

}  // namespace mimir::controlplane
