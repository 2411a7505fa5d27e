// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "dataplane/record/time.h"
#include "dataplane/source/packet_source.h"

namespace mimir {

/// Which share of the flows a worker counts while it cannot keep up with its queue.
///
/// At level n it counts one flow in 2^n: those of whose hash n bits are zero, by which
/// the flow table chooses nothing. So a flow is counted or left out as a whole, both
/// directions alike, and what is counted at a level is counted at every one below it.
/// The hash is keyed: nobody can aim a flow at the share that is left out.
///
/// Halves after kPressedPollMax polls in a row that leave the queue pressed, and again
/// after as many more: as long as it takes to fill a queue of 1024. Doubles when a
/// second of packet time went by in which every poll left it calm. A queue that is
/// busy moves nothing.
///
/// What it cannot save is receiving and dissecting the packets that are left out, for
/// only their inner headers tell their flow: four fifths of the cost at a thousand flows,
/// little more than half at a million, where overload is likely. What is too much even
/// for that is missed by the port, and counted there.
///
/// Threads: one worker. Cost: two comparisons a burst, one a packet while it sheds.
class LoadShedder {
 public:
  static constexpr std::uint8_t kLevelMax = 8;
  static constexpr std::uint32_t kPressedPollMax = 16;
  static constexpr TimeNs kReturnNs = kNsPerSecond;

  /// After each poll: how it left the queue, and the packet time by then.
  /// REQUIRES: time_ns never descends.
  void observe(source::QueueLoad load, TimeNs time_ns) noexcept {
    if (load == source::QueueLoad::kPressed) {
      is_calm_ = false;
      if (++pressed_polls_ < kPressedPollMax) return;
      pressed_polls_ = 0;
      if (level_ < kLevelMax) ++level_;
      return;
    }
    pressed_polls_ = 0;
    if (level_ == 0 || load == source::QueueLoad::kBusy) {
      is_calm_ = false;
    } else if (!is_calm_) {
      is_calm_ = true;
      return_at_ns_ = time_ns + kReturnNs;
    } else if (time_ns >= return_at_ns_) {
      --level_;
      return_at_ns_ = time_ns + kReturnNs;
    }
  }

  [[nodiscard]] std::uint8_t level() const noexcept { return level_; }
  /// Whether the flow with that hash is of the share that is counted.
  [[nodiscard]] bool keeps(std::uint64_t hash) const noexcept {
    return (hash >> 24 & ((1U << level_) - 1)) == 0;
  }

 private:
  std::uint32_t pressed_polls_ = 0;
  std::uint8_t level_ = 0;
  bool is_calm_ = false;
  TimeNs return_at_ns_ = 0;
};

}  // namespace mimir
