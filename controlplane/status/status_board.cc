// SPDX-License-Identifier: Apache-2.0
#include "controlplane/status/status_board.h"

#include <utility>

namespace mimir::controlplane {

void StatusBoard::publish(const ApplianceStatus& status) {
  const std::scoped_lock lock(mutex_);
  content_.status = status;
}

void StatusBoard::add_window(WindowView window) {
  const std::scoped_lock lock(mutex_);
  std::deque<WindowView>& windows = content_.windows;
  edge_count_ += window.edges.size();
  windows.push_back(std::move(window));
  while (windows.size() > kWindowMax || (edge_count_ > kEdgeMax && windows.size() > 1)) {
    edge_count_ -= windows.front().edges.size();
    windows.pop_front();
  }
}

void StatusBoard::add_alert(ToldAlert alert) {
  const std::scoped_lock lock(mutex_);
  content_.alerts.push_back(std::move(alert));
  if (content_.alerts.size() > kAlertMax) content_.alerts.pop_front();
}

}  // namespace mimir::controlplane
