// SPDX-License-Identifier: Apache-2.0
#include "model/detector/dns_tunnel.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "model/detector/public_suffix.h"

namespace mimir::detector {

namespace {

constexpr TimeNs kSpanNs = 300 * kNsPerSecond;

/// Names in these are not looked up anywhere else, or say an address.
bool is_local(std::string_view domain) {
  return domain == "cluster.local" || domain == "in-addr.arpa" || domain == "ip6.arpa" ||
         domain.ends_with(".local") || domain == "local" || domain.ends_with(".internal");
}

// IANA, "DNS Parameters": what programs ask for that look up machines, services, mail and
// certificates. CNAME is never asked for, only answered.
bool is_rare_type(std::uint16_t type) {
  switch (type) {
    case 1:    // A
    case 2:    // NS
    case 6:    // SOA
    case 12:   // PTR
    case 28:   // AAAA
    case 33:   // SRV
    case 35:   // NAPTR
    case 41:   // OPT
    case 43:   // DS
    case 46:   // RRSIG
    case 48:   // DNSKEY
    case 52:   // TLSA
    case 64:   // SVCB
    case 65:   // HTTPS
    case 257:  // CAA
      return false;
    default:
      return true;
  }
}

Key key_of_text(std::string_view text, Key secret) {
  Key key = mix(secret);
  for (std::size_t at = 0; at < text.size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, std::min(sizeof word, text.size() - at));
    key = join(key, word);
  }
  return join(key, text.size());
}

}  // namespace

void DnsTunnel::Speech::enter(TimeNs begin_ns) {
  if (window_ns == begin_ns && first_ns != 0) return;
  window_ns = begin_ns;
  new_bytes = 0;
  new_names = 0;
  questions = 0;
  if (begin_ns / kNsPerHour != hour) {
    hour = begin_ns / kNsPerHour;
    hour_bytes = 0;
    hour_names = 0;
    seen.clear();
  }
  if (begin_ns / kSpanNs != span) {
    span = begin_ns / kSpanNs;
    rare_questions = 0;
    rare_bytes = 0;
  }
}

void DnsTunnel::Speech::add_name(Key name, std::uint64_t bytes) {
  ++questions;
  if (!seen.add(name)) return;
  new_bytes += bytes;
  hour_bytes += bytes;
  ++new_names;
  ++hour_names;
}

void DnsTunnel::look_at(const Window& window, std::vector<Finding>& findings) {
  window_ns_ = window.begin_ns;
  for (const PayloadFact& fact : window.facts) {
    const bool is_dns = fact.kind == FactKind::kDnsQuery || fact.kind == FactKind::kDnsResponse;
    if (is_dns && !fact.first_text().empty()) see(fact, findings);
  }
}

void DnsTunnel::see(const PayloadFact& fact, std::vector<Finding>& findings) {
  const std::string_view name = fact.first_text();
  const std::string_view domain = registered_domain(name);
  if (is_local(domain)) return;
  const bool is_query = fact.kind == FactKind::kDnsQuery;
  const bool is_from_low = fact.direction == mimir::Direction::kLowToHigh;
  const Address& asking = is_from_low == is_query ? fact.key.low_address : fact.key.high_address;
  const Address& asked = is_from_low == is_query ? fact.key.high_address : fact.key.low_address;
  const Party client = resolver_.resolve(asking, fact.time_ns);
  const Party server = resolver_.resolve(asked, fact.time_ns);
  if (server.place == Place::kNobody) return;  // mDNS and its like ask everybody

  const Key domain_key = key_of_text(domain, resolver_.secret());
  const Key name_key = join(domain_key, fact.hash);
  Speech& below = domains_.claim(domain_key);
  Speech& asker = clients_.claim(client.key);
  for (Speech* speech : {&below, &asker}) {
    speech->enter(window_ns_);
    if (speech->first_ns == 0) speech->first_ns = fact.time_ns;
    speech->client = client;
    speech->server = server;
  }
  if (is_query) {
    below.add_name(name_key, name.size() - domain.size());
    asker.add_name(name_key, name.size());
  }
  if (is_rare_type(fact.value[0])) {
    if (is_query) {
      ++below.rare_questions;
    } else {
      below.rare_bytes += fact.value[1];
    }
  }
  judge_domain(below, fact, findings);
  judge_client(asker, fact, findings);
}

void DnsTunnel::judge_domain(Speech& domain, const PayloadFact& fact,
                             std::vector<Finding>& findings) {
  const std::string_view text = registered_domain(fact.first_text());
  if (domain.new_bytes >= kNewBytesMin) {
    report(domain, fact, "information", text, findings);
  } else if (domain.rare_questions >= kRareCountMin && domain.rare_bytes >= kRareBytesMin) {
    report(domain, fact, "downlink", text, findings);
  } else if (domain.hour_bytes >= kSlowBytesMin &&
             domain.hour_bytes >= kLongPartBytes * domain.hour_names) {
    report(domain, fact, "slow", text, findings);
  }
}

void DnsTunnel::judge_client(Speech& client, const PayloadFact& fact,
                             std::vector<Finding>& findings) {
  if (client.new_names >= kRotationNamesMin && client.new_bytes >= kRotationBytesMin &&
      client.new_bytes >= kLongNameBytes * client.new_names) {
    report(client, fact, "rotation", {}, findings);
  }
}

void DnsTunnel::report(Speech& speech, const PayloadFact& fact, std::string_view variant,
                       std::string_view domain, std::vector<Finding>& findings) const {
  if (speech.reported_ns != 0 && fact.time_ns - speech.reported_ns < kQuietNs) return;
  speech.reported_ns = fact.time_ns;
  Finding finding{
      .kind = Kind::kDnsTunnel,
      .severity = variant == "slow" || variant == "downlink" ? Severity::kMedium : Severity::kHigh,
      .variant = std::string(variant),
      .first_ns = speech.first_ns,
      .last_ns = fact.time_ns,
      .source = speech.client,
      .targets = {{.party = speech.server, .ports = {}, .open_ports = {}}},
      .target_count = 1};
  finding.techniques = {"T1048.003", "T1071.004"};
  if (!domain.empty()) finding.facts.push_back({"domain", std::string(domain)});
  finding.facts.push_back({"new_name_bytes", speech.new_bytes});
  finding.facts.push_back({"new_names", speech.new_names});
  finding.facts.push_back({"new_name_bytes_of_hour", speech.hour_bytes});
  finding.facts.push_back({"rare_questions", speech.rare_questions});
  finding.facts.push_back({"rare_answer_bytes", speech.rare_bytes});
  const std::string who = resolver_.name(speech.client);
  if (variant == "rotation") {
    finding.summary = fmt::format(
        "{} asked for {} names of {} characters on average in one window, each of them new", who,
        speech.new_names, speech.new_bytes / speech.new_names);
  } else if (variant == "downlink") {
    finding.summary = fmt::format(
        "{} asked {} times for records of {} that programs hardly ask for, and was answered "
        "with {} bytes",
        who, speech.rare_questions, domain, speech.rare_bytes);
  } else {
    const bool is_slow = variant == "slow";
    finding.summary = fmt::format(
        "{} characters in {} names below {} that nobody had asked for {}; the last one asked {}",
        is_slow ? speech.hour_bytes : speech.new_bytes,
        is_slow ? speech.hour_names : speech.new_names, domain,
        is_slow ? "before this hour" : "within the hour before", who);
  }
  findings.push_back(std::move(finding));
}

}  // namespace mimir::detector
