// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controlplane/history/history.h"

namespace mimir::controlplane {

/// Looks back in a history that a running appliance goes on writing, by a connection of its own.
///
/// Threads: any; who comes meanwhile waits. The writer waits for nobody.
class HistoryReader {
 public:
  /// Null, with the reason in `fault`.
  [[nodiscard]] static std::unique_ptr<HistoryReader> open(const std::string& path,
                                                           std::string& fault);

  // As History's. Nothing, with the reason in `fault`, if it could not be read.
  [[nodiscard]] std::optional<std::vector<WindowSummary>> summaries(const HistorySpan& span,
                                                                    std::string& fault);
  [[nodiscard]] std::optional<std::vector<std::string>> told(const HistorySpan& span,
                                                             std::string& fault);
  [[nodiscard]] std::string detail(std::uint32_t granularity_s, TimeNs begin_ns);

 private:
  explicit HistoryReader(std::unique_ptr<History> history) : history_(std::move(history)) {}

  std::mutex mutex_;
  std::unique_ptr<History> history_;
};

}  // namespace mimir::controlplane
