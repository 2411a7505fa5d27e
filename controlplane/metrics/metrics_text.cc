// SPDX-License-Identifier: Apache-2.0
#include "controlplane/metrics/metrics_text.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "controlplane/alert/sighting.h"
#include "model/detector/catalogue.h"

namespace mimir::controlplane {

namespace {

using Label = prometheus::ClientMetric::Label;
using Labels = std::vector<Label>;
using prometheus::MetricType;

/// Families in the order they were begun, with values of one type each.
class Families {
 public:
  Families& begin(MetricType type, const char* name, const char* help) {
    families_.push_back({.name = name, .help = help, .type = type, .metric = {}});
    return *this;
  }
  Families& counter(const char* name, const char* help) {
    return begin(MetricType::Counter, name, help);
  }
  Families& gauge(const char* name, const char* help) {
    return begin(MetricType::Gauge, name, help);
  }

  /// Adds to the family begun last.
  Families& value(double value, Labels labels = {}) {
    prometheus::ClientMetric metric;
    metric.label = std::move(labels);
    (families_.back().type == MetricType::Counter ? metric.counter.value : metric.gauge.value) =
        value;
    families_.back().metric.push_back(std::move(metric));
    return *this;
  }
  Families& value(std::uint64_t count, Labels labels = {}) {
    return value(static_cast<double>(count), std::move(labels));
  }

  [[nodiscard]] std::string text() const {
    return prometheus::TextSerializer().Serialize(families_);
  }

 private:
  std::vector<prometheus::MetricFamily> families_;
};

double seconds(TimeNs time_ns) {
  return static_cast<double>(time_ns) / static_cast<double>(kNsPerSecond);
}

Label granularity(std::uint32_t granularity_s) {
  return {.name = "granularity", .value = fmt::format("{}s", granularity_s)};
}

Label severity(std::uint8_t severity) {
  return {.name = "severity",
          .value = std::string(detector::name(static_cast<detector::Severity>(severity)))};
}

/// Whoever may open an incident.
std::vector<std::string_view> detectors() {
  std::vector<std::string_view> names{detector::kExfiltrationDetector};
  for (const detector::KindText& text : detector::catalogue()) names.push_back(text.name);
  return names;
}

Label sink(const OutputStatus& output) { return {.name = "sink", .value = output.name}; }

void add_identity(const ApplianceStatus& status, Families& families) {
  const ApplianceIdentity& identity = status.identity;
  families.gauge("mimir_build_info", "The program that runs; always 1.")
      .value(1.0, {{.name = "version", .value = identity.version}});
  families.gauge("mimir_model_info", "The model that judges; always 1.")
      .value(1.0, {{.name = "model", .value = identity.model_name},
                   {.name = "sha256", .value = identity.model_digest}});
  families.gauge("mimir_start_timestamp_seconds", "When it began to listen.")
      .value(seconds(identity.started_ns));
  families.gauge("mimir_listening", "1 while every port is up and every core polls.")
      .value(status.is_listening ? 1.0 : 0.0);
}

void add_entities(const ApplianceStatus& status, Families& families) {
  const EntityStatus& entities = status.entities;
  const Label source{.name = "source", .value = entities.source};
  families
      .gauge("mimir_entity_last_update_timestamp_seconds",
             "When the source of who is who last said that it is so.")
      .value(seconds(entities.last_update_ns), {source});
  families.gauge("mimir_entity_age_max_seconds", "Above it they are stale; 0: they never are.")
      .value(seconds(entities.age_max_ns), {source});
  families
      .counter("mimir_entity_source_faults_total",
               "Times the source could not be read or understood.")
      .value(entities.faults, {source});
  families.gauge("mimir_entity_objects", "Objects of the cluster that are there.")
      .value(entities.pods, {{.name = "kind", .value = "pod"}})
      .value(entities.services, {{.name = "kind", .value = "service"}})
      .value(entities.nodes, {{.name = "kind", .value = "node"}});
  families.gauge("mimir_services", "Services of the cluster that are known.")
      .value(status.services);
}

void add_ports(const ApplianceStatus& status, Families& families) {
  const auto each = [&](auto&& value) {
    for (const PortStatus& port : status.ports) {
      families.value(value(port), {{.name = "port", .value = port.device}});
    }
  };
  families.gauge("mimir_port_link_up", "1 while the port has a link.");
  each([](const PortStatus& port) { return port.is_link_up ? 1.0 : 0.0; });
  families.counter("mimir_port_link_losses_total", "Times the link was there and went.");
  each([](const PortStatus& port) { return port.link_losses; });
  families.counter("mimir_port_received_packets_total", "Packets the port handed over.");
  each([](const PortStatus& port) { return port.received; });
  families.counter("mimir_port_lost_packets_total",
                   "Packets the port did not hand over. Without a buffer some drivers lose the "
                   "packet, others count it as missed too.");
  for (const PortStatus& port : status.ports) {
    const std::pair<const char*, std::uint64_t> reasons[] = {
        {"missed", port.missed}, {"error", port.errors}, {"no_buffer", port.no_buffer}};
    for (const auto& [reason, count] : reasons) {
      families.value(count,
                     {{.name = "port", .value = port.device}, {.name = "reason", .value = reason}});
    }
  }
}

void add_ledgers(const ApplianceStatus& status, Families& families) {
  families.counter("mimir_packets_received_total", "Packets the cores were given.")
      .value(status.packets.received);
  families.counter("mimir_packets_total",
                   "Where they went: counted in a flow, or dropped for the reason named. The sum "
                   "is mimir_packets_received_total.");
  families.value(status.packets.counted, {{.name = "result", .value = "counted"}});
  for (std::size_t i = 1; i < kDropCount; ++i) {
    families.value(status.packets.dropped[i],
                   {{.name = "result", .value = std::string(kDropTexts[i].name)}});
  }
  families.counter("mimir_bytes_counted_total", "IP total lengths of the packets counted.")
      .value(status.packets.counted_bytes);
  families.counter("mimir_packets_lost_at_ports_total", "Packets that no core was given.")
      .value(status.lost_at_ports);
  families
      .counter("mimir_mirror_tcp_conversations_total",
               "TCP conversations, one a base window, by how many of their two sides the mirror "
               "shows. One alone: it has one direction, or drops.")
      .value(status.mirror.tcp_flows - status.mirror.one_way, {{.name = "sides", .value = "both"}})
      .value(status.mirror.one_way, {{.name = "sides", .value = "one"}});
  families.counter("mimir_records_written_total", "Flow records the cores wrote.")
      .value(status.records.written);
  families
      .counter("mimir_records_total", "Where they went. The sum is mimir_records_written_total.")
      .value(status.records.delivered, {{.name = "result", .value = "delivered"}})
      .value(status.records.lost_ring_full, {{.name = "result", .value = "ring_full"}});
  families.counter("mimir_facts_written_total", "Facts of the payload that the cores wrote.")
      .value(status.facts.written);
  families.counter("mimir_facts_total", "Where they went. The sum is mimir_facts_written_total.")
      .value(status.facts.delivered, {{.name = "result", .value = "delivered"}})
      .value(status.facts.lost, {{.name = "result", .value = "lost"}});
  const bool balances =
      status.packets.balances() && status.records.balances() && status.facts.balances();
  families.gauge("mimir_ledgers_balance", "1 while all ledgers close. 0 is a defect: report it.")
      .value(balances ? 1.0 : 0.0);
}

void add_workers(const ApplianceStatus& status, Families& families) {
  const auto each = [&](auto&& value) {
    for (std::size_t i = 0; i < status.workers.size(); ++i) {
      families.value(value(status.workers[i]), {{.name = "worker", .value = std::to_string(i)}});
    }
  };
  families.counter("mimir_worker_polls_total", "Times a core asked its queue for packets.");
  each([](const WorkerStatus& worker) { return worker.polls; });
  families.counter("mimir_worker_cycles_total",
                   "Cycles of the time stamp counter, with packets at hand (busy) and without "
                   "(idle). Its busy share is what a core has used of itself.");
  for (std::size_t i = 0; i < status.workers.size(); ++i) {
    const WorkerStatus& worker = status.workers[i];
    const auto state = [i](const char* name) {
      return Labels{{.name = "worker", .value = std::to_string(i)},
                    {.name = "state", .value = name}};
    };
    families.value(worker.busy_cycles, state("busy")).value(worker.idle_cycles, state("idle"));
  }
  families.gauge("mimir_ring_records", "Records that wait in a core's ring.");
  each([](const WorkerStatus& worker) { return worker.ring_records; });
  families.gauge("mimir_ring_records_max", "The most that were seen waiting since the start.");
  each([](const WorkerStatus& worker) { return worker.ring_records_max; });
  families.gauge("mimir_ring_capacity_records", "Records a core's ring holds.");
  each([](const WorkerStatus& worker) { return worker.ring_capacity; });
}

void add_windows(const ApplianceStatus& status, std::span<const WindowView* const> latest,
                 TimeNs now_ns, Families& families) {
  families.counter("mimir_windows_total", "Windows judged.");
  for (const WindowTotals& totals : status.windows) {
    families.value(totals.complete,
                   {granularity(totals.granularity_s), {.name = "state", .value = "complete"}});
    families.value(totals.partial,
                   {granularity(totals.granularity_s), {.name = "state", .value = "partial"}});
  }
  families.counter("mimir_windows_without_data_total",
                   "Windows in which nothing of the cluster was seen.");
  for (const WindowTotals& totals : status.windows) {
    families.value(totals.without_data, {granularity(totals.granularity_s)});
  }
  const auto each = [&](auto&& value) {
    for (const WindowView* const window : latest) {
      families.value(value(*window), {granularity(window->granularity_s)});
    }
  };
  families.gauge("mimir_window_lag_seconds", "Since the end of the last window judged.");
  each([now_ns](const WindowView& window) { return seconds(now_ns - window.end_ns); });
  families.gauge("mimir_window_score", "Of the last window.");
  each([](const WindowView& window) { return window.score.value; });
  families.gauge("mimir_window_threshold", "Above it a window is an alert.");
  each([](const WindowView& window) { return window.score.threshold; });
  families.gauge("mimir_window_loss_ratio", "Share of the last window's packets in no flow.");
  each([](const WindowView& window) { return window.loss.loss_ratio(); });
  families.gauge("mimir_window_kept_flows_ratio",
                 "Share of the flows that was counted throughout: below 1 it was overloaded.");
  each([](const WindowView& window) { return kept_flows_ratio(window.loss.shed_level); });
  families.gauge("mimir_window_mapped_bytes_ratio",
                 "Share of the last window's bytes with both ends known.");
  each([](const WindowView& window) { return window.loss.mapped_bytes_ratio; });
  families.gauge("mimir_window_edges", "Edges of its graph of services.");
  each([](const WindowView& window) { return std::uint64_t{window.edges.size()}; });
}

void add_shadow(const ShadowStatus& shadow, Families& families) {
  if (!shadow.is_there()) return;
  families.gauge("mimir_shadow_model_info", "The candidate that judges too; always 1.")
      .value(1.0, {{.name = "model", .value = shadow.model_name},
                   {.name = "sha256", .value = shadow.model_digest}});
  families.counter("mimir_shadow_windows_total",
                   "Windows that the model and the candidate judged, by who alarmed. It begins "
                   "anew with other models.");
  constexpr std::pair<const char*, Agreement> kAlarms[] = {{"neither", Agreement::kNeither},
                                                           {"both", Agreement::kBoth},
                                                           {"active", Agreement::kFirst},
                                                           {"candidate", Agreement::kSecond}};
  for (const ShadowTotals& totals : shadow.totals) {
    for (const auto& [name, agreement] : kAlarms) {
      families.value(totals.of(agreement),
                     {granularity(totals.granularity_s), {.name = "alarm", .value = name}});
    }
  }
  families.gauge("mimir_shadow_window_score", "Of the last window, by the candidate.");
  for (const ShadowTotals& totals : shadow.totals) {
    families.value(totals.score, {granularity(totals.granularity_s)});
  }
  families.gauge("mimir_shadow_window_threshold", "Above it the candidate would alarm.");
  for (const ShadowTotals& totals : shadow.totals) {
    families.value(totals.threshold, {granularity(totals.granularity_s)});
  }
}

void add_alerts(const ApplianceStatus& status, Families& families) {
  families.counter("mimir_windows_alarming_total", "Windows above their threshold.");
  for (const WindowTotals& totals : status.windows) {
    families.value(totals.alerts, {granularity(totals.granularity_s)});
  }
  const IncidentTotals& incidents = status.incidents;
  families.counter("mimir_alerts_total", "Incidents opened.");
  // Each from the start: of a series that begins with its first incident, no increase is seen.
  for (const std::string_view detector : detectors()) {
    for (std::uint8_t each = 1; each < IncidentTotals::kSeverityCount; ++each) {
      const auto found = incidents.opened.find({std::string(detector), each});
      families.value(found == incidents.opened.end() ? std::uint64_t{0} : found->second,
                     {{.name = "detector", .value = std::string(detector)}, severity(each)});
    }
  }
  families.gauge("mimir_alerts_open", "Incidents open now.");
  for (std::uint8_t each = 1; each < IncidentTotals::kSeverityCount; ++each) {
    families.value(incidents.open[each], {severity(each)});
  }
  families
      .counter("mimir_alerts_sightings_total",
               "Windows and findings that were merged into incidents.")
      .value(incidents.sightings);
  families.counter("mimir_alerts_closed_total", "Incidents closed.")
      .value(incidents.closed - incidents.displaced, {{.name = "reason", .value = "quiet"}})
      .value(incidents.displaced, {{.name = "reason", .value = "displaced"}});
  families
      .counter("mimir_alerts_records_total",
               "Records of incidents, written or, over the rate, held back.")
      .value(incidents.records_written, {{.name = "result", .value = "written"}})
      .value(incidents.records_held_back, {{.name = "result", .value = "held_back"}});
}

void add_outputs(const ApplianceStatus& status, Families& families) {
  families.counter("mimir_output_events_total",
                   "Alerts by what became of them; those that wait are none of these yet.");
  for (const OutputStatus& output : status.outputs) {
    const std::pair<const char*, std::uint64_t> results[] = {{"ok", output.delivered},
                                                             {"refused", output.refused},
                                                             {"queue_full", output.queue_full},
                                                             {"spool_full", output.spool_full},
                                                             {"failed", output.failed}};
    for (const auto& [result, count] : results) {
      families.value(count, {sink(output), {.name = "result", .value = result}});
    }
  }
  const auto each = [&](auto&& value) {
    for (const OutputStatus& output : status.outputs) families.value(value(output), {sink(output)});
  };
  families.gauge("mimir_output_up", "1 while what was tried last arrived.");
  each([](const OutputStatus& output) { return output.is_up ? 1.0 : 0.0; });
  families.gauge("mimir_output_waiting_events", "Alerts that wait in memory or in the spool.");
  each([](const OutputStatus& output) { return output.waiting; });
  families.gauge("mimir_output_spool_bytes", "Of alerts that wait on disk.");
  each([](const OutputStatus& output) { return output.spool_bytes; });
  families.counter("mimir_history_rows_total", "Windows and records of incidents for the history.")
      .value(status.history.written, {{.name = "result", .value = "ok"}})
      .value(status.history.queue_full, {{.name = "result", .value = "queue_full"}})
      .value(status.history.failed, {{.name = "result", .value = "failed"}});
  families.gauge("mimir_history_bytes", "Of the history's file.").value(status.history.bytes);
  families
      .gauge("mimir_history_unwatched_seconds",
             "Between the last window of the former run and the first of this one.")
      .value(seconds(status.history.unwatched_ns));
  families.counter("mimir_output_retries_total", "Deliveries that have to be tried again.");
  each([](const OutputStatus& output) { return output.retries; });
}

}  // namespace

std::string to_metrics_text(const ApplianceStatus& status,
                            std::span<const WindowView* const> latest, TimeNs now_ns) {
  Families families;
  add_identity(status, families);
  add_entities(status, families);
  add_ports(status, families);
  add_ledgers(status, families);
  add_workers(status, families);
  add_windows(status, latest, now_ns, families);
  add_shadow(status.shadow, families);
  add_alerts(status, families);
  add_outputs(status, families);
  return families.text();
}

}  // namespace mimir::controlplane
