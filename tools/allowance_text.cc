// SPDX-License-Identifier: Apache-2.0
#include "tools/allowance_text.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include <fmt/format.h>

#include "config/quantity.h"
#include "controlplane/alert/alert.h"
#include "tools/incident_text.h"

namespace mimir::tools {

namespace {

using config::Json;
using controlplane::HistoryCoverage;
using controlplane::HistoryEdge;
using controlplane::HistoryIncident;

std::string time_text(TimeNs time_ns) {
  return controlplane::to_timestamp(time_ns).substr(0, std::string("2026-01-05T00:00:00").size());
}

std::string source_text(const AlarmSource& source) {
  return source.second == 0 ? source.first : fmt::format("{}, {} s", source.first, source.second);
}

std::string incident_line(const HistoryIncident& incident) {
  return fmt::format("{}  {}  {:<6} {:>5} x  {}{}{}", incident.id, time_text(incident.first_ns),
                     severity_of(incident), incident.count, incident.key,
                     incident.is_told ? "" : "  nobody was told",
                     incident.label.empty() ? "" : "  " + incident.label);
}

std::uint64_t window_count_of(const Allowance& allowance, std::uint32_t granularity_s) {
  const auto found =
      std::ranges::find(allowance.coverage, granularity_s, &HistoryCoverage::granularity_s);
  return found == allowance.coverage.end() ? 0 : found->window_count;
}

bool is_wanted(const HistoryEdge& edge, const detector::Suppression& wanted) {
  return (wanted.source.empty() || edge.source == wanted.source) &&
         (wanted.target.empty() || edge.target == wanted.target);
}

std::string spans_text(const Allowance& allowance) {
  std::string text = fmt::format("history   {} incidents", allowance.incident_count);
  for (const HistoryCoverage& span : allowance.coverage) {
    text += fmt::format("; {} windows of {} s from {} to {}", span.window_count, span.granularity_s,
                        time_text(span.begin_ns), time_text(span.end_ns));
  }
  return text + (allowance.coverage.empty() ? ", and no window\n" : "\n");
}

std::string alarms_text(const Allowance& allowance) {
  std::string text;
  for (const auto& [source, counts] : allowance.alarms) {
    text += fmt::format(
        "alarms    {}: {} of {}{}\n", source_text(source), counts.covered, counts.all,
        counts.covered_before == 0
            ? ""
            : fmt::format(", {} more are held back by what is in force", counts.covered_before));
  }
  if (allowance.unknown_window_count > 0) {
    text += fmt::format("          {} windows more are of an earlier version, without their path\n",
                        allowance.unknown_window_count);
  }
  return text;
}

std::string incidents_text(const Allowance& allowance) {
  const auto whole = static_cast<std::size_t>(
      std::ranges::count_if(allowance.incidents, &AllowedIncident::is_whole));
  const auto silent = std::ranges::count_if(
      allowance.incidents, [](const auto& each) { return !each.incident.is_told; });
  std::string text = fmt::format(
      "incidents {} of {} would not have been told, {} more in part{}\n", whole,
      allowance.incident_count, allowance.incidents.size() - whole,
      silent == 0 ? "" : fmt::format("; of {} of these nobody was told anyway", silent));
  if (allowance.incidents.empty()) return text;
  text += fmt::format("  newest  {}\n", incident_line(allowance.incidents.front().incident));
  text += fmt::format("  gravest {}\n", incident_line(allowance.gravest()->incident));
  return text;
}

std::string edges_text(const Allowance& allowance, const detector::Suppression& wanted) {
  constexpr std::size_t kEdgesMax = 8;
  std::string text;
  std::string near;
  std::size_t near_count = 0;
  for (const HistoryEdge& edge : allowance.edges) {
    const std::string line = fmt::format(
        "{} -> {}: in {} of {} windows of {} s, {} of them above their threshold\n", edge.source,
        edge.target, edge.window_count, window_count_of(allowance, edge.granularity_s),
        edge.granularity_s, edge.alarm_count);
    if (is_wanted(edge, wanted)) {
      text += "edge      " + line;
    } else if (near_count++ < kEdgesMax) {
      near += "  near    " + line;
    }
  }
  if (text.empty()) {
    text = "edge      no window has it; edges are between services, as mimir observe shows them\n";
    text += near;
    if (near_count > kEdgesMax) text += fmt::format("  and     {} more\n", near_count - kEdgesMax);
  }
  if (allowance.cut_window_count > 0) {
    text += fmt::format(
        "          of {} windows only their most excessive and heaviest edges are "
        "remembered\n",
        allowance.cut_window_count);
  }
  return text;
}

std::string ending_text(TimeNs until_ns, TimeNs now_ns) {
  constexpr std::array<std::pair<TimeNs, const char*>, 3> kUnits{
      {{kNsPerDay, "d"}, {kNsPerHour, "h"}, {kNsPerSecond, "s"}}};
  const TimeNs distance_ns = std::max(until_ns, now_ns) - std::min(until_ns, now_ns);
  const auto* const unit =
      std::ranges::find_if(kUnits, [&](const auto& each) { return distance_ns >= each.first; });
  const auto [length_ns, name] = unit == kUnits.end() ? kUnits.back() : *unit;
  const TimeNs count = distance_ns / length_ns;
  return until_ns > now_ns ? fmt::format("ends in {} {}", count, name)
                           : fmt::format("ENDED {} {} ago", count, name);
}

Json suppression_json(const detector::Suppression& suppression) {
  return Json::object()
      .set("detector", suppression.detector.empty() ? "any" : suppression.detector)
      .set("source", suppression.source)
      .set("target", suppression.target)
      .set("port", std::uint32_t{suppression.port})
      .set("until", controlplane::to_timestamp(suppression.until_ns))
      .set("reason", suppression.reason);
}

}  // namespace

std::string to_text(const Allowance& allowance, const detector::Suppression& wanted) {
  std::string text = spans_text(allowance) + alarms_text(allowance) + incidents_text(allowance);
  for (const NearIncident& near : allowance.near) {
    text += fmt::format("  near    {}: {}\n", incident_line(near.incident), near.lacks);
  }
  return text + edges_text(allowance, wanted);
}

Json to_json(const Allowance& allowance) {
  Json spans = Json::array();
  for (const HistoryCoverage& span : allowance.coverage) {
    spans.push(Json::object()
                   .set("granularity_s", span.granularity_s)
                   .set("windows", span.window_count)
                   .set("begin", controlplane::to_timestamp(span.begin_ns))
                   .set("end", controlplane::to_timestamp(span.end_ns)));
  }
  Json alarms = Json::array();
  for (const auto& [source, counts] : allowance.alarms) {
    alarms.push(Json::object()
                    .set("detector", source.first)
                    .set("granularity_s", source.second == 0 ? Json() : Json(source.second))
                    .set("all", counts.all)
                    .set("covered_before", counts.covered_before)
                    .set("covered", counts.covered));
  }
  Json incidents = Json::array();
  for (const AllowedIncident& each : allowance.incidents) {
    incidents.push(to_json(each.incident).set("whole", each.is_whole));
  }
  Json near = Json::array();
  for (const NearIncident& each : allowance.near) {
    near.push(to_json(each.incident).set("lacks", each.lacks));
  }
  Json edges = Json::array();
  for (const HistoryEdge& edge : allowance.edges) {
    edges.push(Json::object()
                   .set("granularity_s", edge.granularity_s)
                   .set("src", edge.source)
                   .set("dst", edge.target)
                   .set("windows", edge.window_count)
                   .set("alarms", edge.alarm_count)
                   .set("begin", controlplane::to_timestamp(edge.begin_ns))
                   .set("end", controlplane::to_timestamp(edge.end_ns)));
  }
  return Json::object()
      .set("spans", std::move(spans))
      .set("incident_count", allowance.incident_count)
      .set("covered_before", allowance.covered_before)
      .set("alarms", std::move(alarms))
      .set("incidents", std::move(incidents))
      .set("near", std::move(near))
      .set("edges", std::move(edges))
      .set("cut_windows", allowance.cut_window_count)
      .set("windows_without_path", allowance.unknown_window_count);
}

std::string to_text(const std::vector<SuppressionUse>& uses, TimeNs now_ns) {
  std::string text;
  for (const SuppressionUse& use : uses) {
    const detector::Suppression& of = use.suppression;
    text += fmt::format(
        "{}  {} -> {}{}  {} ({})  \"{}\"\n", of.detector.empty() ? "any" : of.detector,
        of.source.empty() ? "anybody" : of.source, of.target.empty() ? "anybody" : of.target,
        of.port == 0 ? "" : fmt::format(" port {}", of.port), ending_text(of.until_ns, now_ns),
        time_text(of.until_ns), of.reason);
    if (use.alarm_count + use.expired_count == 0) {
      text += "  has matched nothing that the history remembers\n";
      continue;
    }
    text +=
        fmt::format("  has matched {} alarms of {} incidents", use.alarm_count, use.incident_count);
    if (use.last_ns > 0) text += ", the last at " + time_text(use.last_ns);
    if (use.expired_count > 0) text += fmt::format("; since it ended, {} more", use.expired_count);
    text += '\n';
  }
  return text;
}

Json to_json(const std::vector<SuppressionUse>& uses, TimeNs now_ns) {
  Json list = Json::array();
  for (const SuppressionUse& use : uses) {
    list.push(suppression_json(use.suppression)
                  .set("ended", use.suppression.until_ns <= now_ns)
                  .set("alarms", use.alarm_count)
                  .set("alarms_since_it_ended", use.expired_count)
                  .set("incidents", use.incident_count)
                  .set("last",
                       use.last_ns == 0 ? Json() : Json(controlplane::to_timestamp(use.last_ns))));
  }
  return Json::object().set("suppressions", std::move(list));
}

}  // namespace mimir::tools
