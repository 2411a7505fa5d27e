// SPDX-License-Identifier: Apache-2.0
#include "model/detector/http_fingerprint.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "model/detector/public_suffix.h"

namespace mimir::detector {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Key key_of_text(std::string_view text) {
  Key key = mix(text.size());
  for (const char c : text) key = join(key, static_cast<unsigned char>(c));
  return key;
}

std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  return colon == std::string_view::npos || host.ends_with(']') ? host : host.substr(0, colon);
}

}  // namespace

std::string HttpFingerprint::without_numbers(std::string_view agent) {
  std::string text;
  for (std::size_t i = 0; i < agent.size(); ++i) {
    if (!is_digit(agent[i])) {
      text += agent[i];
      continue;
    }
    while (i + 1 < agent.size() &&
           (is_digit(agent[i + 1]) ||
            (agent[i + 1] == '.' && i + 2 < agent.size() && is_digit(agent[i + 2])))) {
      ++i;
    }
    text += '#';
  }
  return text;
}

void HttpFingerprint::look_at(const Window& window, std::vector<Finding>& findings) {
  for (const PayloadFact& fact : window.facts) {
    const auto request = outward_request(fact, resolver_);
    if (!request) continue;
    for (const HttpMark& mark : marks_of(fact)) {
      const Key key =
          join(join(request->client.service, key_of_text(mark.what)), key_of_text(mark.value));
      Told* const known = told_.find(key);
      if (known != nullptr) {
        known->last_ns = fact.time_ns;
        continue;
      }
      told_.claim(key).last_ns = fact.time_ns;
      findings.push_back(finding_of(fact, *request, mark));
    }
  }
}

Finding HttpFingerprint::finding_of(const PayloadFact& fact, const OutwardRequest& request,
                                    const HttpMark& mark) const {
  Finding finding{.kind = Kind::kHttpFingerprint,
                  .severity = mark.what == "agent" ? Severity::kMedium : Severity::kLow,
                  .variant = std::string(mark.what),
                  .first_ns = fact.time_ns,
                  .last_ns = fact.time_ns,
                  .source = request.client,
                  .targets = {{.party = request.server, .ports = {}, .open_ports = {}}},
                  .target_count = 1};
  finding.techniques = {"T1071.001", "T1048.003"};
  finding.facts = {{"value", mark.value},
                   {"host", std::string(fact.first_text())},
                   {"user_agent", std::string(fact.second_text())}};
  finding.summary =
      fmt::format("{} asked {} over plain HTTP, with {} `{}` that its service never had",
                  resolver_.name(request.client), resolver_.name(request.server),
                  mark.what == "agent"  ? "a User-Agent"
                  : mark.what == "host" ? "a host"
                                        : "a set of header fields",
                  mark.value);
  return finding;
}

std::optional<OutwardRequest> outward_request(const PayloadFact& fact, const Resolver& resolver) {
  if (fact.kind != FactKind::kHttpRequest || (fact.flags & kTextCut) != 0) return std::nullopt;
  const bool is_from_low = fact.direction == mimir::Direction::kLowToHigh;
  OutwardRequest request{
      .client = resolver.resolve(is_from_low ? fact.key.low_address : fact.key.high_address,
                                 fact.time_ns),
      .server = resolver.resolve(is_from_low ? fact.key.high_address : fact.key.low_address,
                                 fact.time_ns)};
  if (!request.client.is_known() || request.server.place != Place::kOutside) return std::nullopt;
  return request;
}

std::array<HttpMark, 3> marks_of(const PayloadFact& request) {
  const bool has_agent = (request.flags & kHasUserAgent) != 0;
  return {{{"agent", has_agent ? HttpFingerprint::without_numbers(request.second_text())
                               : std::string("none")},
           {"host", std::string(registered_domain(without_port(request.first_text())))},
           {"fields", fmt::format("{:08x}", request.hash)}}};
}

}  // namespace mimir::detector
