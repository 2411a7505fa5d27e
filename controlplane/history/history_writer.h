// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "controlplane/history/history.h"
#include "controlplane/history/history_status.h"

namespace mimir::controlplane {

struct HistoryOptions {
  std::string path;
  TimeNs keep_ns = 30 * 86'400 * kNsPerSecond;
  std::uint64_t bytes_max = 1'000'000'000;
};

/// Writes the history from a thread of its own, and forgets what is too old or too much:
/// by the end of the newest window, never by the clock.
///
/// Threads: add() from one, never waits; status() from any. Memory: at most kQueueMax rows.
class HistoryWriter {
 public:
  static constexpr std::size_t kQueueMax = 4096;
  /// Called with what went wrong, once until something goes well.
  using News = std::function<void(const std::string& text)>;

  HistoryWriter(std::unique_ptr<History> history, HistoryOptions options, News news);
  ~HistoryWriter() { finish(); }
  HistoryWriter(const HistoryWriter&) = delete;
  HistoryWriter& operator=(const HistoryWriter&) = delete;

  void add(HistoryWindow window) { push(std::move(window)); }
  void add(const IncidentRecord& record) { push(record); }
  void add(const ShadowJudgement& judgement) { push(judgement); }
  /// Writes what it was given.
  void finish();
  [[nodiscard]] HistoryStatus status() const;

 private:
  using Row = std::variant<HistoryWindow, IncidentRecord, ShadowJudgement>;

  void push(Row row);
  void run();
  void write(const std::vector<Row>& rows);
  void forget();

  std::unique_ptr<History> history_;
  HistoryOptions options_;
  News news_;
  TimeNs forgot_at_ns_ = 0;
  TimeNs newest_ns_ = 0;
  bool is_well_ = true;
  std::mutex mutex_;
  std::condition_variable wakeup_;
  std::vector<Row> rows_;
  bool is_stopping_ = false;
  std::atomic<std::uint64_t> given_{0};
  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> queue_full_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::thread thread_;  ///< the last: it works with all of the above
};

}  // namespace mimir::controlplane
