// SPDX-License-Identifier: Apache-2.0
#include "controlplane/status/status_json.h"

#include <string>
#include <utility>

#include "controlplane/alert/alert.h"
#include "controlplane/ledger_json.h"

namespace mimir::controlplane {

namespace {

using config::Json;

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
        .set("ring_capacity", worker.ring_capacity)
        .set("polls", worker.polls)
        .set("busy_cycles", worker.busy_cycles)
        .set("idle_cycles", worker.idle_cycles);
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
        .set("alerts", totals.alerts)
        .set("last_end_s", totals.last_end_ns / kNsPerSecond);
    list.push(std::move(row));
  }
  return list;
}

Json entities_json(const EntityStatus& entities) {
  Json json = Json::object();
  json.set("source", entities.source)
      .set("last_update", to_timestamp(entities.last_update_ns))
      .set("age_max_s", entities.age_max_ns / kNsPerSecond)
      .set("faults", entities.faults)
      .set("pods", entities.pods)
      .set("services", entities.services)
      .set("nodes", entities.nodes);
  return json;
}

Json outputs_json(const ApplianceStatus& status) {
  Json list = Json::array();
  for (const OutputStatus& output : status.outputs) {
    Json row = Json::object();
    row.set("name", output.name)
        .set("up", output.is_up)
        .set("given", output.given)
        .set("found", output.found)
        .set("delivered", output.delivered)
        .set("refused", output.refused)
        .set("queue_full", output.queue_full)
        .set("spool_full", output.spool_full)
        .set("failed", output.failed)
        .set("waiting", output.waiting)
        .set("spool_bytes", output.spool_bytes)
        .set("retries", output.retries);
    list.push(std::move(row));
  }
  return list;
}

Json shadow_json(const ShadowStatus& shadow) {
  if (!shadow.is_there()) return {};
  Json windows = Json::array();
  for (const ShadowTotals& totals : shadow.totals) {
    windows.push(Json::object()
                     .set("granularity_s", totals.granularity_s)
                     .set("alarms_both", totals.of(Agreement::kBoth))
                     .set("alarms_active_only", totals.of(Agreement::kFirst))
                     .set("alarms_candidate_only", totals.of(Agreement::kSecond))
                     .set("alarms_neither", totals.of(Agreement::kNeither))
                     .set("score", totals.score)
                     .set("threshold", totals.threshold));
  }
  return Json::object()
      .set("name", shadow.model_name)
      .set("sha256", shadow.model_digest)
      .set("since", shadow.first_begin_ns == 0 ? Json() : Json(to_timestamp(shadow.first_begin_ns)))
      .set("windows", std::move(windows));
}

Json incidents_json(const IncidentTotals& totals) {
  std::uint64_t open = 0;
  for (const std::uint64_t count : totals.open) open += count;
  Json json = Json::object();
  json.set("sightings", totals.sightings)
      .set("opened", totals.opened_count())
      .set("open", open)
      .set("closed", totals.closed)
      .set("displaced", totals.displaced)
      .set("records_written", totals.records_written)
      .set("records_held_back", totals.records_held_back);
  return json;
}

}  // namespace

Json to_json(const ApplianceStatus& status) {
  const ApplianceIdentity& identity = status.identity;
  Json model = Json::object();
  model.set("name", identity.model_name)
      .set("sha256", identity.model_digest)
      .set("file", identity.model_file)
      .set("observation", identity.observation)
      .set("sensitive_service", identity.sensitive_service);
  Json json = Json::object();
  json.set("version", identity.version)
      .set("started", to_timestamp(identity.started_ns))
      .set("published", to_timestamp(status.published_ns))
      .set("published_ns", status.published_ns)
      .set("listening", status.is_listening)
      .set("replay", identity.is_replay)
      .set("model", std::move(model))
      .set("candidate", shadow_json(status.shadow))
      .set("services", status.services)
      .set("entities", entities_json(status.entities))
      .set("ports", ports_json(status))
      .set("workers", workers_json(status))
      .set("packets", to_json(status.packets))
      .set("lost_at_ports", status.lost_at_ports)
      .set("mirror", Json::object()
                         .set("tcp_flows", status.mirror.tcp_flows)
                         .set("one_way_flows", status.mirror.one_way)
                         .set("drops_duplicates", identity.drops_duplicates))
      .set("records", to_json(status.records))
      .set("facts", to_json(status.facts))
      .set("windows", totals_json(status))
      .set("incidents", incidents_json(status.incidents))
      .set("outputs", outputs_json(status))
      .set("history", Json::object()
                          .set("given", status.history.given)
                          .set("written", status.history.written)
                          .set("queue_full", status.history.queue_full)
                          .set("failed", status.history.failed)
                          .set("bytes", status.history.bytes)
                          .set("unwatched_s", status.history.unwatched_ns / kNsPerSecond));
  return json;
}

Json summary_json(const WindowView& window) {
  Json json = Json::object();
  json.set("begin_s", window.begin_ns / kNsPerSecond)
      .set("begin", to_timestamp(window.begin_ns))
      .set("granularity_s", window.granularity_s)
      .set("partial", window.is_partial)
      .set("has_data", !window.score.no_data)
      .set("alert", window.score.alert())
      .set("score", window.score.value)
      .set("threshold", window.score.threshold)
      .set("packets", window.loss.packets.received)
      .set("bytes", window.loss.packets.counted_bytes)
      .set("edge_count", window.edge_count)
      .set("loss_ratio", window.loss.loss_ratio())
      .set("mapped_bytes_ratio", window.loss.mapped_bytes_ratio)
      .set("kept_flows_ratio", kept_flows_ratio(window.loss.shed_level));
  return json;
}

Json to_json(const WindowView& window) {
  Json edges = Json::array();
  for (const detector::EdgeEvidence& edge : window.edges) {
    edges.push(to_json(edge).set("on_path",
                                 detector::has_hop(window.path, edge.source, edge.destination)));
  }
  Json path = Json::array();
  for (const std::string& service : window.path) path.push(service);
  Json json = summary_json(window);
  json.set("capture", to_json(window.loss))
      .set("edges", std::move(edges))
      .set("path", std::move(path));
  set_attribution(json, window.score);
  return json;
}

}  // namespace mimir::controlplane
