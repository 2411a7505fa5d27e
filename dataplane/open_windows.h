// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "dataplane/record/ledger.h"

namespace mimir {

/// The base windows that still may receive packets or records, with what one
/// worker did in each so far.
///
/// Threads: one worker. Cost: a scan of at most kWindowMax entries; the caller
/// remembers the entry it is working in. References stay valid until that
/// window's close().
class OpenWindows {
 public:
  /// The lateness bound keeps at most kLatenessWindowMax + 2 windows open; the
  /// rest is room for windows that wait for the sweep to reach their end.
  static constexpr std::size_t kWindowMax = 16;
  static constexpr std::size_t kLatenessWindowMax = 6;

  /// Null if it is not open.
  [[nodiscard]] WindowReport* find(WindowIndex window) noexcept {
    for (std::size_t i = 0; i < kWindowMax; ++i) {
      if (used_[i] && reports_[i].window == window) return &reports_[i];
    }
    return nullptr;
  }

  /// Null if kWindowMax windows are open. REQUIRES: it is not open yet.
  [[nodiscard]] WindowReport* open(WindowIndex window) noexcept {
    for (std::size_t i = 0; i < kWindowMax; ++i) {
      if (used_[i]) continue;
      used_[i] = true;
      reports_[i] = WindowReport{};
      reports_[i].window = window;
      return &reports_[i];
    }
    return nullptr;
  }

  /// The earliest open window before `window`, or null.
  [[nodiscard]] WindowReport* earliest_before(WindowIndex window) noexcept {
    WindowReport* earliest = nullptr;
    for (std::size_t i = 0; i < kWindowMax; ++i) {
      if (!used_[i] || reports_[i].window >= window) continue;
      if (earliest == nullptr || reports_[i].window < earliest->window) earliest = &reports_[i];
    }
    return earliest;
  }

  void close(const WindowReport& report) noexcept {
    used_[static_cast<std::size_t>(&report - reports_.data())] = false;
  }

 private:
  std::array<WindowReport, kWindowMax> reports_{};
  std::array<bool, kWindowMax> used_{};
};

}  // namespace mimir
