// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "dataplane/record/time.h"

namespace mimir::source {

/// A counter that ticks evenly, as real time, near a moment when both were read.
struct ClockLine {
  std::uint64_t origin_ticks = 0;
  TimeNs origin_ns = 0;
  double ns_per_tick = 0;  ///< 0: there is no line

  [[nodiscard]] bool is_there() const noexcept { return ns_per_tick > 0; }
  /// Within a nanosecond for moments up to a month from the origin; what would be more
  /// than a century from it is a century from it. REQUIRES: is_there().
  [[nodiscard]] TimeNs to_ns(std::uint64_t ticks) const noexcept {
    constexpr double kFarNs = 3.2e18;
    const auto distance = static_cast<double>(static_cast<std::int64_t>(ticks - origin_ticks));
    return origin_ns + static_cast<TimeNs>(std::clamp(distance * ns_per_tick, -kFarNs, kFarNs));
  }
};

/// A stamp that gives a time outside of these, seen from its burst's, is not believed.
inline constexpr TimeNs kStampBehindMaxNs = kNsPerSecond;
inline constexpr TimeNs kStampAheadMaxNs = kNsPerSecond / 1000;

/// Whether a packet of a burst that came at `burst_ns`, by the clock of the line, was
/// stamped at `stamp_ns`; if not, the NIC stamps what it likes.
[[nodiscard]] constexpr bool is_believable(TimeNs stamp_ns, TimeNs burst_ns) noexcept {
  return stamp_ns >= burst_ns - kStampBehindMaxNs && stamp_ns <= burst_ns + kStampAheadMaxNs;
}

/// Learns how a NIC's free-running clock runs against real time, from readings of both
/// at one moment, and follows its drift.
///
/// The first two readings, kLearnNs apart, give the rate; the third must be where they
/// say. From then on the clock is trusted, and a reading a second bends the line: from
/// the time it has now towards where the last two readings say the next one will be, so
/// that it is never off by more than the drift of one second and never steps. A clock
/// that stands, steps or runs at a rate no clock has is refused, and stays so.
///
/// Threads: the control plane's; see SharedLine for the workers.
class NicClock {
 public:
  enum class State : std::uint8_t { kLearning, kTrusted, kRefused };

  static constexpr TimeNs kLearnNs = kNsPerSecond / 10;
  static constexpr TimeNs kFollowNs = kNsPerSecond;
  /// What a reading may be off: the time it takes to read, and 200 parts in a million
  /// since the last one, of which a crystal takes but a quarter.
  static constexpr TimeNs kErrorMaxNs = 1'000'000;
  static constexpr TimeNs kDriftDivisor = 5000;
  static constexpr double kNsPerTickMin = 0.1;  ///< 10 GHz
  static constexpr double kNsPerTickMax = 1e6;  ///< 1 kHz

  /// Both clocks read at one moment. What comes sooner than is useful is not looked at.
  State read(std::uint64_t ticks, TimeNs now_ns) noexcept;

  [[nodiscard]] State state() const noexcept { return state_; }
  /// Of use only while kTrusted.
  [[nodiscard]] const ClockLine& line() const noexcept { return line_; }
  /// Why it was refused, as the end of "the clock ...".
  [[nodiscard]] const char* refusal() const noexcept { return refusal_; }

 private:
  State refuse(const char* why) noexcept;

  State state_ = State::kLearning;
  std::uint32_t reading_count_ = 0;
  std::uint64_t last_ticks_ = 0;
  TimeNs last_ns_ = 0;
  ClockLine line_;
  const char* refusal_ = "";
};

/// A line that one thread bends while others read it.
///
/// Threads: one calls publish(), any number read(). No lock; a reader that meets the
/// writer keeps the line it has.
class SharedLine {
 public:
  // All in one order, so that a line between two equal, even versions is whole.
  void publish(const ClockLine& line) noexcept {
    version_.fetch_add(1);
    origin_ticks_.store(line.origin_ticks);
    origin_ns_.store(line.origin_ns);
    ns_per_tick_.store(line.ns_per_tick);
    version_.fetch_add(1);
  }

  /// Takes the latest line if it is another than that of `version`.
  void read(ClockLine& line, std::uint32_t& version) const noexcept {
    const std::uint32_t before = version_.load();
    if (before == version || before % 2 != 0) return;
    const ClockLine latest{.origin_ticks = origin_ticks_.load(),
                           .origin_ns = origin_ns_.load(),
                           .ns_per_tick = ns_per_tick_.load()};
    if (version_.load() != before) return;
    line = latest;
    version = before;
  }

 private:
  std::atomic<std::uint32_t> version_{0};
  std::atomic<std::uint64_t> origin_ticks_{0};
  std::atomic<TimeNs> origin_ns_{0};
  std::atomic<double> ns_per_tick_{0};
};

}  // namespace mimir::source
