// SPDX-License-Identifier: Apache-2.0
#include "controlplane/history/history_writer.h"

#include <algorithm>
#include <utility>

namespace mimir::controlplane {

namespace {

/// How much packet time passes between two looks at what is too old.
constexpr TimeNs kForgetIntervalNs = 600 * kNsPerSecond;

}  // namespace

HistoryWriter::HistoryWriter(std::unique_ptr<History> history, HistoryOptions options, News news)
    : history_(std::move(history)),
      options_(std::move(options)),
      news_(std::move(news)),
      newest_ns_(history_->newest_ns()),
      thread_([this] { run(); }) {}

void HistoryWriter::push(Row row) {
  ++given_;
  {
    const std::scoped_lock lock(mutex_);
    if (is_stopping_ || rows_.size() >= kQueueMax) {
      ++queue_full_;
      return;
    }
    rows_.push_back(std::move(row));
  }
  wakeup_.notify_one();
}

void HistoryWriter::finish() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
  }
  wakeup_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void HistoryWriter::run() {
  std::vector<Row> rows;
  bytes_ = history_->bytes();
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wakeup_.wait(lock, [this] { return !rows_.empty() || is_stopping_; });
      if (rows_.empty()) return;
      rows.swap(rows_);
    }
    write(rows);
    rows.clear();
    forget();
    bytes_ = history_->bytes();
  }
}

void HistoryWriter::write(const std::vector<Row>& rows) {
  bool is_well = history_->begin();
  for (const Row& row : rows) {
    is_well = is_well && std::visit([this](const auto& each) { return history_->add(each); }, row);
    if (const auto* const window = std::get_if<HistoryWindow>(&row)) {
      newest_ns_ = std::max(newest_ns_, window->end_ns);
    }
  }
  is_well = is_well && history_->commit();
  (is_well ? written_ : failed_) += rows.size();
  if (!is_well) {
    if (is_well_) news_(history_->fault());
    history_->roll_back();
  }
  is_well_ = is_well;
}

void HistoryWriter::forget() {
  if (newest_ns_ < forgot_at_ns_ + kForgetIntervalNs) return;
  forgot_at_ns_ = newest_ns_;
  const bool is_well =
      history_->forget(newest_ns_ - options_.keep_ns) && history_->shrink(options_.bytes_max);
  if (!is_well && is_well_) news_(history_->fault());
}

HistoryStatus HistoryWriter::status() const {
  HistoryStatus status;
  status.written = written_;
  status.queue_full = queue_full_;
  status.failed = failed_;
  status.given = given_;
  status.bytes = bytes_;
  return status;
}

}  // namespace mimir::controlplane
