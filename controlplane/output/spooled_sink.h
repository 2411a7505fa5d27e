// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "controlplane/output/lane.h"
#include "controlplane/output/output_status.h"
#include "controlplane/output/sink.h"
#include "controlplane/output/spool.h"

namespace mimir::controlplane {

/// How long a sink that is down is left alone, and how long the end may take.
struct SinkPatience {
  std::chrono::milliseconds retry_min{200};  ///< doubled until
  std::chrono::milliseconds retry_max{30'000};
  std::chrono::milliseconds end{5'000};
};

/// A sink behind a spool: a line is acknowledged once it is on disk, whoever is down, and
/// is delivered in order when somebody takes it, in this process or a later one.
///
/// Threads: two of its own, one that writes to the spool and one that delivers. write() and
/// status() never wait for disk or network.
class SpooledSink {
 public:
  /// Says when the sink goes down and when it is back, in words; called from its threads.
  using News = std::function<void(bool is_warning, const std::string& text)>;

  /// Bytes of lines that may wait for the disk.
  static constexpr std::size_t kQueueBytesMax = std::size_t{4} << 20;
  static constexpr std::size_t kBatchMax = 64;

  SpooledSink(std::string name, std::unique_ptr<Spool> spool, std::unique_ptr<Sink> sink,
              SinkPatience patience, News news);
  ~SpooledSink() { finish(); }
  SpooledSink(const SpooledSink&) = delete;
  SpooledSink& operator=(const SpooledSink&) = delete;

  void write(const std::string& line);

  /// What was given goes to disk; what can be delivered is, while `patience.end` lasts and
  /// the sink is up. The rest waits for the next process.
  void finish();

  [[nodiscard]] OutputStatus status() const;

 private:
  void store(const std::vector<std::string>& lines);
  void deliver_all();
  /// Whether to go on.
  [[nodiscard]] bool rest(std::chrono::milliseconds duration, bool until_news);
  [[nodiscard]] bool is_time_to_end() const;
  void tell_of(const Delivery& delivery);

  std::string name_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Sink> sink_;
  SinkPatience patience_;
  News news_;

  std::mutex mutex_;
  std::condition_variable wakeup_;
  bool has_news_ = false;
  bool is_stopping_ = false;
  std::chrono::steady_clock::time_point deadline_{};
  std::atomic<bool> is_up_{true};

  std::atomic<std::uint64_t> given_{0};
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::uint64_t> queue_full_{0};
  std::atomic<std::uint64_t> spool_full_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::uint64_t> retries_{0};

  std::thread sender_;
  Lane lane_;  ///< the last: it works with all of the above
};

}  // namespace mimir::controlplane
