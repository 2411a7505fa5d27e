// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstring>
#include <limits>
#include <new>
#include <span>

#include <boost/lockfree/spsc_queue.hpp>

#include "dataplane/record/flow_record.h"
#include "dataplane/record/ledger.h"
#include "dataplane/record/payload_fact.h"
#include "dataplane/record/time.h"

namespace mimir {

/// Allocates memory whose pages are there: a worker that writes to a queue for the first time
/// must not wait until Linux has found one.
template <class T>
struct PagedIn {
  using value_type = T;

  [[nodiscard]] T* allocate(std::size_t count) {
    void* const memory = ::operator new (count * sizeof(T), std::align_val_t{alignof(T)});
    return static_cast<T*>(std::memset(memory, 0, count * sizeof(T)));
  }
  void deallocate(T* memory, std::size_t /*count*/) noexcept {
    ::operator delete (memory, std::align_val_t{alignof(T)});
  }
};

/// One worker's way to the control plane: records and facts of the payload, then the
/// reports of the windows they belong to, then the word that those windows are complete.
///
/// Threads: exactly one worker calls push_*() and complete_through(); exactly
/// one control-plane thread calls the others. No lock, no allocation after
/// construction.
/// Memory: 128 bytes a record, 320 a fact and sizeof(WindowReport) a report, fixed.
/// Invariant: a reader that sees completed_through() == w and then empties all
/// queues has everything this worker will ever say about windows <= w.
class RecordRing {
 public:
  /// completed_through() before the first window is complete.
  static constexpr WindowIndex kNothingComplete = std::numeric_limits<WindowIndex>::min();
  /// completed_through() once the worker has ended.
  static constexpr WindowIndex kAllComplete = std::numeric_limits<WindowIndex>::max();
  static constexpr std::size_t kReportCount = 1024;

  explicit RecordRing(std::size_t record_count, std::size_t fact_count = 1)
      : records_(record_count), reports_(kReportCount), facts_(fact_count) {}

  /// Copies as many of `records` as fit; returns how many that were.
  [[nodiscard]] std::size_t push_records(std::span<const FlowRecord> records) {
    return records_.push(records.data(), records.size());
  }
  [[nodiscard]] bool push_report(const WindowReport& report) { return reports_.push(report); }
  [[nodiscard]] bool push_fact(const PayloadFact& fact) { return facts_.push(fact); }

  /// REQUIRES: every record, fact and report of windows <= `window` has been pushed or
  /// counted as lost; never descends.
  void complete_through(WindowIndex window) noexcept {
    // Release: whoever reads this value also sees the pushes before it.
    completed_through_.store(window, std::memory_order_release);
  }
  [[nodiscard]] WindowIndex completed_through() const noexcept {
    return completed_through_.load(std::memory_order_acquire);
  }

  /// Moves up to `into.size()` records; returns how many that were.
  [[nodiscard]] std::size_t pop_records(std::span<FlowRecord> into) {
    return records_.pop(into.data(), into.size());
  }
  [[nodiscard]] bool pop_report(WindowReport& into) { return reports_.pop(into); }
  /// How many records wait for pop_records(), at least.
  [[nodiscard]] std::size_t waiting_records() const { return records_.read_available(); }
  [[nodiscard]] bool pop_fact(PayloadFact& into) { return facts_.pop(into); }

 private:
  template <class T>
  using Queue = boost::lockfree::spsc_queue<T, boost::lockfree::allocator<PagedIn<T>>>;

  Queue<FlowRecord> records_;
  Queue<WindowReport> reports_;
  Queue<PayloadFact> facts_;
  alignas(64) std::atomic<WindowIndex> completed_through_{kNothingComplete};
};

}  // namespace mimir
