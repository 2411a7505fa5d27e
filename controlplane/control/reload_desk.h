// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace mimir::controlplane {

/// How far a reload has come. What was refused has changed nothing.
enum class ReloadPhase : std::uint8_t {
  kNone,     ///< none was asked for
  kReading,  ///< files are read and compiled, beside the appliance
  kWaiting,  ///< for the edge of a window
  kInForce,  ///< it is what judges now
  kRefused,
};

[[nodiscard]] std::string_view name(ReloadPhase phase);

/// Where a reload is asked for and where it is told of: one at a time.
///
/// Threads: any. Whoever serves people asks and looks; one thread waits and reads; the
/// control plane tells what came of it.
class ReloadDesk {
 public:
  struct State {
    std::uint64_t number = 0;  ///< of the reload, from 1; 0: there was none
    ReloadPhase phase = ReloadPhase::kNone;
    std::string text;  ///< what was refused and why, or what is in force
  };

  /// The reload's number; none if one is under way.
  [[nodiscard]] std::optional<std::uint64_t> request();
  [[nodiscard]] State state() const;

  /// Until somebody asks; false if the thread is to end.
  [[nodiscard]] bool wait_for_request(const std::stop_token& stop);
  void tell(ReloadPhase phase, std::string text);
  /// Nothing is judged any more: what is under way and whatever is asked for later is refused.
  void close(std::string why);

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any asked_;
  State state_;
  std::optional<std::string> closed_because_;
};

}  // namespace mimir::controlplane
