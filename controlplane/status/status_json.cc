// SPDX-License-Identifier: Apache-2.0
#include "controlplane/status/status_json.h"

#include <string>
#include <utility>

#include "controlplane/alert/alert.h"

namespace mimir::controlplane {

namespace {

using config::Json;

Json ledger_json(const PacketLedger& packets) {
  Json dropped = Json::object();
  for (std::size_t i = 0; i < kDropCount; ++i) {
    if (packets.dropped[i] > 0) dropped.set(std::string(kDropTexts[i].name), packets.dropped[i]);
  }
  Json json = Json::object();
  json.set("received", packets.received)
      .set("counted", packets.counted)
      .set("counted_bytes", packets.counted_bytes)
      .set("out_of_order", packets.out_of_order)
      .set("dropped", std::move(dropped))
      .set("balances", packets.balances());
  return json;
}

Json records_json(const RecordLedger& records) {
  Json json = Json::object();
  json.set("written", records.written)
      .set("delivered", records.delivered)
      .set("lost_ring_full", records.lost_ring_full)
      .set("packets_lost", records.packets_lost)
      .set("balances", records.balances());
  return json;
}

Json facts_json(const FactLedger& facts) {
  Json json = Json::object();
  json.set("written", facts.written)
      .set("delivered", facts.delivered)
      .set("lost", facts.lost)
      .set("balances", facts.balances());
  return json;
}

Json ports_json(const ApplianceStatus& status) {
  Json list = Json::array();
  for (const PortStatus& port : status.ports) {
    Json row = Json::object();
    row.set("device", port.device)
        .set("link_up", port.is_link_up)
        .set("link_losses", port.link_losses)
        .set("received", port.received)
        .set("missed", port.missed)
        .set("errors", port.errors)
        .set("no_buffer", port.no_buffer);
    list.push(std::move(row));
  }
  return list;
}

Json workers_json(const ApplianceStatus& status) {
  Json list = Json::array();
  for (const WorkerStatus& worker : status.workers) {
    Json row = Json::object();
    row.set("ring_records", worker.ring_records)
        .set("ring_records_max", worker.ring_records_max)
        .set("ring_capacity", worker.ring_capacity);
    list.push(std::move(row));
  }
  return list;
}

Json totals_json(const ApplianceStatus& status) {
  Json list = Json::array();
  for (const WindowTotals& totals : status.windows) {
    Json row = Json::object();
    row.set("granularity_s", totals.granularity_s)
        .set("complete", totals.complete)
        .set("partial", totals.partial)
        .set("without_data", totals.without_data)
        .set("alerts", totals.alerts);
    list.push(std::move(row));
  }
  return list;
}

}  // namespace

Json to_json(const ApplianceStatus& status) {
  const ApplianceIdentity& identity = status.identity;
  Json model = Json::object();
  model.set("name", identity.model_name)
      .set("sha256", identity.model_digest)
      .set("observation", identity.observation)
      .set("sensitive_service", identity.sensitive_service);
  Json json = Json::object();
  json.set("version", identity.version)
      .set("started", to_timestamp(identity.started_ns))
      .set("listening", status.is_listening)
      .set("replay", identity.is_replay)
      .set("model", std::move(model))
      .set("services", status.services)
      .set("ports", ports_json(status))
      .set("workers", workers_json(status))
      .set("packets", ledger_json(status.packets))
      .set("lost_at_ports", status.lost_at_ports)
      .set("records", records_json(status.records))
      .set("facts", facts_json(status.facts))
      .set("windows", totals_json(status))
      .set("alerts_written", status.alerts_written)
      .set("alerts_lost", status.alerts_lost);
  return json;
}

Json summary_json(const WindowView& window) {
  Json json = Json::object();
  json.set("begin_s", window.begin_ns / kNsPerSecond)
      .set("begin", to_timestamp(window.begin_ns))
      .set("granularity_s", window.granularity_s)
      .set("partial", window.is_partial)
      .set("has_data", window.has_data)
      .set("alert", window.is_alert)
      .set("score", window.score)
      .set("threshold", window.threshold)
      .set("packets", window.packets.received)
      .set("bytes", window.packets.counted_bytes)
      .set("loss_ratio", window.loss_ratio())
      .set("mapped_bytes_ratio", window.mapped_bytes_ratio)
      .set("kept_flows_ratio", kept_flows_ratio(window.shed_level));
  return json;
}

Json to_json(const WindowView& window) {
  Json edges = Json::array();
  for (const EdgeView& edge : window.edges) {
    Json row = Json::object();
    row.set("src", edge.source)
        .set("dst", edge.destination)
        .set("bytes", edge.bytes)
        .set("packets", edge.packets)
        .set("expected_bytes", edge.expected_bytes)
        .set("p99_bytes", edge.p99_bytes)
        .set("excess", edge.excess)
        .set("seen_in_training", edge.is_known)
        .set("on_path", edge.is_on_path);
    edges.push(std::move(row));
  }
  Json reasons = Json::array();
  for (const ReasonView& reason : window.reasons) {
    Json row = Json::object();
    row.set("feature", reason.feature)
        .set("observed", reason.observed)
        .set("expected", reason.expected)
        .set("z", reason.z)
        .set("contribution", reason.contribution);
    reasons.push(std::move(row));
  }
  Json json = summary_json(window);
  json.set("ledger", ledger_json(window.packets))
      .set("records_lost", window.records_lost)
      .set("packets_in_lost_records", window.packets_lost)
      .set("lost_at_ports", window.lost_at_ports)
      .set("edges", std::move(edges))
      .set("reasons", std::move(reasons));
  return json;
}

}  // namespace mimir::controlplane
