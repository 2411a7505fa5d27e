// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/exfiltration.h"

#include <algorithm>
#include <utility>

#include "tools/simulator/dns.h"

namespace mimir::simulator {
namespace {

using Method = AttackSpec::Method;

constexpr std::uint32_t kDropNetwork = 0xc0000280;  // 192.0.2.128/26, RFC 5737
constexpr std::uint16_t kDnsPort = 53;
constexpr double kRelayNs = 600'000;  // mean time a proxy holds a packet

/// Where the thief's server listens; 53 for names, which are not his own server's.
std::uint16_t drop_port(Method method) {
  switch (method) {
    case Method::kTcp:
    case Method::kHttps:
      return 443;
    case Method::kHttp:
      return 80;
    case Method::kUdp:
      return 6969;
    case Method::kIcmp:
      return 0;
    case Method::kDns:
      return kDnsPort;
  }
  return 0;
}

}  // namespace

Exfiltration::Exfiltration(const AttackSpec& spec, std::uint32_t id, const AttackContext& context,
                           std::uint64_t seed)
    : spec_(spec), id_(id), context_(context), random_(seed), payloads_(random_) {
  chains_.resize(spec.pods);
}

bool Exfiltration::choose(Chain& chain) {
  chain.pods.clear();
  chain.hops.clear();
  std::vector<Endpoint> ends;
  for (const std::string& name : spec_.path) {
    if (name == kOutsideName) {
      ends.push_back({kDropNetwork + random_.below(64), drop_port(spec_.method)});
      continue;
    }
    const std::uint32_t service = *context_.topology.find_service(name);
    const auto& pods = context_.cluster.pods_of[service];
    if (pods.empty()) return false;
    const std::uint32_t pod = pods[random_.below(static_cast<std::uint32_t>(pods.size()))];
    chain.pods.push_back(pod);
    ends.push_back(
        {context_.cluster.pods[pod].address, context_.topology.services[service].pod_port()});
    pods_.push_back(context_.cluster.pods[pod].name);
  }
  const bool is_outward = spec_.path.back() == kOutsideName;
  if (is_outward && spec_.method != Method::kDns)
    pods_.push_back(address_text(ends.back().address));
  const bool is_dns = spec_.method == Method::kDns;
  const std::size_t hops = ends.size() - (is_dns ? 2 : 1);
  for (std::uint32_t i = 0; i < hops; ++i) add_hop(chain, ends, i);
  if (is_dns) pods_.push_back(address_text(dns::kUpstream));
  return true;
}

void Exfiltration::add_hop(Chain& chain, const std::vector<Endpoint>& ends, std::uint32_t first) {
  const auto name_of = [&](std::size_t member) {
    return member < chain.pods.size() ? context_.cluster.pods[chain.pods[member]].name
                                      : address_text(ends[member].address);
  };
  const bool is_last = first + 2 == ends.size();
  const bool leaves = is_last && spec_.path.back() == kOutsideName;
  Way way;
  way.source = {ends[first].address, static_cast<std::uint16_t>(32768 + random_.below(28232))};
  way.destination = ends[first + 1];
  way.is_to_outside = leaves;
  way.delay = {static_cast<TimeNs>(random_.log_normal(50e3, 0.3)),
               static_cast<TimeNs>(random_.log_normal(leaves ? 18e6 : 50e3, 0.3))};
  Hop hop{{name_of(first), name_of(first + 1)}, first, nullptr};
  if (spec_.method == Method::kDns && first + 3 == ends.size()) {
    const std::uint32_t dns = *context_.topology.find_service(context_.topology.dns);
    hop.names.push_back(address_text(dns::kUpstream));
    hop.carrier = std::make_unique<DnsCarrier>(
        way.source, Endpoint{context_.cluster.virtual_addresses[dns], kDnsPort},
        Endpoint{way.destination.address, kDnsPort}, Endpoint{dns::kUpstream, kDnsPort},
        context_.tap, random_, payloads_);
  } else if (spec_.method == Method::kUdp || spec_.method == Method::kIcmp) {
    if (!leaves) way.destination.port = drop_port(spec_.method);
    hop.carrier =
        std::make_unique<DatagramCarrier>(spec_.method, way, context_.tap, random_, payloads_);
  } else {
    // Before the names, the data go from pod to pod as they are.
    const Method method = spec_.method == Method::kDns ? Method::kTcp : spec_.method;
    hop.carrier = std::make_unique<StreamCarrier>(method, way, context_.tap, random_, payloads_);
  }
  chain.hops.push_back(hops_.size());
  hops_.push_back(std::move(hop));
}

bool Exfiltration::is_whole(const Chain& chain) const {
  return std::all_of(chain.pods.begin(), chain.pods.end(), [&](std::uint32_t pod) {
    return context_.cluster.pods[pod].state == Pod::State::kReady;
  });
}

TimeNs Exfiltration::open(Chain& chain, TimeNs time_ns) {
  if (!choose(chain)) return time_ns;
  for (const std::size_t hop : chain.hops) time_ns = hops_[hop].carrier->open(time_ns);
  chain.is_open = true;
  return time_ns;
}

void Exfiltration::close(Chain& chain, TimeNs time_ns) {
  if (!chain.is_open) return;
  for (const std::size_t hop : chain.hops) hops_[hop].carrier->close(time_ns);
  chain.is_open = false;
}

TimeNs Exfiltration::begin(TimeNs time_ns) {
  begin_ns_ = time_ns;
  end_ns_ = time_ns + spec_.duration_ns;
  TimeNs ready_ns = time_ns;
  for (Chain& chain : chains_) ready_ns = std::max(ready_ns, open(chain, time_ns));
  return ready_ns;
}

// A hop that waits for answers holds up those before it, as a full buffer does: sending on
// regardless would pile up what leaves long after the attack was said to have ended.
void Exfiltration::send(Chain& chain, std::size_t length, TimeNs time_ns) {
  const TimeNs begun_ns = time_ns;
  for (const std::size_t index : chain.hops) {
    Carrier& carrier = *hops_[index].carrier;
    const TimeNs reached_ns = time_ns;
    if (spec_.kind == AttackSpec::Kind::kLateral) {
      time_ns = static_cast<StreamCarrier&>(carrier).converse(length, time_ns);
    } else {
      time_ns = carrier.send(length, time_ns);
    }
    chain.not_before_ns = std::max(chain.not_before_ns, begun_ns + carrier.free_ns() - reached_ns);
    time_ns += static_cast<TimeNs>(random_.exponential(kRelayNs));
  }
}

std::optional<TimeNs> Exfiltration::step(TimeNs time_ns) {
  if (time_ns >= end_ns_) {
    for (Chain& chain : chains_) close(chain, time_ns);
    return std::nullopt;
  }
  Chain& chain = chains_[turn_++ % chains_.size()];
  TimeNs now_ns = time_ns;
  if (chain.is_open && !is_whole(chain)) close(chain, time_ns);
  if (!chain.is_open) now_ns = open(chain, time_ns);
  const std::size_t length =
      spec_.packet_bytes_min + random_.below(spec_.packet_bytes_max - spec_.packet_bytes_min + 1);
  if (chain.is_open) send(chain, length, now_ns);
  const double mean_gap_ns = static_cast<double>(length) / spec_.bytes_per_minute * 60e9;
  // What is due and has to wait is caught up with, until the end.
  if (due_ns_ == 0) due_ns_ = time_ns;
  due_ns_ += 1 + static_cast<TimeNs>(random_.between(0, 2 * mean_gap_ns));
  const TimeNs free_ns = chains_[turn_ % chains_.size()].not_before_ns;
  const TimeNs next_ns = std::max({due_ns_, free_ns, time_ns + 1});
  return std::min(next_ns, std::max(end_ns_, time_ns));
}

AttackTruth Exfiltration::truth() const {
  AttackTruth truth;
  truth.id = id_;
  truth.spec = spec_;
  truth.start_ns = begin_ns_;
  truth.end_ns = end_ns_;
  truth.pods = pods_;
  for (const Hop& hop : hops_) {
    std::uint32_t place = 0;
    for (HopTruth& each : hop.carrier->truth()) {
      each.from = hop.names[place];
      each.to = hop.names[place + 1];
      each.hop = hop.first + place;
      truth.hops.push_back(std::move(each));
      ++place;
    }
  }
  return truth;
}

}  // namespace mimir::simulator
