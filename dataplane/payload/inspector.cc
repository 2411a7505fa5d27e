// SPDX-License-Identifier: Apache-2.0
#include "dataplane/payload/inspector.h"

#include <algorithm>

#include "dataplane/payload/application_table.h"
#include "dataplane/record/flow_key.h"
#include "dataplane/wire/dns.h"
#include "dataplane/wire/fact_text.h"
#include "dataplane/wire/http_request.h"
#include "dataplane/wire/tls_hello.h"

namespace mimir::payload {

namespace {

constexpr unsigned kMessagesOfSegmentMax = 4;

// Their payload is cipher text: a match there would be chance.
bool is_encrypted(Application application) noexcept {
  return application == Application::kTls || application == Application::kSsh ||
         application == Application::kQuic;
}

/// Whether a packet of a flow that is known may begin something else: TLS in what was plain
/// text until then (STARTTLS and its like), HTTP/2 in HTTP/1, gRPC in HTTP/2.
bool may_become_other(Application application, std::span<const std::byte> payload) noexcept {
  constexpr std::byte kTlsHandshake{0x16};
  switch (application) {
    case Application::kUnknown:
    case Application::kHttp2:
      return true;
    case Application::kHttp1:
      return payload[0] == kTlsHandshake ||
             (payload.size() > 2 && payload[0] == std::byte{'P'} && payload[1] == std::byte{'R'} &&
              payload[2] == std::byte{'I'});
    case Application::kMysql:
    case Application::kPostgresql:
    case Application::kSmtp:
    case Application::kLdap:
    case Application::kAmqp:
      return payload[0] == kTlsHandshake;
    case Application::kGrpc:
    case Application::kDns:
    case Application::kMongodb:
    case Application::kRedis:
    case Application::kKafka:
    case Application::kNats:
    case Application::kMemcached:
    case Application::kSsh:
    case Application::kSmb:
    case Application::kRdp:
    case Application::kThrift:
    case Application::kQuic:
    case Application::kIrc:
    case Application::kTls:
      break;
  }
  return false;
}

// The last four letters and digits stay, what lies before them says only of what kind
// it was.
void write_sample(std::span<const std::byte> bytes, std::size_t end, PayloadFact& fact) noexcept {
  constexpr std::size_t kSampleBytes = 24;
  constexpr std::size_t kClearBytes = 4;
  const std::size_t begin = end - std::min(end, kSampleBytes);
  wire::FactText text(fact);
  for (std::size_t i = begin; i < end; ++i) {
    const auto c = std::to_integer<std::uint8_t>(bytes[i]);
    const std::uint8_t lower = wire::to_lower(c);
    const bool is_digit = c >= '0' && c <= '9';
    const bool is_letter = lower >= 'a' && lower <= 'z';
    const bool is_clear = end - i <= kClearBytes || !(is_digit || is_letter);
    text.put(is_clear ? c : static_cast<std::uint8_t>(is_digit ? '#' : 'x'));
  }
}

}  // namespace

Inspector::Inspector(const InspectorOptions& options) noexcept : options_(options) {
  options_.look_count_max = std::min(options_.look_count_max, Inspection::kLookMax);
  if (is_on()) scratch_ = pattern::make_scratch(options_.applications, options_.rules);
}

std::span<PayloadFact> Inspector::inspect(std::span<const std::byte> payload,
                                          std::uint8_t ip_protocol, Direction direction,
                                          Inspection& state) noexcept {
  fact_count_ = 0;
  const bool is_look = state.look_count(direction) < options_.look_count_max;
  if (is_look) state.count_look(direction);
  if (state.application == Application::kDns) {
    (void)read_dns(payload, ip_protocol);
  } else {
    identify(payload, ip_protocol, state);
    read_names(payload, state.application);
  }
  if (is_look && options_.rules != nullptr && !is_encrypted(state.application)) {
    match_rules(payload, state);
  }
  for (PayloadFact& fact : std::span(facts_).first(fact_count_)) {
    fact.direction = direction;
    fact.application = state.application;
  }
  return std::span(facts_).first(fact_count_);
}

// What is known stays, but for what is known to become something else.
void Inspector::identify(std::span<const std::byte> payload, std::uint8_t ip_protocol,
                         Inspection& state) noexcept {
  const Application before = state.application;
  if (!may_become_other(before, payload)) return;
  if (before == Application::kUnknown && ip_protocol == kProtocolUdp &&
      read_dns(payload, ip_protocol)) {
    state.application = Application::kDns;
    return;
  }
  Application found = match_application(payload, ip_protocol);
  if (found == Application::kUnknown && before == Application::kUnknown &&
      ip_protocol == kProtocolTcp && read_dns(payload, ip_protocol)) {
    found = Application::kDns;
  }
  const bool is_upgrade = found == Application::kTls ||
                          (before == Application::kHttp1 && found == Application::kHttp2) ||
                          (before != Application::kUnknown && found == Application::kGrpc);
  if (before == Application::kUnknown || is_upgrade) state.application = found;
}

Application Inspector::match_application(std::span<const std::byte> payload,
                                         std::uint8_t ip_protocol) noexcept {
  std::uint64_t matched = 0;
  static_assert(kApplicationPatternMax <= 64);
  const auto note = [](void* context, std::uint32_t id, std::size_t /*end*/) noexcept {
    *static_cast<std::uint64_t*>(context) |= std::uint64_t{1} << id;
    return false;
  };
  const std::size_t bytes = std::min(payload.size(), options_.byte_count_max);
  pattern::scan(options_.applications, scratch_.get(), payload.first(bytes), note, &matched);
  const std::span<const ApplicationPattern> patterns = application_patterns();
  for (; matched != 0; matched &= matched - 1) {
    const ApplicationPattern& row = patterns[static_cast<std::size_t>(__builtin_ctzll(matched))];
    if (row.ip_protocol == ip_protocol && has_structure(row.structure, payload)) {
      return row.application;
    }
  }
  return Application::kUnknown;
}

bool Inspector::read_dns(std::span<const std::byte> payload, std::uint8_t ip_protocol) noexcept {
  if (ip_protocol == kProtocolUdp) {
    PayloadFact* const fact = new_fact();
    if (wire::read_dns(payload, *fact)) return true;
    --fact_count_;
    return false;
  }
  unsigned count = 0;
  for (; count < kMessagesOfSegmentMax && !payload.empty(); ++count) {
    PayloadFact* const fact = new_fact();
    if (!wire::read_dns_over_tcp(payload, *fact, payload)) {
      --fact_count_;
      break;
    }
  }
  return count > 0;
}

void Inspector::read_names(std::span<const std::byte> payload, Application application) noexcept {
  const bool is_tls = application == Application::kTls;
  if (!is_tls && application != Application::kHttp1) return;
  PayloadFact* const fact = new_fact();
  const bool is_read =
      is_tls ? wire::read_tls_hello(payload, *fact) : wire::read_http_request(payload, *fact);
  if (!is_read) --fact_count_;
}

void Inspector::match_rules(std::span<const std::byte> payload, Inspection& state) noexcept {
  struct Context {
    Inspector& inspector;
    std::span<const std::byte> bytes;
    Inspection& state;
  };
  const auto count = [](void* context, std::uint32_t id, std::size_t end) noexcept {
    Context& here = *static_cast<Context*>(context);
    here.inspector.count_match(here.bytes, id, end, here.state);
    return false;
  };
  Context context{*this, payload.first(std::min(payload.size(), options_.byte_count_max)), state};
  pattern::scan(options_.rules, scratch_.get(), context.bytes, count, &context);
}

void Inspector::count_match(std::span<const std::byte> bytes, std::uint32_t pattern,
                            std::size_t end, Inspection& state) noexcept {
  const RuleTrait& trait = options_.traits[pattern];
  if (!passes(trait.check, bytes, end)) return;
  state.rule_bits = static_cast<std::uint8_t>(state.rule_bits | bit_of(trait.kind));
  const auto rule = static_cast<std::uint16_t>(options_.first_rule + trait.rule);
  for (PayloadFact& fact : std::span(facts_).first(fact_count_)) {
    if (fact.kind == FactKind::kRuleMatch && fact.value[0] == rule) {
      ++fact.value[1];
      return;
    }
  }
  PayloadFact* const fact = new_fact();
  if (fact == nullptr) return;  // the flow's bits still tell that something matched
  fact->kind = FactKind::kRuleMatch;
  fact->value = {rule, 1, static_cast<std::uint16_t>(end)};
  if (options_.keeps_samples) write_sample(bytes, end, *fact);
}

PayloadFact* Inspector::new_fact() noexcept {
  if (fact_count_ == facts_.size()) return nullptr;
  PayloadFact& fact = facts_[fact_count_];
  fact = PayloadFact{};
  ++fact_count_;
  return &fact;
}

}  // namespace mimir::payload
