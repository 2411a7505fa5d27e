// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/record/time.h"

namespace mimir::detector {

/// Packets and bytes of two directions over the last minute, in steps of ten seconds.
///
/// REQUIRES: times that do not go back by more than a minute.
class MinuteSum {
 public:
  struct Part {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;

    [[nodiscard]] double mean_bytes() const {
      return packets == 0 ? 0.0 : static_cast<double>(bytes) / static_cast<double>(packets);
    }
  };

  void add(TimeNs time_ns, const Part& sent, const Part& received) {
    const std::int64_t step = window_of(time_ns, kStepNs);
    if (step > newest_) newest_ = step;
    Step& here = steps_[static_cast<std::size_t>(step % kStepCount + kStepCount) % kStepCount];
    if (here.number != step) here = {.number = step, .sent = {}, .received = {}};
    here.sent.packets += sent.packets;
    here.sent.bytes += sent.bytes;
    here.received.packets += received.packets;
    here.received.bytes += received.bytes;
  }

  [[nodiscard]] Part sent() const { return sum(&Step::sent); }
  [[nodiscard]] Part received() const { return sum(&Step::received); }

  /// Steps in which neither direction's packets were all equally long: of equal ones the
  /// bytes are a multiple of the packets.
  [[nodiscard]] std::size_t varied_count() const {
    std::size_t count = 0;
    for (const Step& step : steps_) {
      if (step.number > newest_ - kStepCount && is_varied(step.sent) && is_varied(step.received)) {
        ++count;
      }
    }
    return count;
  }

 private:
  static constexpr TimeNs kStepNs = 10 * kNsPerSecond;
  static constexpr std::int64_t kStepCount = 6;
  struct Step {
    std::int64_t number = INT64_MIN;
    Part sent;
    Part received;
  };

  [[nodiscard]] static bool is_varied(const Part& part) {
    return part.packets != 0 && part.bytes % part.packets != 0;
  }

  [[nodiscard]] Part sum(Part Step::*part) const {
    Part all;
    for (const Step& step : steps_) {
      if (step.number <= newest_ - kStepCount) continue;
      all.packets += (step.*part).packets;
      all.bytes += (step.*part).bytes;
    }
    return all;
  }

  std::array<Step, kStepCount> steps_{};
  std::int64_t newest_ = INT64_MIN / 2;
};

}  // namespace mimir::detector
