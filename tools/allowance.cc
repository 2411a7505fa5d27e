// SPDX-License-Identifier: Apache-2.0
#include "tools/allowance.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "config/json_member.h"
#include "controlplane/alert/alert_subject.h"
#include "model/detector/catalogue.h"
#include "model/detector/exfiltration_path.h"

namespace mimir::tools {

namespace {

using config::Json;
using controlplane::History;
using controlplane::HistoryIncident;
using detector::Suppression;
using detector::SuppressionSubject;
using detector::Suppressor;

/// One alarm as it is remembered.
struct Alarm {
  SuppressionSubject subject;
  std::uint32_t granularity_s = 0;  ///< 0: a finding
  bool is_restated = false;         ///< the end of an incident, which says its gravest again
};

/// An incident and its alarms.
struct Past {
  HistoryIncident incident;
  std::vector<Alarm> alarms{};
};

struct PastAlarms {
  std::vector<Past> incidents{};    ///< the newest first
  std::vector<Alarm> windows{};     ///< each of which is of one of the incidents
  std::uint64_t unknown_count = 0;  ///< windows whose path is not remembered
};

std::optional<Json> parse(const std::string& text) {
  config::Diagnostics ignored;
  return config::parse_json(text, "history", ignored);
}

std::string key_of(const SuppressionSubject& subject) {
  std::string key = subject.detector;
  for (const std::string& service : subject.path) key += '|' + service;
  return key;
}

/// The alarming windows, by the key of the incident that they are of.
std::optional<std::multimap<std::string, Alarm>> read_windows(History& history, PastAlarms& past) {
  std::multimap<std::string, Alarm> by_key;
  const bool is_well = history.each_alarm([&](const std::string& detail) {
    const auto window = parse(detail);
    auto subject = window ? controlplane::subject_of_window(*window) : std::nullopt;
    if (!subject) {
      ++past.unknown_count;
      return;
    }
    Alarm alarm{
        .subject = std::move(*subject),
        .granularity_s = static_cast<std::uint32_t>(config::count_of(*window, "granularity_s"))};
    past.windows.push_back(alarm);
    by_key.emplace(key_of(alarm.subject), std::move(alarm));
  });
  if (!is_well) return std::nullopt;
  return by_key;
}

std::optional<PastAlarms> read_past(History& history) {
  PastAlarms past;
  const auto windows = read_windows(history, past);
  if (!windows) return std::nullopt;
  for (HistoryIncident& incident :
       history.incidents("", std::numeric_limits<std::int32_t>::max())) {
    Past& one = past.incidents.emplace_back(Past{.incident = std::move(incident)});
    for (const std::string& line : history.records(one.incident.id)) {
      const auto json = parse(line);
      auto subject = json ? controlplane::subject_of(*json) : std::nullopt;
      if (!subject) continue;
      const Json& about = config::member(config::member(*json, "mimir"), "incident");
      one.alarms.push_back({.subject = std::move(*subject),
                            .is_restated = config::text_of(about, "state") == "closed"});
    }
    const auto [begin, end] = windows->equal_range(one.incident.key);
    for (auto alarm = begin; alarm != end; ++alarm) {
      const TimeNs last_ns = alarm->second.subject.last_ns;
      if (last_ns < one.incident.first_ns || last_ns >= one.incident.last_ns) continue;
      one.alarms.push_back(alarm->second);
    }
  }
  return past;
}

/// Calls `look` with each alarm once: windows, then the lines of findings.
template <class Look>
void for_each_alarm(const PastAlarms& past, Look look) {
  for (const Alarm& alarm : past.windows) look(alarm);
  for (const Past& each : past.incidents) {
    if (each.incident.detector == detector::kExfiltrationDetector) continue;
    for (const Alarm& alarm : each.alarms) {
      if (!alarm.is_restated) look(alarm);
    }
  }
}

enum class Fate : std::uint8_t { kTold, kCoveredBefore, kCovered };

/// Those in force, and these with one more.
class Scales {
 public:
  Scales(std::vector<Suppression> in_force, const Suppression& wanted)
      : wanted_(wanted), before_(in_force), after_(with(std::move(in_force), wanted)) {}

  [[nodiscard]] Fate fate(const SuppressionSubject& subject) {
    if (!before_.cover(subject).empty()) return Fate::kCoveredBefore;
    return after_.cover(subject).empty() ? Fate::kTold : Fate::kCovered;
  }

  /// Why a subject is not covered that is near it; empty: it is not near.
  [[nodiscard]] std::string lack_of(const SuppressionSubject& subject) {
    const bool is_window = subject.detector == detector::kExfiltrationDetector;
    return is_window ? lack_of_window(subject) : lack_of_finding(subject);
  }

 private:
  static std::vector<Suppression> with(std::vector<Suppression> all, const Suppression& one) {
    all.push_back(one);
    return all;
  }

  [[nodiscard]] std::string lack_of_window(const SuppressionSubject& subject) {
    if (!detector::has_hop(subject.path, wanted_.source, wanted_.target)) return {};
    if (wanted_.detector != detector::kExfiltrationDetector) {
      return "its detector is exfiltration";
    }
    std::string lacking;
    for (std::size_t i = 0; i + 1 < subject.path.size(); ++i) {
      const SuppressionSubject hop{.detector = subject.detector,
                                   .last_ns = subject.last_ns,
                                   .path = {subject.path[i], subject.path[i + 1]}};
      if (!after_.cover(hop).empty()) continue;
      lacking += (lacking.empty() ? "" : ", ") + hop.path[0] + " -> " + hop.path[1];
    }
    return lacking.empty() ? "another way out stood out beside its path"
                           : "its path has also " + lacking;
  }

  /// The same with any detector, any target and any port: whoever that names is near.
  [[nodiscard]] std::string lack_of_finding(const SuppressionSubject& subject) const {
    const auto is_covered = [&](Suppression wider) {
      if (wider.source.empty() && wider.target.empty()) return false;
      Suppressor alone({std::move(wider)});
      return !alone.cover(subject).empty();
    };
    Suppression wider = wanted_;
    wider.detector.clear();
    if (is_covered(wider)) return "its detector is " + subject.detector;
    wider.port = 0;
    if (is_covered(wider)) return "it is of other ports";
    wider.target.clear();
    return is_covered(wider) ? "it has other targets" : "";
  }

  Suppression wanted_;
  Suppressor before_;
  Suppressor after_;
};

void weigh(const Past& past, Scales& scales, Allowance& allowance) {
  std::uint64_t told = 0;
  std::uint64_t covered = 0;
  for (const Alarm& alarm : past.alarms) {
    const Fate fate = scales.fate(alarm.subject);
    told += fate == Fate::kTold ? 1 : 0;
    covered += fate == Fate::kCovered ? 1 : 0;
  }
  if (covered > 0) {
    allowance.incidents.push_back({.incident = past.incident, .is_whole = told == 0});
  } else if (told == 0 && !past.alarms.empty()) {
    ++allowance.covered_before;
  }
  if (told == 0 || allowance.near.size() == Allowance::kNearMax) return;
  for (const Alarm& alarm : past.alarms) {
    if (scales.fate(alarm.subject) != Fate::kTold) continue;
    std::string lacks = scales.lack_of(alarm.subject);
    if (lacks.empty()) continue;
    allowance.near.push_back({.incident = past.incident, .lacks = std::move(lacks)});
    return;
  }
}

}  // namespace

const AllowedIncident* Allowance::gravest() const {
  const auto rank = [](const AllowedIncident& each) {
    return std::tuple(-int{each.incident.severity}, each.incident.count, each.incident.first_ns);
  };
  const auto found = std::ranges::max_element(incidents, {}, rank);
  return found == incidents.end() ? nullptr : &*found;
}

std::optional<Allowance> weigh_allowance(History& history, const std::vector<Suppression>& in_force,
                                         const Suppression& wanted) {
  const auto past = read_past(history);
  auto edges = history.edges(wanted.source, wanted.target);
  if (!past || !edges) return std::nullopt;
  Allowance allowance{.coverage = history.coverage(),
                      .alarms = {},
                      .incident_count = past->incidents.size(),
                      .incidents = {},
                      .near = {},
                      .edges = std::move(*edges),
                      .cut_window_count = history.cut_window_count(),
                      .unknown_window_count = past->unknown_count};
  Scales scales(in_force, wanted);
  for_each_alarm(*past, [&](const Alarm& alarm) {
    AlarmCounts& counts = allowance.alarms[{alarm.subject.detector, alarm.granularity_s}];
    const Fate fate = scales.fate(alarm.subject);
    ++counts.all;
    counts.covered_before += fate == Fate::kCoveredBefore ? 1 : 0;
    counts.covered += fate == Fate::kCovered ? 1 : 0;
  });
  for (const Past& each : past->incidents) weigh(each, scales, allowance);
  return allowance;
}

std::optional<std::vector<SuppressionUse>> uses_of(History& history,
                                                   const std::vector<Suppression>& suppressions) {
  const auto past = read_past(history);
  if (!past) return std::nullopt;
  std::vector<SuppressionUse> uses;
  for (const Suppression& each : suppressions) uses.push_back({.suppression = each});
  const auto use_of = [&](const Suppression& suppression) {
    return std::ranges::find(uses, suppression, &SuppressionUse::suppression);
  };
  Suppressor suppressor(suppressions);
  for_each_alarm(*past, [&](const Alarm& alarm) {
    for (const Suppression* const by : suppressor.cover(alarm.subject)) {
      const auto use = use_of(*by);
      use->last_ns = std::max(use->last_ns, alarm.subject.last_ns);
    }
  });
  for (std::size_t i = 0; i < uses.size(); ++i) {
    uses[i].alarm_count = suppressor.uses()[i].suppressed_count;
    uses[i].expired_count = suppressor.uses()[i].expired_count;
  }
  for (const Past& each : past->incidents) {
    std::set<SuppressionUse*> of_it;
    for (const Alarm& alarm : each.alarms) {
      for (const Suppression* const by : suppressor.cover(alarm.subject)) {
        of_it.insert(&*use_of(*by));
      }
    }
    for (SuppressionUse* const use : of_it) ++use->incident_count;
  }
  return uses;
}

}  // namespace mimir::tools
