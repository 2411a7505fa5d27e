// SPDX-License-Identifier: Apache-2.0
#include "controlplane/history/history_reader.h"

namespace mimir::controlplane {

std::unique_ptr<HistoryReader> HistoryReader::open(const std::string& path, std::string& fault) {
  auto history = History::open(path, fault);
  if (history == nullptr) return nullptr;
  return std::unique_ptr<HistoryReader>(new HistoryReader(std::move(history)));
}

std::optional<std::vector<WindowSummary>> HistoryReader::summaries(const HistorySpan& span,
                                                                   std::string& fault) {
  const std::scoped_lock lock(mutex_);
  auto found = history_->summaries(span);
  if (!found) fault = history_->fault();
  return found;
}

std::optional<std::vector<std::string>> HistoryReader::told(const HistorySpan& span,
                                                            std::string& fault) {
  const std::scoped_lock lock(mutex_);
  auto found = history_->told(span);
  if (!found) fault = history_->fault();
  return found;
}

std::string HistoryReader::detail(std::uint32_t granularity_s, TimeNs begin_ns) {
  const std::scoped_lock lock(mutex_);
  return history_->detail(granularity_s, begin_ns);
}

}  // namespace mimir::controlplane
