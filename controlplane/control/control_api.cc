// SPDX-License-Identifier: Apache-2.0
#include "controlplane/control/control_api.h"

#include <optional>
#include <string>

#include "config/diagnostic.h"
#include "config/json.h"

namespace mimir::controlplane {

namespace {

using config::Json;

constexpr std::string_view kReload = "/api/v1/reload";
constexpr std::string_view kDrain = "/api/v1/drain";
constexpr std::string_view kEvidence = "/api/v1/evidence";
constexpr std::string_view kEvidencePcap = "/api/v1/evidence/pcap";

HttpResponse respond(const Json& json, unsigned status) {
  return {.status = status, .body = config::to_text(json) + '\n'};
}

HttpResponse refuse(unsigned status, const char* error, const char* hint) {
  Json json = Json::object();
  json.set("error", error).set("hint", hint);
  return respond(json, status);
}

Json to_json(const ReloadDesk::State& state) {
  Json json = Json::object();
  json.set("number", state.number)
      .set("phase", std::string(name(state.phase)))
      .set("text", state.text);
  return json;
}

Json to_json(const EvidenceDesk::State& state) {
  Json json = Json::object();
  json.set("number", state.number)
      .set("under_way", state.is_under_way)
      .set("packets", state.packet_count)
      .set("missed", state.missed_count)
      .set("pcap_bytes", state.pcap_bytes);
  return json;
}

}  // namespace

HttpResponse ControlApi::answer(const HttpRequest& request) const {
  if (request.is_post) return post(request);
  if (request.path == kReload) return respond(to_json(desk_.state()), 200);
  if (request.path == kEvidence) return respond(to_json(evidence_.state()), 200);
  if (request.path == kEvidencePcap) {
    return {
        .status = 200, .content_type = "application/vnd.tcpdump.pcap", .body = evidence_.pcap()};
  }
  return api_.answer(request);
}

HttpResponse ControlApi::post(const HttpRequest& request) const {
  if (request.path == kReload) {
    if (!desk_.request()) {
      return refuse(409, "a reload is under way", "GET /api/v1/reload says how far it has come");
    }
    return respond(to_json(desk_.state()), 202);
  }
  if (request.path == kDrain) {
    stop_();
    Json json = Json::object();
    json.set("draining", true);
    return respond(json, 202);
  }
  if (request.path == kEvidence) return ask_for_evidence(request.body);
  return refuse(404, "nothing can be posted here",
                "/api/v1/reload, /api/v1/evidence, /api/v1/drain");
}

HttpResponse ControlApi::ask_for_evidence(std::string_view body) const {
  config::Diagnostics diagnostics;
  const std::optional<Json> json = config::parse_json(body, "request", diagnostics);
  std::string fault = json ? std::string() : diagnostics.render();
  const auto read = json ? read_evidence_request(*json, fault) : std::nullopt;
  if (!read) {
    return refuse(400, fault.c_str(), "{\"address\": \"10.0.0.1\", \"port\": 443}");
  }
  if (!evidence_.request(*read)) {
    return refuse(409, "packets are being fetched", "GET /api/v1/evidence says how many");
  }
  return respond(to_json(evidence_.state()), 202);
}

}  // namespace mimir::controlplane
