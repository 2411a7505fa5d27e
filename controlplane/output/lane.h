// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mimir::controlplane {

/// A thread that is given lines and must not keep whoever gives them waiting.
///
/// Threads: push() and poke() from any, stop() from the owner. Memory: at most `bytes_max`
/// of lines and one more batch of that size in work.
class Lane {
 public:
  /// Called on the lane's thread with what came since the last time, oldest first; with
  /// nothing after poke().
  using Work = std::function<void(const std::vector<std::string>& lines)>;

  Lane(std::size_t bytes_max, Work work);
  ~Lane() { stop(); }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  /// False: there is no room, and the line is not taken.
  [[nodiscard]] bool push(const std::string& line);
  /// Has work called soon, although there may be nothing new.
  void poke();
  /// What was taken is worked off first. Then nothing is taken any more.
  void stop();

 private:
  void run();

  std::size_t bytes_max_;
  Work work_;
  std::mutex mutex_;
  std::condition_variable wakeup_;
  std::vector<std::string> lines_;
  std::size_t bytes_ = 0;
  bool is_poked_ = false;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace mimir::controlplane
