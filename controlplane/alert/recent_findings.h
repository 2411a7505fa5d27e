// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "controlplane/alert/alert.h"
#include "model/detector/finding.h"
#include "model/detector/party.h"

namespace mimir::controlplane {

/// What detectors said lately, so that a structural alert can mention what concerns its
/// services. It is mentioned, and adds nothing to the score.
///
/// Threads: one owner. Memory: at most kFindingMax findings, the latest.
class RecentFindings {
 public:
  static constexpr std::size_t kFindingMax = 256;
  static constexpr TimeNs kSpanNs = 600 * kNsPerSecond;

  /// `end_ns` is the end of the window that made it certain. REQUIRES: ascending.
  void add(const detector::Finding& finding, TimeNs end_ns, const detector::Resolver& resolver);

  /// Those about one of the services, the outside apart, from kSpanNs before `begin_ns`
  /// on; in the order in which they were added.
  [[nodiscard]] std::vector<RelatedFinding> about(std::span<const std::string> services,
                                                  TimeNs begin_ns) const;

 private:
  struct Entry {
    RelatedFinding finding;
    std::set<std::string> services;
  };
  std::deque<Entry> entries_;
};

}  // namespace mimir::controlplane
