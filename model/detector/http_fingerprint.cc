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
    // A header that was cut short has fields that nobody saw.
    if (fact.kind != FactKind::kHttpRequest || (fact.flags & kTextCut) != 0) continue;
    const bool is_from_low = fact.direction == Direction::kLowToHigh;
    const Party client =
        resolver_.resolve(is_from_low ? fact.key.low_address : fact.key.high_address, fact.time_ns);
    const Party server =
        resolver_.resolve(is_from_low ? fact.key.high_address : fact.key.low_address, fact.time_ns);
    if (!client.is_known() || server.place != Place::kOutside) continue;
    const std::string agent = (fact.flags & kHasUserAgent) != 0
                                  ? without_numbers(fact.second_text())
                                  : std::string("none");
    const std::array<std::pair<std::string_view, std::string>, 3> marks{
        {{"agent", agent},
         {"host", std::string(registered_domain(without_port(fact.first_text())))},
         {"fields", fmt::format("{:08x}", fact.hash)}}};
    for (const auto& [what, value] : marks) {
      const Key key = join(join(client.service, key_of_text(what)), key_of_text(value));
      Told* const known = told_.find(key);
      if (known != nullptr) {
        known->last_ns = fact.time_ns;
        continue;
      }
      told_.claim(key).last_ns = fact.time_ns;
      Finding finding{.kind = Kind::kHttpFingerprint,
                      .severity = what == "agent" ? Severity::kMedium : Severity::kLow,
                      .variant = std::string(what),
                      .first_ns = fact.time_ns,
                      .last_ns = fact.time_ns,
                      .source = client,
                      .targets = {{.party = server, .ports = {}, .open_ports = {}}},
                      .target_count = 1};
      finding.techniques = {"T1071.001", "T1048.003"};
      finding.facts = {{"value", value},
                       {"host", std::string(fact.first_text())},
                       {"user_agent", std::string(fact.second_text())}};
      finding.summary =
          fmt::format("{} asked {} over plain HTTP, with {} `{}` that its service never had",
                      resolver_.name(client), resolver_.name(server),
                      what == "agent"  ? "a User-Agent"
                      : what == "host" ? "a host"
                                       : "a set of header fields",
                      value);
      findings.push_back(std::move(finding));
    }
  }
}

}  // namespace mimir::detector
