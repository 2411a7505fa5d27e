// SPDX-License-Identifier: Apache-2.0
#include "controlplane/control/reload_desk.h"

#include <utility>

namespace mimir::controlplane {

namespace {

bool is_under_way(ReloadPhase phase) {
  return phase == ReloadPhase::kReading || phase == ReloadPhase::kWaiting;
}

}  // namespace

std::string_view name(ReloadPhase phase) {
  switch (phase) {
    case ReloadPhase::kNone:
      return "none";
    case ReloadPhase::kReading:
      return "reading";
    case ReloadPhase::kWaiting:
      return "waiting";
    case ReloadPhase::kInForce:
      return "in_force";
    case ReloadPhase::kRefused:
      break;
  }
  return "refused";
}

std::optional<std::uint64_t> ReloadDesk::request() {
  const std::scoped_lock lock(mutex_);
  if (is_under_way(state_.phase)) return std::nullopt;
  state_ = {.number = state_.number + 1, .phase = ReloadPhase::kReading, .text = {}};
  if (closed_because_) {
    state_.phase = ReloadPhase::kRefused;
    state_.text = *closed_because_;
  }
  asked_.notify_one();
  return state_.number;
}

ReloadDesk::State ReloadDesk::state() const {
  const std::scoped_lock lock(mutex_);
  return state_;
}

bool ReloadDesk::wait_for_request(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  return asked_.wait(lock, stop, [this] { return state_.phase == ReloadPhase::kReading; });
}

void ReloadDesk::tell(ReloadPhase phase, std::string text) {
  const std::scoped_lock lock(mutex_);
  if (closed_because_) return;
  state_.phase = phase;
  state_.text = std::move(text);
}

void ReloadDesk::close(std::string why) {
  const std::scoped_lock lock(mutex_);
  closed_because_ = std::move(why);
  if (!is_under_way(state_.phase)) return;
  state_.phase = ReloadPhase::kRefused;
  state_.text = *closed_because_;
}

}  // namespace mimir::controlplane
