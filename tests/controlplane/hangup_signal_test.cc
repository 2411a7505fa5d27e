// SPDX-License-Identifier: Apache-2.0
#include "controlplane/hangup_signal.h"

#include <csignal>
#include <unistd.h>

#include <gtest/gtest.h>

namespace mimir::controlplane {
namespace {

// In a process of its own: a signal's handler is everybody's.
TEST(HangupSignal, AsksAsOftenAsItComes) {
  EXPECT_EXIT(
      {
        std::atomic<bool>& is_asked = watch_hangup_signal();
        bool is_well = !is_asked;
        for (int i = 0; i < 2; ++i) {
          (void)std::raise(SIGHUP);
          is_well = is_well && is_asked.exchange(false);
        }
        _exit(is_well ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace mimir::controlplane
