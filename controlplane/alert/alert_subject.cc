// SPDX-License-Identifier: Apache-2.0
#include "controlplane/alert/alert_subject.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "config/json_member.h"
#include "controlplane/alert/alert_builder.h"
#include "model/detector/catalogue.h"
#include "model/entity/address_text.h"

namespace mimir::controlplane {

namespace {

using config::Json;
using detector::SubjectEdge;
using detector::SubjectParty;
using detector::SuppressionSubject;

static_assert(AlertBuilder::kEdgeMax >= detector::kSubjectEdgeMax,
              "an alert's line must have all edges that a suppression looks at");

SuppressionSubject subject_of_path(TimeNs end_ns, std::vector<std::string> path) {
  return {.detector = std::string(detector::kExfiltrationDetector),
          .last_ns = end_ns - 1,
          .path = std::move(path)};
}

void add_edge(SubjectEdge edge, SuppressionSubject& subject) {
  if (subject.edges.size() < detector::kSubjectEdgeMax) subject.edges.push_back(std::move(edge));
}

/// `of`: what has the path and the edges, the most excessive first.
SuppressionSubject subject_of_path(TimeNs end_ns, const Json& of) {
  std::vector<std::string> path;
  for (const Json& service : list_of(of, "path")) {
    if (service.string() != nullptr) path.push_back(*service.string());
  }
  SuppressionSubject subject = subject_of_path(end_ns, std::move(path));
  for (const Json& edge : list_of(of, "edges")) {
    add_edge({.source = text_of(edge, "src"),
              .target = text_of(edge, "dst"),
              .excess = number_of(edge, "excess")},
             subject);
  }
  return subject;
}

std::vector<std::uint16_t> ports_of(const Json& json, std::string_view key) {
  std::vector<std::uint16_t> ports;
  for (const Json& port : list_of(json, key)) {
    ports.push_back(static_cast<std::uint16_t>(port.count().value_or(0)));
  }
  return ports;
}

SubjectParty party_of(const Json& json) {
  SubjectParty party{.name = text_of(json, "name"),
                     .service = text_of(json, "service"),
                     .address = entity::parse_address(text_of(json, "ip")).value_or(Address())};
  std::ranges::set_union(ports_of(json, "ports"), ports_of(json, "open_ports"),
                         std::back_inserter(party.ports));
  return party;
}

}  // namespace

SuppressionSubject subject_of(const Alert& alert) {
  SuppressionSubject subject = subject_of_path(alert.end_ns, alert.path);
  for (const detector::EdgeEvidence& edge : alert.edges) {
    add_edge({.source = edge.source, .target = edge.destination, .excess = edge.excess()}, subject);
  }
  return subject;
}

std::optional<SuppressionSubject> subject_of(const Json& line) {
  const Json& ours = member(line, "mimir");
  const std::string& kind = text_of(ours, "kind");
  if (kind == detector::kExfiltrationDetector) {
    return subject_of_path(from_timestamp(text_of(member(ours, "window"), "end")), ours);
  }
  if (member(ours, "source").members() == nullptr) return std::nullopt;
  SuppressionSubject subject{.detector = kind,
                             .last_ns = from_timestamp(text_of(ours, "last_seen")),
                             .source = party_of(member(ours, "source")),
                             .target_count = count_of(ours, "target_count")};
  for (const Json& target : list_of(ours, "targets")) subject.targets.push_back(party_of(target));
  return subject;
}

std::optional<SuppressionSubject> subject_of_window(const Json& window) {
  if (window.find("path") == nullptr) return std::nullopt;
  const TimeNs begin_ns = static_cast<TimeNs>(count_of(window, "begin_s")) * kNsPerSecond;
  const TimeNs length_ns = static_cast<TimeNs>(count_of(window, "granularity_s")) * kNsPerSecond;
  return subject_of_path(begin_ns + length_ns, window);
}

void mark_suppressed(std::span<const detector::Suppression* const> by, Sighting& sighting) {
  Json list = Json::array();
  for (const detector::Suppression* const suppression : by) {
    list.push(Json::object()
                  .set("until", to_timestamp(suppression->until_ns))
                  .set("reason", suppression->reason));
  }
  Json ours = member(sighting.line, "mimir");
  ours.set("suppressed", std::move(list));
  sighting.line.set("mimir", std::move(ours));
  sighting.is_suppressed = true;
}

}  // namespace mimir::controlplane
