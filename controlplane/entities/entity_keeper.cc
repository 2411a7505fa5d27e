// SPDX-License-Identifier: Apache-2.0
#include "controlplane/entities/entity_keeper.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "model/entity/history.h"

namespace mimir::controlplane {

namespace {

constexpr std::chrono::milliseconds kTurn{100};

}  // namespace

EntityKeeper::EntityKeeper(std::unique_ptr<EntitySource> source,
                           std::unique_ptr<EntityRecorder> recorder,
                           std::vector<entity::Event> history, std::function<TimeNs()> clock,
                           Sink sink, News news)
    : source_(std::move(source)),
      recorder_(std::move(recorder)),
      history_(std::move(history)),
      state_(entity::fold(history_)),
      clock_(std::move(clock)),
      sink_(std::move(sink)),
      news_(std::move(news)),
      last_update_ns_(source_->last_update_ns()) {}

void EntityKeeper::begin() {
  if (recorder_ == nullptr || history_.empty()) return;
  recorder_->record({}, state_, history_.back().time_ns);
}

void EntityKeeper::start() {
  begin();
  thread_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) turn(kTurn);
  });
}

void EntityKeeper::turn(std::chrono::milliseconds duration) {
  source_->wait(duration);
  const TimeNs now_ns = clock_();
  if (auto state = source_->take(now_ns)) apply(std::move(*state), now_ns);
  last_update_ns_ = source_->last_update_ns();
  fault_count_ = source_->fault_count();
  tell_faults();
}

void EntityKeeper::apply(std::vector<entity::Event> state, TimeNs now_ns) {
  std::vector<entity::Event> made = entity::changes(state_, state, now_ns);
  if (made.empty()) return;
  // All lies behind what is known, so that an id is given once; what comes with a deletion
  // does not lie before it, for the address may be the same. The first moment of a history
  // means "always": nothing joins it.
  const TimeNs first_ns =
      history_.empty() ? std::numeric_limits<TimeNs>::min() : history_.back().time_ns + 1;
  const bool is_any_gone = made.front().op == entity::Event::Op::kDelete;
  for (entity::Event& event : made) {
    event.time_ns = std::max(first_ns, is_any_gone ? now_ns : event.time_ns);
  }
  entity::sort_by_time(made);
  history_.insert(history_.end(), made.begin(), made.end());
  state_ = std::move(state);
  if (recorder_ != nullptr) recorder_->record(made, state_, now_ns);
  const bool is_renumbered = history_.size() > std::max(kEventMax, 4 * state_.size());
  if (is_renumbered) {
    history_ = state_;
    for (entity::Event& event : history_) event.time_ns = made.back().time_ns;
  }
  sink_(history_, is_renumbered);
}

void EntityKeeper::tell_faults() {
  const std::string fault = source_->fault();
  if (fault != told_fault_) {
    if (!fault.empty()) {
      news_(true, fmt::format("entities by {}: {}; the last map that was good holds", source_name(),
                              fault));
    } else {
      news_(false, fmt::format("entities by {}: well again", source_name()));
    }
    told_fault_ = fault;
  }
  const std::uint64_t lost = recorder_ != nullptr ? recorder_->lost() : 0;
  if (lost > told_lost_) {
    news_(true, fmt::format("the entity log lost {} changes so far: it cannot be written", lost));
    told_lost_ = lost;
  }
}

}  // namespace mimir::controlplane
