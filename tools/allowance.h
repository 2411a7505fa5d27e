// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "controlplane/history/history.h"
#include "model/detector/suppression.h"

namespace mimir::tools {

/// Who raised alarms: a detector, and of windows their granularity; 0 of findings.
using AlarmSource = std::pair<std::string, std::uint32_t>;

/// Alarms of a history, by what becomes of them with one more suppression.
struct AlarmCounts {
  std::uint64_t all = 0;
  std::uint64_t covered_before = 0;  ///< by those in force, without it
  std::uint64_t covered = 0;         ///< by it, alone or together with those

  friend bool operator==(const AlarmCounts&, const AlarmCounts&) = default;
};

/// An incident that would not have been told, or not all of it.
struct AllowedIncident {
  controlplane::HistoryIncident incident;
  bool is_whole = false;  ///< every alarm of it that is remembered is covered
};

/// An incident that the suppression nearly covers, and what is missing.
struct NearIncident {
  controlplane::HistoryIncident incident;
  std::string lacks;
};

/// What one more suppression would have held back, had it been in force.
struct Allowance {
  std::vector<controlplane::HistoryCoverage> coverage;
  std::map<AlarmSource, AlarmCounts> alarms;
  std::uint64_t incident_count = 0;              ///< that the history has
  std::uint64_t covered_before = 0;              ///< of these, whole, by those in force
  std::vector<AllowedIncident> incidents;        ///< by it; the newest first
  std::vector<NearIncident> near;                ///< the newest first, at most kNearMax
  std::vector<controlplane::HistoryEdge> edges;  ///< that begin or end where it does
  std::uint64_t cut_window_count = 0;            ///< some of whose edges are not remembered
  std::uint64_t unknown_window_count = 0;        ///< alarms whose path is not remembered

  static constexpr std::size_t kNearMax = 5;

  /// The gravest severity, then the most often seen, then the newest; null: there are none.
  [[nodiscard]] const AllowedIncident* gravest() const;
};

/// Holds `wanted`, together with those in force, against all that the history remembers, by the
/// code that the appliance applies (detector::Suppressor).
///
/// Windows are all remembered, and an incident of theirs is held back whole if each of its
/// alarms is covered. Of a detector's incident there are the lines that were told, one a
/// minute and the gravest: what a finding between two of them looked like is not known.
/// Nothing, with the reason in history.fault(), if it could not be read.
[[nodiscard]] std::optional<Allowance> weigh_allowance(
    controlplane::History& history, const std::vector<detector::Suppression>& in_force,
    const detector::Suppression& wanted);

/// How often a suppression has matched what a history remembers.
struct SuppressionUse {
  detector::Suppression suppression;
  std::uint64_t alarm_count = 0;     ///< windows, and lines of findings
  std::uint64_t expired_count = 0;   ///< that it would have covered, had it not ended
  std::uint64_t incident_count = 0;  ///< some alarm of which it covers
  TimeNs last_ns = 0;                ///< of the newest alarm; 0: none
};

/// Of each of these, in their order, all being applied at once. Nothing: as above.
[[nodiscard]] std::optional<std::vector<SuppressionUse>> uses_of(
    controlplane::History& history, const std::vector<detector::Suppression>& suppressions);

}  // namespace mimir::tools
