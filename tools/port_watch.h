// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "dataplane/source/port.h"

namespace mimir::tools {

/// Looks after the ports while workers poll them: links, losses and clocks, ten times
/// a second, however often it is asked.
///
/// Threads: the control plane's.
class PortWatch {
 public:
  using News = std::function<void(const source::PortNews&)>;

  /// `ports` outlive this; `news` may be empty.
  PortWatch(std::vector<source::Port*> ports, News news)
      : ports_(std::move(ports)), news_(std::move(news)) {}

  void look();
  /// Packets the ports lost since the last call.
  [[nodiscard]] std::uint64_t take_lost();

 private:
  static constexpr std::chrono::milliseconds kInterval{100};

  std::vector<source::Port*> ports_;
  News news_;
  std::vector<source::PortNews> heard_;
  std::chrono::steady_clock::time_point next_{};
  std::uint64_t lost_ = 0;
};

}  // namespace mimir::tools
