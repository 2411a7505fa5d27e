// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/scan.h"

#include <algorithm>
#include <array>

namespace mimir::simulator {
namespace {

constexpr std::array<std::uint16_t, 24> kUsualPorts{
    22,   80,   443,  8080, 3306, 5432, 6379,  27017, 9200, 5672,  8443, 2379,
    9090, 8000, 8888, 3000, 5000, 9000, 10250, 25,    53,   11211, 1433, 7000};
constexpr TimeNs kRepeatNs = kNsPerSecond;  // RFC 6298 §2
constexpr TimeNs kWayNs = 60'000;
constexpr std::uint16_t kScannerWindow = 1024;  // nmap's
constexpr std::uint16_t kLinuxWindow = 64'240;  // 44 segments of 1460 bytes

bool listens_at(const Service& service, std::uint16_t port) {
  return port == service.pod_port() || (service.probe_port != 0 && port == service.probe_port) ||
         (service.replication.port != 0 && port == service.replication.port);
}

}  // namespace

Scan::Scan(const AttackSpec& spec, std::uint32_t id, const AttackContext& context,
           std::uint64_t seed)
    : spec_(spec), id_(id), context_(context), random_(seed) {
  sequence_ = static_cast<std::uint32_t>(random_.next());
}

TimeNs Scan::begin(TimeNs time_ns) {
  begin_ns_ = time_ns;
  end_ns_ = time_ns + spec_.duration_ns;
  const auto& pods = context_.cluster.pods_of[*context_.topology.find_service(spec_.path.front())];
  if (pods.empty()) return end_ns_;
  pod_ = pods[random_.below(static_cast<std::uint32_t>(pods.size()))];
  sent_.from = context_.cluster.pods[pod_].name;
  sent_.to = spec_.path.size() > 1 ? spec_.path.back() : "*";
  sent_.source.address = context_.cluster.pods[pod_].address;
  return time_ns;
}

Endpoint Scan::next_target() {
  const std::uint64_t turn = turn_++;
  const std::size_t ports = spec_.port == 0 ? kUsualPorts.size() : 1;
  const std::uint16_t port = spec_.port == 0 ? kUsualPorts[turn % ports] : spec_.port;
  const std::uint64_t host = turn / ports;
  if (spec_.path.size() > 1) {
    const auto& pods = context_.cluster.pods_of[*context_.topology.find_service(spec_.path.back())];
    if (!pods.empty()) return {context_.cluster.pods[pods[host % pods.size()]].address, port};
  }
  // All addresses of the pods' networks, one after the other, whether held or not.
  const auto& nodes = context_.cluster.nodes;
  const Node& node = nodes[host / 254 % nodes.size()];
  return {node.bridge + static_cast<std::uint32_t>(host % 254), port};
}

std::optional<std::uint32_t> Scan::holder(std::uint32_t address) const {
  const auto& pods = context_.cluster.pods;
  for (std::uint32_t i = 0; i < pods.size(); ++i) {
    if (pods[i].address == address && pods[i].state != Pod::State::kGone) return i;
  }
  return std::nullopt;
}

bool Scan::emit(TimeNs time_ns, Endpoint source, Endpoint destination, std::uint8_t flags,
                bool from_scanner) {
  Header header;
  header.source = source;
  header.destination = destination;
  header.flags = flags;
  const bool is_probe = flags == kSyn;
  const bool is_reset = (flags & kReset) != 0;
  // Only the probe is the scanner's own. Its answer, and the reset of who never asked for
  // that, are the kernels': Linux numbers neither, and resets without options or window.
  header.identification = is_probe ? static_cast<std::uint16_t>(random_.next()) : std::uint16_t{0};
  header.options = is_reset ? TcpOptions::kNone : TcpOptions::kSegmentSize;
  header.window = is_probe ? kScannerWindow : is_reset ? std::uint16_t{0} : kLinuxWindow;
  header.sequence = from_scanner ? sequence_ + ((flags & kReset) != 0 ? 1 : 0) : ~sequence_;
  if ((flags & kReset) != 0 && !from_scanner) header.sequence = 0;
  if ((flags & kAck) != 0) header.acknowledgement = sequence_ + 1;
  const bool is_seen = context_.tap.see(time_ns, header, from_scanner, {}, {}, 0, 0);
  if (is_seen && from_scanner) {
    sent_.ip_bytes += 20 + (is_probe ? 24U : 20U);
    ++sent_.packets;
  }
  return is_seen;
}

std::optional<TimeNs> Scan::step(TimeNs time_ns) {
  if (time_ns >= end_ns_ || pod_ == kNoService) return std::nullopt;
  if (context_.cluster.pods[pod_].state != Pod::State::kReady) {
    end_ns_ = time_ns;
    return std::nullopt;
  }
  const Endpoint target = next_target();
  const Endpoint source{sent_.source.address,
                        static_cast<std::uint16_t>(32768 + random_.below(28232))};
  if (target.address != source.address) {
    sequence_ += 64'000;
    if (emit(time_ns, source, target, kSyn, true)) ++probes_;
    if (const auto pod = holder(target.address)) {
      const std::uint32_t service = context_.cluster.pods[*pod].service;
      const bool is_open =
          service != kNoService && listens_at(context_.topology.services[service], target.port);
      const TimeNs answered_ns = time_ns + 2 * kWayNs;
      if (is_open) {
        if (emit(answered_ns, target, source, kSyn | kAck, false)) ++open_;
        emit(answered_ns + kWayNs / 4, source, target, kReset, true);
      } else {
        emit(answered_ns, target, source, kReset | kAck, false);
      }
    } else {
      emit(time_ns + kRepeatNs, source, target, kSyn, true);
    }
  }
  return time_ns + 1 + static_cast<TimeNs>(random_.exponential(1e9 / spec_.probes_per_s));
}

AttackTruth Scan::truth() const {
  AttackTruth truth;
  truth.id = id_;
  truth.spec = spec_;
  truth.start_ns = begin_ns_;
  truth.end_ns = end_ns_;
  if (pod_ != kNoService) truth.pods.push_back(sent_.from);
  truth.hops.push_back(sent_);
  truth.probes = probes_;
  truth.open = open_;
  return truth;
}

}  // namespace mimir::simulator
