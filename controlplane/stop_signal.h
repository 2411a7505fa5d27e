// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

namespace mimir::controlplane {

/// Makes SIGINT and SIGTERM ask for an orderly end; a second one ends at once, with
/// the exit code a shell gives that signal. Returns what becomes true.
///
/// Threads: call once, on the main thread, before others are started.
[[nodiscard]] const std::atomic<bool>& watch_stop_signals();

/// Asks for the same orderly end. Threads: any.
void request_stop();

}  // namespace mimir::controlplane
