// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>

#include "config/json.h"
#include "controlplane/status/appliance_status.h"

namespace mimir::controlplane {

/// A line of the alert stream, as it is written to the file.
struct ToldAlert {
  TimeNs time_ns = 0;  ///< its timestamp
  config::Json line{};
};

/// What others may know of a running appliance: its status, the windows and the alerts of
/// the last hours. The control plane writes; whoever serves people reads.
///
/// Threads: any, one at a time: a reader holds the lock while it makes its answer, some
/// milliseconds at most, never while it waits for its network.
/// Memory: at most kEdgeMax edges of windows and kAlertMax alerts; the oldest go first.
class StatusBoard {
 public:
  /// About 200 bytes each.
  static constexpr std::size_t kEdgeMax = 1'000'000;
  static constexpr std::size_t kWindowMax = 8640;
  static constexpr std::size_t kAlertMax = 1000;

  struct Content {
    ApplianceStatus status;
    std::deque<WindowView> windows;  ///< oldest first, as are the alerts
    std::deque<ToldAlert> alerts;
  };

  void publish(const ApplianceStatus& status);
  void add_window(WindowView window);
  void add_alert(ToldAlert alert);

  /// What `reader(const Content&)` returns. It keeps no reference.
  template <class Reader>
  [[nodiscard]] auto read(Reader&& reader) const {
    const std::scoped_lock lock(mutex_);
    return reader(content_);
  }

 private:
  mutable std::mutex mutex_;
  Content content_;
  std::size_t edge_count_ = 0;
};

}  // namespace mimir::controlplane
