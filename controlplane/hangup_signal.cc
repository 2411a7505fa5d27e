// SPDX-License-Identifier: Apache-2.0
#include "controlplane/hangup_signal.h"

#include <csignal>

namespace mimir::controlplane {

namespace {

std::atomic<bool> reopen_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler takes no lock");

void request_reopen(int /*signal*/) { reopen_requested = true; }

}  // namespace

std::atomic<bool>& watch_hangup_signal() {
  struct sigaction action {};
  action.sa_handler = request_reopen;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  (void)sigaction(SIGHUP, &action, nullptr);
  return reopen_requested;
}

}  // namespace mimir::controlplane
