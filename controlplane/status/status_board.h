// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <string>

#include "controlplane/status/appliance_status.h"

namespace mimir::controlplane {

/// A line of the alert stream, as it is written to the file: as text, which takes a sixth of
/// what its values take.
struct ToldAlert {
  TimeNs time_ns = 0;  ///< its timestamp
  std::string line{};
};

/// What others may know of a running appliance: its status, the windows and the alerts of
/// the last hours. The control plane writes; whoever serves people reads.
///
/// Threads: any, one at a time: a reader holds the lock while it makes its answer, some 12 us a
/// window that it lists, a tenth of a second for all of a day; never while it waits for its
/// network.
/// Memory: at most kEdgeMax edges of windows, and of windows and alerts as many as it may
/// remember; the oldest go first.
class StatusBoard {
 public:
  /// About 200 bytes each.
  static constexpr std::size_t kEdgeMax = 1'000'000;

  /// How much is remembered.
  struct Depth {
    std::size_t windows = 0;
    std::size_t alerts = 0;
  };
  /// A day of windows of 10 s, where there is no other memory.
  static constexpr Depth kDay{.windows = 8640, .alerts = 1000};
  /// Half an hour of windows of 10 s and 60 s, and of an incident that is told once a minute:
  /// what is older, the history has.
  static constexpr Depth kBesideHistory{.windows = 210, .alerts = 30};

  struct Content {
    ApplianceStatus status;
    std::deque<WindowView> windows;  ///< oldest first, as are the alerts
    std::deque<ToldAlert> alerts;
  };

  /// Until it is told otherwise: kDay.
  void remember(Depth depth);
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
  void forget();

  mutable std::mutex mutex_;
  Depth depth_ = kDay;
  Content content_;
  std::size_t edge_count_ = 0;
};

}  // namespace mimir::controlplane
