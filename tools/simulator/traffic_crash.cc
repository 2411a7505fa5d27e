// SPDX-License-Identifier: Apache-2.0
// Services that die and refuse, and those who call them meanwhile.
#include <algorithm>
#include <cmath>

#include "tools/simulator/traffic.h"

namespace mimir::simulator {
namespace {

constexpr int kAttempts = 3;             // of a call
constexpr double kFirstPauseNs = 100e6;  // between these, doubled each time
// Of a pool, as gRPC's connection back-off has it; others are much alike.
constexpr double kFirstRetryNs = 1e9;
constexpr double kRetryGrowth = 1.6;
constexpr double kRetryNsMax = 120e9;
constexpr double kRetryJitter = 0.2;

bool is_kept(const Link& link) { return link.reuse == Reuse::kPool && link.idle_close_ns == 0; }

}  // namespace

void Traffic::bound(Connection& connection, std::uint32_t client, std::uint32_t server,
                    TimeNs time_ns) const {
  connection.set_death(Side::kClient, downtime_.next_ns(client, time_ns));
  connection.set_death(Side::kServer, downtime_.next_ns(server, time_ns));
}

void Traffic::crash(std::uint32_t service, TimeNs time_ns) {
  const auto is_of = [&](std::uint32_t pod) { return cluster_.pods[pod].service == service; };
  const std::size_t links = topology_.links.size();
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    const auto pod = static_cast<std::uint32_t>(i / links);
    auto& channels = pools_[i].channels;
    if (channels.empty()) continue;
    const bool is_client = is_of(pod);
    const std::size_t lost = std::erase_if(channels, [&](const std::unique_ptr<Channel>& each) {
      if (!is_client && !is_of(each->server_pod)) return false;
      each->connection.reset(is_client ? Side::kClient : Side::kServer, time_ns);
      return true;
    });
    const auto link = static_cast<std::uint32_t>(i % links);
    if (lost > 0 && !is_client && is_kept(topology_.links[link])) retry_later(pod, link, time_ns);
  }
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    if (!is_of(peer->first.first)) {
      ++peer;
      continue;
    }
    peer->second.reset(Side::kServer, time_ns);
    peer = peers_.erase(peer);
  }
}

void Traffic::retry_later(std::uint32_t client_pod, std::uint32_t link, TimeNs time_ns) {
  const std::uint32_t refused = pool(client_pod, link).refused++;
  const double pause_ns = std::min(kFirstRetryNs * std::pow(kRetryGrowth, refused), kRetryNsMax);
  const double jitter = random_.between(1 - kRetryJitter, 1 + kRetryJitter);
  retries_.push_back({time_ns + nanoseconds(pause_ns * jitter), client_pod, link});
}

void Traffic::retry(std::uint32_t pod, std::uint32_t link, TimeNs time_ns) {
  const std::uint32_t server = server_of_link_[link];
  if (!pool(pod, link).channels.empty() || is_down(cluster_.pods[pod].service, time_ns)) {
    pool(pod, link).refused = 0;
  } else if (is_down(server, time_ns) && has_ready_pod(server)) {
    look_up_if_due(pod, link, time_ns);
    retry_later(pod, link, knock(pod, server, time_ns));
  } else if (has_ready_pod(server)) {
    pool(pod, link).refused = 0;
    acquire(pod, link, time_ns).connection.set_ready(time_ns);
  } else {
    retry_later(pod, link, time_ns);
  }
}

TimeNs Traffic::knock(std::uint32_t client_pod, std::uint32_t service, TimeNs time_ns) {
  return dial(client_pod, any_pod(service), time_ns).open_refused(time_ns);
}

TimeNs Traffic::insist(std::uint32_t client_pod, std::uint32_t link, TimeNs time_ns) {
  const std::uint32_t service = server_of_link_[link];
  if (is_kept(topology_.links[link])) return time_ns;  // the pool tries by itself
  double pause_ns = kFirstPauseNs;
  for (int attempt = 1; is_down(service, time_ns); ++attempt) {
    look_up_if_due(client_pod, link, time_ns);
    time_ns = knock(client_pod, service, time_ns);
    if (attempt == kAttempts) break;
    time_ns += nanoseconds(pause_ns * random_.between(0.5, 1));
    pause_ns *= 2;
  }
  note_busy(client_pod, time_ns);
  return time_ns;
}

}  // namespace mimir::simulator
