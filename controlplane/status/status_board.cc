// SPDX-License-Identifier: Apache-2.0
#include "controlplane/status/status_board.h"

#include <utility>

namespace mimir::controlplane {

void StatusBoard::remember(Depth depth) {
  const std::scoped_lock lock(mutex_);
  depth_ = depth;
  forget();
}

void StatusBoard::publish(const ApplianceStatus& status) {
  const std::scoped_lock lock(mutex_);
  content_.status = status;
}

void StatusBoard::add_window(WindowView window) {
  const std::scoped_lock lock(mutex_);
  edge_count_ += window.edges.size();
  content_.windows.push_back(std::move(window));
  forget();
}

void StatusBoard::add_alert(ToldAlert alert) {
  const std::scoped_lock lock(mutex_);
  content_.alerts.push_back(std::move(alert));
  forget();
}

// The newest window stays, however many edges it has.
void StatusBoard::forget() {
  std::deque<WindowView>& windows = content_.windows;
  while (windows.size() > depth_.windows || (edge_count_ > kEdgeMax && windows.size() > 1)) {
    edge_count_ -= windows.front().edges.size();
    windows.pop_front();
  }
  while (content_.alerts.size() > depth_.alerts) content_.alerts.pop_front();
}

}  // namespace mimir::controlplane
