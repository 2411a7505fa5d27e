// SPDX-License-Identifier: Apache-2.0
#include "controlplane/alert/alert.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "config/quantity.h"
#include "controlplane/ledger_json.h"

namespace mimir::controlplane {

namespace {

using config::Json;

constexpr std::uint64_t kExfiltrationSignatureId = 7700101;
constexpr std::size_t kContributionMax = 8;
constexpr TimeNs kNsPerMicrosecond = 1000;

std::string join_path(const std::vector<std::string>& path) {
  return fmt::format("{}", fmt::join(path, " -> "));
}

const detector::EdgeEvidence* find_edge(const Alert& alert, const std::string& source,
                                        const std::string& destination) {
  const auto found =
      std::find_if(alert.edges.begin(), alert.edges.end(), [&](const detector::EdgeEvidence& edge) {
        return edge.source == source && edge.destination == destination;
      });
  return found == alert.edges.end() ? nullptr : &*found;
}

/// Of each in the set, in the order of their numbers.
std::vector<std::string_view> names_of(ApplicationSet applications) {
  std::vector<std::string_view> names;
  for (std::size_t i = 1; i < kApplicationNames.size(); ++i) {
    if ((applications >> i & 1U) != 0) names.push_back(kApplicationNames[i]);
  }
  return names;
}

/// " (mongodb, tls)"; empty where nothing is known.
std::string spoken_text(ApplicationSet applications) {
  const std::vector<std::string_view> spoken = names_of(applications);
  return spoken.empty() ? std::string() : fmt::format(" ({})", fmt::join(spoken, ", "));
}

std::string describe(const detector::EdgeEvidence& edge, std::uint32_t granularity_s) {
  const std::string sent = fmt::format(
      "{} sent {}{} to {} in {} s", edge.source, bytes_text(static_cast<double>(edge.bytes)),
      spoken_text(edge.applications), edge.destination, granularity_s);
  if (!edge.is_known) return sent + " (an edge never seen in training)";
  return sent + fmt::format(" (expected {}, 99th percentile {})", bytes_text(edge.expected_bytes),
                            bytes_text(edge.p99_bytes));
}

Json envelope(const Alert& alert) {
  Json metadata = Json::object();
  metadata.set("mitre_tactic_id", Json::array().push("TA0010"))
      .set("mitre_technique_id", Json::array().push("T1041"))
      .set("detector", Json::array().push("exfiltration"))
      .set("severity_label", Json::array().push("high"));
  const std::string signature = alert.path.empty()
                                    ? std::string("MIMIR structure of the service graph changed")
                                    : "MIMIR exfiltration path " + join_path(alert.path);
  Json inner = Json::object();
  inner.set("action", "allowed")
      .set("gid", kAlertGeneratorId)
      .set("signature_id", kExfiltrationSignatureId)
      .set("rev", 1)
      .set("signature", signature)
      .set("category", "Data Exfiltration")
      .set("severity", 1)
      .set("metadata", std::move(metadata));
  return inner;
}

Json contribution_json(const learn::Contribution& part) {
  Json row = Json::object();
  row.set("feature", part.feature)
      .set("granularity_s", part.granularity_s)
      .set("observed", part.observed)
      .set("expected", part.expected)
      .set("spread", part.spread)
      .set("z", part.z)
      .set("weight", part.weight)
      .set("contribution", part.contribution);
  return row;
}

Json explanation(const Alert& alert) {
  learn::Score score = alert.score;
  score.keep_largest(kContributionMax);
  Json text = Json::object();
  text.set("summary", summarise(alert))
      .set("method", "linear model: intercept + sum of weight x robust z = score");
  set_attribution(text, score);
  return text;
}

Json edge_list(const Alert& alert) {
  Json list = Json::array();
  for (const detector::EdgeEvidence& edge : alert.edges) list.push(to_json(edge));
  return list;
}

Json hop_list(const Alert& alert) {
  Json list = Json::array();
  for (const AlertHop& hop : alert.hops) {
    Json row = Json::object();
    row.set("src_pod", hop.source)
        .set("dst_pod", hop.destination)
        .set("bytes", hop.bytes)
        .set("packets", hop.packets);
    list.push(std::move(row));
  }
  return list;
}

Json related_list(const Alert& alert) {
  Json list = Json::array();
  for (const RelatedFinding& related : alert.related) {
    list.push(Json::object()
                  .set("kind", related.kind)
                  .set("source", related.source)
                  .set("window_end", to_timestamp(related.end_ns))
                  .set("summary", related.summary));
  }
  return list;
}

Json path_list(const std::vector<std::string>& path) {
  Json list = Json::array();
  for (const std::string& service : path) list.push(service);
  return list;
}

}  // namespace

double AlertLoss::loss_ratio() const noexcept {
  const std::uint64_t sent = packets.received + lost_at_ports;
  const std::uint64_t lost =
      packets.dropped_total() - packets.dropped_for(Drop::kNotIp) + packets_lost + lost_at_ports;
  return sent == 0 ? 0.0 : static_cast<double>(lost) / static_cast<double>(sent);
}

config::Json to_json(const AlertLoss& loss) {
  Json object = Json::object();
  object.set("received", loss.packets.received)
      .set("counted", loss.packets.counted)
      .set("dropped", dropped_json(loss.packets))
      .set("records_lost", loss.records_lost)
      .set("packets_in_lost_records", loss.packets_lost)
      .set("lost_at_ports", loss.lost_at_ports)
      .set("kept_flows_ratio", kept_flows_ratio(loss.shed_level))
      .set("loss_ratio", loss.loss_ratio())
      .set("mapped_bytes_ratio", loss.mapped_bytes_ratio);
  if (loss.facts_lost > 0) object.set("facts_lost", loss.facts_lost);
  return object;
}

config::Json to_json(const detector::EdgeEvidence& edge) {
  Json row = Json::object();
  row.set("src", edge.source)
      .set("dst", edge.destination)
      .set("bytes", edge.bytes)
      .set("packets", edge.packets)
      .set("expected_bytes", edge.expected_bytes)
      .set("p99_bytes", edge.p99_bytes)
      .set("excess", edge.excess())
      .set("seen_in_training", edge.is_known);
  if (edge.applications != 0) {
    Json spoken = Json::array();
    for (const std::string_view name : names_of(edge.applications)) spoken.push(std::string(name));
    row.set("applications", std::move(spoken));
  }
  return row;
}

void set_attribution(config::Json& object, const learn::Score& score) {
  Json listed = Json::array();
  for (const learn::Contribution& part : score.contributions) {
    listed.push(contribution_json(part));
  }
  object.set("intercept", score.intercept)
      .set("other", score.other)
      .set("contributions", std::move(listed));
}

std::string bytes_text(double bytes) {
  constexpr std::array<const char*, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 999.5 && unit + 1 < kUnits.size()) {
    bytes /= 1000;
    ++unit;
  }
  return fmt::format("{:.3g} {}", bytes, kUnits[unit]);
}

std::string to_timestamp(TimeNs time_ns) {
  const auto time = std::chrono::floor<std::chrono::microseconds>(
      std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(time_ns)));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}+0000",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (time - seconds).count());
}

std::string summarise(const Alert& alert) {
  std::vector<std::string> sentences;
  for (std::size_t i = 0; i + 1 < alert.path.size(); ++i) {
    const auto* const edge = find_edge(alert, alert.path[i], alert.path[i + 1]);
    if (edge != nullptr) sentences.push_back(describe(*edge, alert.granularity_s));
  }
  if (sentences.empty() && !alert.edges.empty()) {
    sentences.push_back("no path to the outside stands out; most unusual: " +
                        describe(alert.edges.front(), alert.granularity_s));
  }
  return fmt::format("{}", fmt::join(sentences, "; "));
}

TimeNs from_timestamp(std::string_view text) {
  constexpr std::size_t kSecondsLength = 19;
  constexpr std::size_t kMicrosecondDigits = 6;
  if (text.size() < kSecondsLength + 1 + kMicrosecondDigits) return 0;
  const auto seconds_ns = config::parse_utc_ns(std::string(text.substr(0, kSecondsLength)) + 'Z');
  TimeNs microseconds = 0;
  const std::string_view digits = text.substr(kSecondsLength + 1, kMicrosecondDigits);
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), microseconds);
  if (!seconds_ns || read.ptr != digits.data() + digits.size()) return 0;
  return *seconds_ns + microseconds * kNsPerMicrosecond;
}

config::Json to_json(const Alert& alert) {
  Json window = Json::object();
  window.set("granularity_s", alert.granularity_s)
      .set("start", to_timestamp(alert.begin_ns))
      .set("end", to_timestamp(alert.end_ns))
      .set("state", alert.is_partial ? "partial" : "complete");
  Json score = Json::object();
  score.set("value", alert.score.value)
      .set("threshold", alert.score.threshold)
      .set("missing_features", std::uint64_t{alert.score.missing_count})
      .set("unseen_features", path_list(alert.score.unseen));
  Json model = Json::object();
  model.set("name", alert.model_name).set("sha256", alert.model_digest);
  Json ours = Json::object();
  ours.set("schema", kAlertSchema)
      .set("kind", "exfiltration")
      .set("window", std::move(window))
      .set("score", std::move(score))
      .set("path", path_list(alert.path))
      .set("hops", hop_list(alert))
      .set("explanation", explanation(alert))
      .set("edges", edge_list(alert))
      .set("related", related_list(alert))
      .set("capture", to_json(alert.loss))
      .set("model", std::move(model));
  Json line = Json::object();
  line.set("timestamp", to_timestamp(alert.end_ns))
      .set("event_type", "alert")
      .set("alert", envelope(alert))
      .set("mimir", std::move(ours));
  return line;
}

}  // namespace mimir::controlplane
