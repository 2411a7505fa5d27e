// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "controlplane/entities/entity_recorder.h"
#include "controlplane/entities/entity_source.h"
#include "model/entity/entity_map.h"

namespace mimir::controlplane {

/// Keeps a cluster's history up to date from a source while windows are judged.
///
/// What the source says is compared with what was known; the differences are appended to
/// the history at the time from which they hold, never before what is already in it, so
/// that entities keep their ids. Whoever judges gets the whole history and makes of it
/// what it needs, in the keeper's thread.
///
/// The history of a cluster that lives long is cut where it grew beyond kEventMax and
/// four times what is there: what is gone is forgotten, and ids begin anew.
///
/// Threads: a thread of its own between start() and the end; last_update_ns(),
/// fault_count() and is_faulty() from any.
class EntityKeeper {
 public:
  static constexpr std::size_t kEventMax = 50'000;

  /// `is_renumbered`: the ids are not those of the history before.
  using Sink = std::function<void(std::span<const entity::Event> history, bool is_renumbered)>;
  /// What people should know: a fault as it comes, and that it is over.
  using News = std::function<void(bool is_warning, const std::string& text)>;

  /// `history` is what the judging began with, ascending. `recorder` may be null.
  EntityKeeper(std::unique_ptr<EntitySource> source, std::unique_ptr<EntityRecorder> recorder,
               std::vector<entity::Event> history, std::function<TimeNs()> clock, Sink sink,
               News news);

  /// Records what is known, and takes turns in a thread of its own.
  void start();
  /// For whoever has a thread to spare: the same, one turn a call. REQUIRES: not started.
  void begin();
  void turn(std::chrono::milliseconds duration);

  [[nodiscard]] const char* source_name() const { return source_->name(); }
  [[nodiscard]] TimeNs last_update_ns() const { return last_update_ns_; }
  [[nodiscard]] std::uint64_t fault_count() const { return fault_count_; }

 private:
  void apply(std::vector<entity::Event> state, TimeNs now_ns);
  void tell_faults();

  std::unique_ptr<EntitySource> source_;
  std::unique_ptr<EntityRecorder> recorder_;
  std::vector<entity::Event> history_;
  std::vector<entity::Event> state_;
  std::function<TimeNs()> clock_;
  Sink sink_;
  News news_;
  std::string told_fault_;
  std::uint64_t told_lost_ = 0;
  std::atomic<TimeNs> last_update_ns_;
  std::atomic<std::uint64_t> fault_count_ = 0;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace mimir::controlplane
