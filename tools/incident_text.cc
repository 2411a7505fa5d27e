// SPDX-License-Identifier: Apache-2.0
#include "tools/incident_text.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "config/json_member.h"
#include "model/detector/catalogue.h"

namespace mimir::tools {

namespace {

using config::Json;

/// What it means that an invariant is above or below what is expected of it.
struct Meaning {
  std::string_view family;
  std::string_view above;
  std::string_view below;
};

constexpr std::array<Meaning, 9> kMeanings{{
    {"bytes", "more than what came the other way accounts for",
     "less than what came the other way accounts for"},
    {"current_flow_variation", "what links the data with the outside runs through few of its pods",
     "what links the data with the outside is spread over its pods more evenly"},
    {"edge_variation", "some of these pods exchange far more than the others",
     "these pods exchange more nearly the same"},
    {"external_share", "it sends a larger share of all that leaves",
     "it sends a smaller share of all that leaves"},
    {"first_contact", "leaves from who never sent anything out, or to where nobody did", ""},
    {"harmonic_centrality", "a larger share of all bytes leads to it",
     "a smaller share of all bytes leads to it"},
    {"pod_excess", "one pod sends more than it was asked for and asked others", ""},
    {"reciprocity", "these two answer each other more evenly",
     "these two answer each other less evenly: it goes one way"},
    {"vip_deviation", "more goes from pod to pod past the virtual addresses",
     "less goes from pod to pod past the virtual addresses"},
}};

std::string_view meaning_of(std::string_view feature, double z) {
  const std::string_view family = feature.substr(0, feature.find('('));
  const auto* const found = std::ranges::find(kMeanings, family, &Meaning::family);
  if (found == kMeanings.end() || z == 0) return {};
  return z > 0 ? found->above : found->below;
}

// A score and all that it is the sum of, so that a reader can add it up.
std::string sum_text(const Json& score, const Json& why) {
  const Json::Array& parts = list_of(why, "contributions");
  if (parts.empty()) return {};
  std::string text = fmt::format("  {:.3f}  score, above the threshold {:.3f}; the sum of\n",
                                 number_of(score, "value"), number_of(score, "threshold"));
  text += fmt::format("  {:+.3f}  intercept\n", number_of(why, "intercept"));
  for (const Json& part : parts) {
    const std::string& feature = text_of(part, "feature");
    text +=
        fmt::format("  {:+.3f}  {}, {} s: {:.4g}, expected {:.4g} (z {:+.1f})\n",
                    number_of(part, "contribution"), feature, count_of(part, "granularity_s"),
                    number_of(part, "observed"), number_of(part, "expected"), number_of(part, "z"));
    const std::string_view meaning = meaning_of(feature, number_of(part, "z"));
    if (!meaning.empty()) text += fmt::format("          {}\n", meaning);
  }
  return text + fmt::format("  {:+.3f}  all other invariants\n", number_of(why, "other"));
}

std::string explanation_text(const Json& score, const Json& why) {
  std::string text = fmt::format("  {}\n", text_of(why, "summary")) + sum_text(score, why);
  for (const char* const key : {"meaning", "false_alarm", "action"}) {
    const std::string& said = text_of(why, key);
    if (!said.empty()) text += fmt::format("  {}: {}\n", key, said);
  }
  return text;
}

}  // namespace

std::string severity_of(const controlplane::HistoryIncident& incident) {
  return std::string(detector::name(static_cast<detector::Severity>(incident.severity)));
}

Json to_json(const controlplane::HistoryIncident& incident) {
  Json json = Json::object();
  json.set("id", incident.id)
      .set("state", incident.state)
      .set("severity", severity_of(incident))
      .set("dedup_key", incident.key)
      .set("count", incident.count)
      .set("first_seen", controlplane::to_timestamp(incident.first_ns))
      .set("last_seen", controlplane::to_timestamp(incident.last_ns))
      .set("told", incident.is_told)
      .set("label", incident.label)
      .set("reason", incident.reason);
  return json;
}

std::string reasons_text(const Json& line) {
  const Json& ours = member(line, "mimir");
  std::string text;
  for (const Json& by : list_of(ours, "suppressed")) {
    text += fmt::format("  suppressed until {}: {}\n", text_of(by, "until").substr(0, 19),
                        text_of(by, "reason"));
  }
  text += explanation_text(member(ours, "score"), member(ours, "explanation"));
  for (const Json& edge : list_of(ours, "edges")) {
    text += fmt::format("  edge {} -> {}: {:.0f} bytes, expected {:.0f}", text_of(edge, "src"),
                        text_of(edge, "dst"), number_of(edge, "bytes"),
                        number_of(edge, "expected_bytes"));
    const char* separator = "  ";
    for (const Json& spoken : list_of(edge, "applications")) {
      if (spoken.string() != nullptr) text += std::exchange(separator, ", ") + *spoken.string();
    }
    text += '\n';
  }
  for (const Json& step : list_of(ours, "next_steps")) {
    if (step.string() != nullptr) text += fmt::format("  next: {}\n", *step.string());
  }
  return text;
}

}  // namespace mimir::tools
