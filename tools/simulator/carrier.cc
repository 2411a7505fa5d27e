// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/carrier.h"

#include <algorithm>
#include <string>

#include "tools/simulator/dns.h"

namespace mimir::simulator {
namespace {

constexpr std::uint8_t kEchoRequest = 8;
constexpr std::uint8_t kEchoReply = 0;
constexpr std::string_view kThiefDomain = "cdn-metrics.example";  // the thief answers for it
constexpr std::size_t kLabelBytes = 30;                           // 60 digits of a label's 63
constexpr std::uint32_t kIpHeaderBytes = 20;
constexpr std::uint32_t kDatagramHeaderBytes = 8;  // UDP's, and that of an ICMP echo

Route route_of(const Way& way) {
  Route route;
  route.is_to_outside = way.is_to_outside;
  return route;
}

}  // namespace

StreamCarrier::StreamCarrier(AttackSpec::Method method, const Way& way, Tap& tap, Random& random,
                             Payloads& payloads)
    : method_(method),
      random_(random),
      payloads_(payloads),
      connection_(tap, random, way.source, way.destination, route_of(way), way.delay) {}

TimeNs StreamCarrier::open(TimeNs time_ns) {
  time_ns = connection_.open(time_ns);
  if (method_ != AttackSpec::Method::kHttps) return time_ns;
  for (const Greeting& greeting : Payloads::greetings(Protocol::kTls)) {
    if (greeting.bytes.empty()) continue;
    Message message;
    message.add(greeting.bytes);
    time_ns = connection_.send(greeting.from_client ? Side::kClient : Side::kServer,
                               time_ns + 90'000, message, Acknowledge::kNow);
  }
  return time_ns;
}

Message StreamCarrier::piece(std::size_t length) {
  if (method_ == AttackSpec::Method::kHttps) return payloads_.tls_records(length);
  if (method_ == AttackSpec::Method::kHttp) {
    return payloads_.http_upload("POST", "/", address_text(connection_.server().address), length);
  }
  return payloads_.noise(length);
}

TimeNs StreamCarrier::send(std::size_t length, TimeNs time_ns) {
  const Message data = piece(length);
  const std::uint64_t payload_before = connection_.sent(Side::kClient).payload_bytes;
  const TimeNs arrived_ns = connection_.send(Side::kClient, time_ns, data, Acknowledge::kNow);
  // What lies behind the end of the run is in nobody's capture; framing comes first.
  const std::uint64_t seen = connection_.sent(Side::kClient).payload_bytes - payload_before;
  const std::uint64_t framing = data.size - length;
  stolen_bytes_ += seen > framing ? seen - framing : 0;
  if (method_ == AttackSpec::Method::kHttp) {
    free_ns_ = connection_.send(Side::kServer, arrived_ns + nanoseconds(random_.exponential(900e3)),
                                payloads_.http_empty_reply(), Acknowledge::kNow);
  }
  return arrived_ns;
}

TimeNs StreamCarrier::converse(std::size_t length, TimeNs time_ns) {
  const std::uint64_t before = connection_.sent(Side::kClient).payload_bytes;
  time_ns =
      connection_.send(Side::kClient, time_ns, payloads_.noise(length), Acknowledge::kWithReply);
  stolen_bytes_ += connection_.sent(Side::kClient).payload_bytes - before;
  time_ns += nanoseconds(random_.exponential(4e6));
  const Message output = payloads_.noise(SizeLaw{.mean_bytes = 700, .sigma = 1});
  free_ns_ = connection_.send(Side::kServer, time_ns, output, Acknowledge::kNow);
  return free_ns_;
}

std::vector<HopTruth> StreamCarrier::truth() const {
  const Connection::Sent& sent = connection_.sent(Side::kClient);
  HopTruth hop;
  hop.method = method_;
  hop.source = connection_.client();
  hop.destination = connection_.server();
  hop.ip_bytes = sent.ip_bytes;
  hop.payload_bytes = stolen_bytes_;
  hop.packets = sent.packets;
  return {hop};
}

DatagramCarrier::DatagramCarrier(AttackSpec::Method method, const Way& way, Tap& tap,
                                 Random& random, Payloads& payloads)
    : method_(method), tap_(tap), random_(random), payloads_(payloads), way_(way) {
  truth_.method = method;
  truth_.source = way.source;
  truth_.destination = way.destination;
  if (method == AttackSpec::Method::kIcmp) {
    truth_.source.port = 0;
    truth_.destination.port = 0;
  }
  echo_ = static_cast<std::uint32_t>(random.below(0xffff)) << 16;
}

bool DatagramCarrier::emit(TimeNs time_ns, bool is_answer, const Message& message) {
  TimeNs& last_ns = last_ns_[is_answer ? 1 : 0];
  last_ns = std::max(time_ns, last_ns + kBetweenPacketsNs);
  Header header;
  header.source = is_answer ? way_.destination : way_.source;
  header.destination = is_answer ? way_.source : way_.destination;
  header.protocol = method_ == AttackSpec::Method::kIcmp ? kProtocolIcmp : kProtocolUdp;
  header.identification = static_cast<std::uint16_t>(random_.next());
  header.flags = is_answer ? kEchoReply : kEchoRequest;
  header.sequence = echo_;
  return tap_.see(last_ns, header, !is_answer, route_of(way_), message, 0, message.size);
}

TimeNs DatagramCarrier::send(std::size_t length, TimeNs time_ns) {
  const Message data = payloads_.noise(length);
  if (emit(time_ns + way_.delay.client_ns, false, data)) {
    truth_.ip_bytes += kIpHeaderBytes + kDatagramHeaderBytes + length;
    truth_.payload_bytes += length;
    ++truth_.packets;
  }
  const TimeNs arrived_ns = last_ns_[0] + way_.delay.server_ns;
  if (method_ == AttackSpec::Method::kIcmp) {
    emit(arrived_ns + way_.delay.server_ns + 8'000, true, data);
    echo_ = (echo_ & 0xffff0000U) | ((echo_ + 1) & 0xffffU);
  }
  return arrived_ns;
}

DnsCarrier::DnsCarrier(Endpoint client, Endpoint service, Endpoint resolver, Endpoint upstream,
                       Tap& tap, Random& random, Payloads& payloads)
    : tap_(tap), random_(random), payloads_(payloads), service_(service) {
  inner_.method = AttackSpec::Method::kDns;
  outer_.method = AttackSpec::Method::kDns;
  inner_.source = client;
  inner_.destination = resolver;
  outer_.source = {resolver.address, client.port};
  outer_.destination = upstream;
}

bool DnsCarrier::emit(TimeNs time_ns, const HopTruth& hop, bool is_answer, const Route& route,
                      std::string_view bytes) {
  Header header;
  header.source = is_answer ? hop.destination : hop.source;
  header.destination = is_answer ? hop.source : hop.destination;
  header.protocol = kProtocolUdp;
  header.identification = static_cast<std::uint16_t>(random_.next());
  Message message;
  message.add(bytes);
  return tap_.see(time_ns, header, !is_answer, route, message, 0, message.size);
}

TimeNs DnsCarrier::send(std::size_t length, TimeNs time_ns) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const Message data = payloads_.noise(length);
  std::string name;
  for (std::size_t i = 0; i < length; ++i) {
    if (i > 0 && i % kLabelBytes == 0) name += '.';
    const auto byte = static_cast<std::uint8_t>(data.parts[0][i]);
    name += kDigits[byte >> 4];
    name += kDigits[byte & 15U];
  }
  name += '.';
  name += kThiefDomain;
  const auto id = static_cast<std::uint16_t>(random_.next());
  const std::string question = dns::query(id, name, dns::kTypeTxt);
  std::string reply;
  for (int i = 0; i < 18; ++i) reply += kDigits[random_.below(16)];
  const std::string answer = dns::text_reply(id, name, reply, 1);
  Route within;
  within.virtual_server = service_;
  Route outward;
  outward.is_to_outside = true;
  const auto count = [&](HopTruth& hop) {
    hop.ip_bytes += kIpHeaderBytes + kDatagramHeaderBytes + question.size();
    hop.payload_bytes += length;
    ++hop.packets;
  };
  if (emit(time_ns + 60'000, inner_, false, within, question)) count(inner_);
  time_ns += 60'000 + nanoseconds(random_.exponential(200e3));
  if (emit(time_ns + 40'000, outer_, false, outward, question)) count(outer_);
  time_ns += nanoseconds(random_.log_normal(24e6, 0.3));
  const TimeNs arrived_ns = time_ns;
  emit(time_ns, outer_, true, outward, answer);
  emit(time_ns + 120'000, inner_, true, within, answer);
  return arrived_ns;
}

}  // namespace mimir::simulator
