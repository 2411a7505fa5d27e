// SPDX-License-Identifier: Apache-2.0
#include "controlplane/output/spooled_sink.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace mimir::controlplane {

namespace {

/// How often a sink with nothing to do looks whether its receiver is still there.
constexpr std::chrono::milliseconds kLookInterval{1000};

}  // namespace

SpooledSink::SpooledSink(std::string name, std::unique_ptr<Spool> spool, std::unique_ptr<Sink> sink,
                         SinkPatience patience, News news)
    : name_(std::move(name)),
      spool_(std::move(spool)),
      sink_(std::move(sink)),
      patience_(patience),
      news_(std::move(news)),
      sender_([this] { deliver_all(); }),
      lane_(kQueueBytesMax, [this](const std::vector<std::string>& lines) { store(lines); }) {
  if (spool_->found_lines() > 0) {
    news_(false, fmt::format("{}: {} alerts of a former run wait to be delivered", name_,
                             spool_->found_lines()));
  }
}

void SpooledSink::write(const std::string& line) {
  ++given_;
  if (!lane_.push(line)) ++queue_full_;
}

void SpooledSink::store(const std::vector<std::string>& lines) {
  const Spool::Stored stored = spool_->append(lines);
  const bool was_well = spool_full_ + failed_ == 0;
  spool_full_ += stored.full;
  failed_ += stored.failed;
  if (was_well && stored.full > 0) {
    news_(true, fmt::format("{}: its spool is full, and alerts are lost", name_));
  } else if (was_well && (stored.failed > 0 || !stored.is_synced)) {
    news_(true, fmt::format("{}: the disk of its spool takes nothing", name_));
  }
  {
    const std::scoped_lock lock(mutex_);
    has_news_ = true;
  }
  wakeup_.notify_all();
}

bool SpooledSink::is_time_to_end() const {
  if (!is_stopping_) return false;
  return !is_up_ || spool_->waiting_lines() == 0 || std::chrono::steady_clock::now() >= deadline_;
}

bool SpooledSink::rest(std::chrono::milliseconds duration, bool until_news) {
  std::unique_lock lock(mutex_);
  (void)wakeup_.wait_for(lock, duration,
                         [this, until_news] { return is_stopping_ || (until_news && has_news_); });
  has_news_ = false;
  return !is_time_to_end();
}

void SpooledSink::deliver_all() {
  std::chrono::milliseconds pause = patience_.retry_min;
  bool goes_on = true;
  bool must_repeat = false;
  while (goes_on) {
    const std::vector<std::string> lines = spool_->front(kBatchMax);
    if (lines.empty() && !must_repeat) {
      goes_on = rest(kLookInterval, true);
      must_repeat = goes_on && !sink_->look();
      continue;
    }
    const Delivery delivery = sink_->deliver(lines);
    spool_->pop(delivery.done());
    delivered_ += delivery.arrived;
    refused_ += delivery.refused;
    tell_of(delivery);
    must_repeat = must_repeat && !delivery.fault.empty();
    if (delivery.fault.empty()) {
      pause = patience_.retry_min;
      const std::scoped_lock lock(mutex_);
      goes_on = !is_time_to_end();
    } else {
      ++retries_;
      goes_on = rest(pause, false);
      pause = std::min(2 * pause, patience_.retry_max);
    }
  }
}

void SpooledSink::tell_of(const Delivery& delivery) {
  if (delivery.refused > 0) {
    news_(true, fmt::format("{}: {} alerts were refused for good", name_, delivery.refused));
  }
  const bool is_up = delivery.fault.empty();
  if (is_up_.exchange(is_up) == is_up) return;
  if (is_up) {
    news_(false, fmt::format("{}: is back, {} alerts wait", name_, spool_->waiting_lines()));
  } else {
    news_(true, fmt::format("{}: {}; {} alerts wait in the spool", name_, delivery.fault,
                            spool_->waiting_lines()));
  }
}

void SpooledSink::finish() {
  lane_.stop();
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
    deadline_ = std::chrono::steady_clock::now() + patience_.end;
  }
  wakeup_.notify_all();
  if (sender_.joinable()) sender_.join();
}

// What is counted twice while it moves on is read first, so that no sum is ever too small.
OutputStatus SpooledSink::status() const {
  OutputStatus status{.name = name_};
  status.delivered = delivered_;
  status.refused = refused_;
  status.queue_full = queue_full_;
  status.spool_full = spool_full_;
  status.failed = failed_;
  status.given = given_;
  status.found = spool_->found_lines();
  const std::uint64_t done = status.delivered + status.lost();
  status.waiting = status.given + status.found - std::min(status.given + status.found, done);
  status.spool_bytes = spool_->waiting_bytes();
  status.retries = retries_;
  status.is_up = is_up_;
  return status;
}

}  // namespace mimir::controlplane
