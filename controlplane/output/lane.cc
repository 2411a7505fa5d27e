// SPDX-License-Identifier: Apache-2.0
#include "controlplane/output/lane.h"

#include <utility>

namespace mimir::controlplane {

Lane::Lane(std::size_t bytes_max, Work work)
    : bytes_max_(bytes_max), work_(std::move(work)), thread_([this] { run(); }) {}

bool Lane::push(const std::string& line) {
  {
    const std::scoped_lock lock(mutex_);
    if (is_stopping_ || bytes_ + line.size() > bytes_max_) return false;
    bytes_ += line.size();
    lines_.push_back(line);
  }
  wakeup_.notify_one();
  return true;
}

void Lane::poke() {
  {
    const std::scoped_lock lock(mutex_);
    is_poked_ = true;
  }
  wakeup_.notify_one();
}

void Lane::stop() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
  }
  wakeup_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Lane::run() {
  std::vector<std::string> batch;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wakeup_.wait(lock, [this] { return !lines_.empty() || is_poked_ || is_stopping_; });
      if (lines_.empty() && !is_poked_) return;
      batch.swap(lines_);
      bytes_ = 0;
      is_poked_ = false;
    }
    work_(batch);
    batch.clear();
  }
}

}  // namespace mimir::controlplane
