// SPDX-License-Identifier: Apache-2.0
#include "controlplane/stop_signal.h"

#include <csignal>
#include <unistd.h>

#include <gtest/gtest.h>

namespace mimir::controlplane {
namespace {

// In a process of its own: what is asked for once stays asked for.
TEST(StopSignal, AsksForAnOrderlyEndOnce) {
  EXPECT_EXIT(
      {
        const std::atomic<bool>& is_asked = watch_stop_signals();
        const bool before = is_asked;
        (void)std::raise(SIGTERM);
        _exit(!before && is_asked ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST(StopSignal, EndsAtTheSecondWithTheExitCodeOfTheSignal) {
  for (const int signal : {SIGTERM, SIGINT}) {
    EXPECT_EXIT(
        {
          (void)watch_stop_signals();
          (void)std::raise(SIGTERM);
          (void)std::raise(signal);
          _exit(0);
        },
        testing::ExitedWithCode(128 + signal), "");
  }
}

}  // namespace
}  // namespace mimir::controlplane
