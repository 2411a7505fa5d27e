// SPDX-License-Identifier: Apache-2.0
#include "dataplane/source/nic_clock.h"

namespace mimir::source {

NicClock::State NicClock::refuse(const char* why) noexcept {
  refusal_ = why;
  line_ = {};
  state_ = State::kRefused;
  return state_;
}

NicClock::State NicClock::read(std::uint64_t ticks, TimeNs now_ns) noexcept {
  if (state_ == State::kRefused) return state_;
  const TimeNs since_ns = now_ns - last_ns_;
  if (reading_count_ > 0 && since_ns < (state_ == State::kTrusted ? kFollowNs : kLearnNs)) {
    return state_;
  }
  const auto since_ticks = static_cast<std::int64_t>(ticks - last_ticks_);
  last_ticks_ = ticks;
  last_ns_ = now_ns;
  if (reading_count_++ == 0) return state_;
  if (since_ticks <= 0) return refuse("does not ascend");
  const double ns_per_tick = static_cast<double>(since_ns) / static_cast<double>(since_ticks);
  if (ns_per_tick < kNsPerTickMin || ns_per_tick > kNsPerTickMax) {
    return refuse("runs at a rate that no clock has");
  }
  if (!line_.is_there()) {
    line_ = {.origin_ticks = ticks, .origin_ns = now_ns, .ns_per_tick = ns_per_tick};
    return state_;
  }
  const TimeNs told_ns = line_.to_ns(ticks);
  const TimeNs error_ns = now_ns - told_ns;
  const TimeNs error_max_ns = kErrorMaxNs + since_ns / kDriftDivisor;
  if (error_ns > error_max_ns || error_ns < -error_max_ns) return refuse("is not steady");
  // The next reading is kFollowNs away: by then the error shall be gone.
  const double bend = 1.0 + static_cast<double>(error_ns) / static_cast<double>(kFollowNs);
  line_ = {.origin_ticks = ticks, .origin_ns = told_ns, .ns_per_tick = ns_per_tick * bend};
  state_ = State::kTrusted;
  return state_;
}

}  // namespace mimir::source
