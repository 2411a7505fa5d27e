// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/exfiltration.h"

#include <algorithm>
#include <utility>

#include "config/json.h"

namespace mimir::simulator {
namespace {

constexpr std::uint32_t kDropNetwork = 0xc0000280;  // 192.0.2.128/26, RFC 5737
constexpr std::uint16_t kDropPort = 443;
constexpr std::uint32_t kPayloadBytesMin = 300;
constexpr std::uint32_t kPayloadBytesMax = 1400;
constexpr double kRelayNs = 600'000;  // mean time a proxy holds a packet

config::Json seconds(TimeNs time_ns) {
  return config::Json(static_cast<double>(time_ns / 1000) / 1e6);
}

}  // namespace

Exfiltration::Exfiltration(const AttackSpec& spec, std::uint32_t id, const Topology& topology,
                           const Cluster& cluster, Tap& tap, std::uint64_t seed)
    : spec_(spec), id_(id), random_(seed), payloads_(random_) {
  std::vector<Endpoint> ends;
  for (const std::string& name : spec.path) {
    if (name == kOutsideName) {
      ends.push_back({kDropNetwork + random_.below(64), kDropPort});
      names_.push_back(address_text(ends.back().address));
      continue;
    }
    const std::uint32_t service = *topology.find_service(name);
    const auto& pods = cluster.pods_of[service];
    const Pod& pod = cluster.pods[pods[random_.below(static_cast<std::uint32_t>(pods.size()))]];
    ends.push_back({pod.address, topology.services[service].target});
    names_.push_back(pod.name);
  }
  for (std::size_t i = 0; i + 1 < ends.size(); ++i) {
    const auto port = static_cast<std::uint16_t>(32768 + random_.below(28232));
    const bool leaves = i + 2 == ends.size();
    const Delay delay{static_cast<TimeNs>(random_.log_normal(50'000, 0.3)),
                      static_cast<TimeNs>(random_.log_normal(leaves ? 18e6 : 50e3, 0.3))};
    hops_.emplace_back(tap, random_, Endpoint{ends[i].address, port}, ends[i + 1], Route{}, delay);
  }
}

TimeNs Exfiltration::begin(TimeNs time_ns) {
  begin_ns_ = time_ns;
  end_ns_ = time_ns + spec_.duration_ns;
  for (Connection& hop : hops_) time_ns = hop.open(time_ns);
  return time_ns;
}

std::optional<TimeNs> Exfiltration::step(TimeNs time_ns) {
  if (time_ns >= end_ns_) {
    for (Connection& hop : hops_) hop.close(time_ns);
    return std::nullopt;
  }
  const std::size_t length =
      kPayloadBytesMin + random_.below(kPayloadBytesMax - kPayloadBytesMin + 1);
  const Message data = payloads_.noise(length);
  TimeNs arrived_ns = time_ns;
  for (Connection& hop : hops_) {
    arrived_ns = hop.send(Side::kClient, arrived_ns, data, Acknowledge::kNow);
    arrived_ns += static_cast<TimeNs>(random_.exponential(kRelayNs));
  }
  const double mean_gap_ns = static_cast<double>(length) / spec_.bytes_per_minute * 60e9;
  const TimeNs next_ns = time_ns + 1 + static_cast<TimeNs>(random_.between(0, 2 * mean_gap_ns));
  return std::min(next_ns, std::max(end_ns_, time_ns));
}

AttackTruth Exfiltration::truth() const {
  AttackTruth truth{id_, spec_, begin_ns_, end_ns_, {}};
  for (std::size_t i = 0; i < hops_.size(); ++i) {
    const Connection::Sent& sent = hops_[i].sent(Side::kClient);
    truth.hops.push_back({names_[i], names_[i + 1], hops_[i].client(), hops_[i].server(),
                          sent.ip_bytes, sent.payload_bytes, sent.packets});
  }
  return truth;
}

std::string truth_line(const AttackTruth& truth) {
  config::Json path = config::Json::array();
  for (const std::string& name : truth.spec.path) path.push(name);
  config::Json pods = config::Json::array();
  config::Json bytes_per_hop = config::Json::array();
  config::Json hops = config::Json::array();
  for (const HopTruth& hop : truth.hops) {
    pods.push(hop.from);
    bytes_per_hop.push(hop.ip_bytes);
    config::Json line = config::Json::object();
    line.set("from", hop.from);
    line.set("to", hop.to);
    line.set("protocol", truth.spec.method);
    line.set("source", address_text(hop.source.address));
    line.set("source_port", std::uint32_t{hop.source.port});
    line.set("destination", address_text(hop.destination.address));
    line.set("destination_port", std::uint32_t{hop.destination.port});
    line.set("ip_bytes", hop.ip_bytes);
    line.set("payload_bytes", hop.payload_bytes);
    line.set("packets", hop.packets);
    hops.push(std::move(line));
  }
  if (!truth.hops.empty()) pods.push(truth.hops.back().to);
  config::Json line = config::Json::object();
  line.set("id", truth.id);
  line.set("kind", truth.spec.kind);
  line.set("method", truth.spec.method);
  line.set("path", std::move(path));
  line.set("pods", std::move(pods));
  line.set("start", seconds(truth.start_ns));
  line.set("end", seconds(truth.end_ns));
  line.set("rate_bytes_per_minute", truth.spec.bytes_per_minute);
  line.set("bytes_per_hop", std::move(bytes_per_hop));
  line.set("hops", std::move(hops));
  return to_text(line) + '\n';
}

}  // namespace mimir::simulator
