// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "dataplane/source/packet_source.h"

namespace mimir::source {

/// How pressed the queue of a port is whose driver does not say what waits in it:
/// bursts that stay full while the port's count of missed packets rises.
///
/// A rise makes the next kPressedPollCount full bursts pressed ones; one burst that is
/// not full ends that, since then nothing waits. Other full bursts are busy. The count
/// is the port's: of several queues, all that bring full bursts are pressed.
///
/// Threads: one worker. Cost: two comparisons.
class LossWatch {
 public:
  static constexpr std::uint32_t kPressedPollCount = 16;

  [[nodiscard]] QueueLoad look(bool is_burst_full, std::uint64_t missed) noexcept {
    if (missed > missed_) {
      missed_ = missed;
      pressed_polls_left_ = kPressedPollCount;
    }
    if (!is_burst_full) {
      pressed_polls_left_ = 0;
      return QueueLoad::kCalm;
    }
    if (pressed_polls_left_ == 0) return QueueLoad::kBusy;
    --pressed_polls_left_;
    return QueueLoad::kPressed;
  }

 private:
  std::uint64_t missed_ = 0;
  std::uint32_t pressed_polls_left_ = 0;
};

}  // namespace mimir::source
