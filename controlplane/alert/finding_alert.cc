// SPDX-License-Identifier: Apache-2.0
#include "controlplane/alert/finding_alert.h"

#include <limits>
#include <string>
#include <utility>
#include <variant>

#include "model/detector/catalogue.h"
#include "model/entity/address_text.h"

namespace mimir::controlplane {

namespace {

using config::Json;
using detector::Finding;
using detector::Party;
using detector::Resolver;

Json to_json(const Party& party, const Resolver& resolver) {
  Json object = Json::object();
  object.set("name", resolver.name(party)).set("ip", entity::to_text(party.address));
  if (resolver.has_cluster()) object.set("service", resolver.service_name(party));
  return object;
}

Json port_list(const std::vector<std::uint16_t>& ports) {
  Json list = Json::array();
  for (const std::uint16_t port : ports) list.push(std::uint32_t{port});
  return list;
}

Json target_list(const Finding& finding, const Resolver& resolver) {
  Json list = Json::array();
  for (const detector::Endpoint& target : finding.targets) {
    Json row = to_json(target.party, resolver);
    row.set("ports", port_list(target.ports)).set("open_ports", port_list(target.open_ports));
    list.push(std::move(row));
  }
  return list;
}

Json hop_list(const Finding& finding, const Resolver& resolver) {
  Json list = Json::array();
  for (const detector::Hop& hop : finding.hops) {
    Json row = Json::object();
    row.set("time", to_timestamp(hop.time_ns))
        .set("src", to_json(hop.source, resolver))
        .set("dst", to_json(hop.destination, resolver))
        .set("port", std::uint32_t{hop.port})
        .set("protocol", std::uint32_t{hop.protocol})
        .set("why", hop.what);
    list.push(std::move(row));
  }
  return list;
}

Json evidence_of(const Finding& finding) {
  Json object = Json::object();
  for (const detector::Fact& fact : finding.facts) {
    std::visit([&](const auto& value) { object.set(std::string(fact.name), value); }, fact.value);
  }
  return object;
}

Json envelope(const Finding& finding, const detector::KindText& text) {
  Json techniques = Json::array();
  for (const std::string_view technique : finding.techniques) techniques.push(technique);
  Json metadata = Json::object();
  metadata.set("mitre_tactic_id", Json::array().push(text.tactic))
      .set("mitre_technique_id", std::move(techniques))
      .set("detector", Json::array().push(text.name))
      .set("severity_label", Json::array().push(detector::name(finding.severity)));
  std::string signature(text.signature);
  if (!finding.variant.empty()) signature += ", " + finding.variant;
  Json inner = Json::object();
  inner.set("action", "allowed")
      .set("gid", kAlertGeneratorId)
      .set("signature_id", text.signature_id)
      .set("rev", 1)
      .set("signature", std::move(signature))
      .set("category", text.category)
      .set("severity", static_cast<int>(finding.severity))
      .set("metadata", std::move(metadata));
  return inner;
}

}  // namespace

FindingWindow window_of(const Window& window) {
  return {.begin_ns = window.begin_ns,
          .end_ns = window.end_ns,
          .is_partial = window.partial,
          .loss = {.packets = window.packets,
                   .records_lost = window.records_lost,
                   .packets_lost = window.packets_lost,
                   .facts_lost = window.facts_lost,
                   .lost_at_ports = window.lost_at_ports,
                   .shed_level = window.shed_level,
                   .mapped_bytes_ratio = std::numeric_limits<double>::quiet_NaN()}};
}

config::Json to_json(const Finding& finding, const FindingWindow& window, const HabitOrigin& origin,
                     const Resolver& resolver) {
  const detector::KindText& text = detector::text_of(finding.kind);
  Json when = Json::object();
  when.set("start", to_timestamp(window.begin_ns))
      .set("end", to_timestamp(window.end_ns))
      .set("state", window.is_partial ? "partial" : "complete");
  Json explanation = Json::object();
  explanation.set("summary", finding.summary)
      .set("meaning", text.meaning)
      .set("false_alarm", text.false_alarm)
      .set("action", text.action);
  Json ours = Json::object();
  ours.set("schema", kAlertSchema)
      .set("kind", text.name)
      .set("variant", finding.variant)
      .set("is_update", finding.is_update)
      .set("window", std::move(when))
      .set("first_seen", to_timestamp(finding.first_ns))
      .set("last_seen", to_timestamp(finding.last_ns))
      .set("source", to_json(finding.source, resolver))
      .set("targets", target_list(finding, resolver))
      .set("target_count", finding.target_count)
      .set("hops", hop_list(finding, resolver))
      .set("evidence", evidence_of(finding))
      .set("explanation", std::move(explanation))
      .set("capture", to_json(window.loss));
  if (!origin.model_name.empty()) {
    ours.set("model",
             Json::object().set("name", origin.model_name).set("sha256", origin.model_digest));
  }
  Json line = Json::object();
  line.set("timestamp", to_timestamp(window.end_ns))
      .set("event_type", "alert")
      .set("src_ip", entity::to_text(finding.source.address));
  if (!finding.targets.empty()) {
    line.set("dest_ip", entity::to_text(finding.targets.front().party.address));
  }
  line.set("alert", envelope(finding, text)).set("mimir", std::move(ours));
  return line;
}

}  // namespace mimir::controlplane
