// SPDX-License-Identifier: Apache-2.0
#include "controlplane/stop_signal.h"

#include <csignal>
#include <unistd.h>

namespace mimir::controlplane {

namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler takes no lock");

void handle(int signal) {
  if (stop_requested.exchange(true)) _exit(128 + signal);
}

}  // namespace

const std::atomic<bool>& watch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = handle;
  sigemptyset(&action.sa_mask);
  (void)sigaction(SIGINT, &action, nullptr);
  (void)sigaction(SIGTERM, &action, nullptr);
  return stop_requested;
}

void request_stop() { stop_requested.store(true); }

}  // namespace mimir::controlplane
