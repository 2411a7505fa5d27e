// SPDX-License-Identifier: Apache-2.0
// Connections that outlive an exchange: opened, kept alive, closed; and those between the
// members of a replicated service.
#include <algorithm>

#include "tools/simulator/traffic.h"

namespace mimir::simulator {
namespace {}  // namespace

void Traffic::open_pools(std::uint32_t pod, TimeNs time_ns) {
  for (std::uint32_t link = 0; link < topology_.links.size(); ++link) {
    const Link& how = topology_.links[link];
    if (client_of_link_[link] != cluster_.pods[pod].service) continue;
    if (how.reuse != Reuse::kPool || how.idle_close_ns > 0) continue;
    if (!has_ready_pod(server_of_link_[link])) continue;
    if (is_down(server_of_link_[link], time_ns)) {
      retry_later(pod, link, time_ns);
      continue;
    }
    TimeNs open_ns = time_ns;
    acquire(pod, link, open_ns).connection.set_ready(open_ns);
  }
  open_peers(pod, time_ns);
}

void Traffic::open_peers(std::uint32_t pod, TimeNs time_ns) {
  const std::uint32_t service = cluster_.pods[pod].service;
  const std::uint16_t port = topology_.services[service].replication.port;
  if (port == 0) return;
  for (const std::uint32_t peer : cluster_.pods_of[service]) {
    const std::pair<std::uint32_t, std::uint32_t> ends = std::minmax(pod, peer, std::greater<>());
    if (peer == pod || peers_.contains(ends)) continue;
    Pod& client = cluster_.pods[pod];
    const Pod& server = cluster_.pods[peer];
    Connection connection(tap_, random_, {client.address, take_port(client.next_port)},
                          {server.address, port}, {}, delay_within(client.node, server.node));
    ++connections_;
    bound(connection, service, service, time_ns);
    connection.set_ready(connection.open(time_ns));
    peers_.emplace(ends, connection);
  }
}

void Traffic::say_to_peer(std::uint32_t from, std::uint32_t to, TimeNs time_ns,
                          const Message& message) {
  const auto found = peers_.find(std::minmax(from, to, std::greater<>()));
  if (found == peers_.end()) return;
  Connection& connection = found->second;
  const bool is_client = connection.client().address == cluster_.pods[from].address;
  connection.send(is_client ? Side::kClient : Side::kServer,
                  std::max(time_ns, connection.ready_ns()), message, Acknowledge::kNow);
}

void Traffic::replicate(const Write& write) {
  const std::uint32_t service = cluster_.pods[write.pod].service;
  if (is_down(service, write.time_ns)) return;
  const Replication& how = topology_.services[service].replication;
  const auto& members = cluster_.pods_of[service];
  const Message rows = payloads_.noise(how.write);
  for (const std::uint32_t member : members) {
    if (member != write.pod) say_to_peer(write.pod, member, write.time_ns, rows);
  }
  for (const std::uint32_t from : members) {
    if (from == write.pod) continue;
    const TimeNs time_ns = write.time_ns + nanoseconds(150'000 + random_.exponential(250'000));
    const Message confirmation = payloads_.noise(how.confirmation);
    for (const std::uint32_t to : members) {
      if (to != from) say_to_peer(from, to, time_ns, confirmation);
    }
  }
}

void Traffic::drain(std::uint32_t pod, TimeNs time_ns) {
  const auto close = [&](Channel& channel, Side first) {
    const TimeNs end_ns = std::max(time_ns, channel.connection.ready_ns());
    channel.connection.close(end_ns + nanoseconds(random_.exponential(kNsPerMs)), first);
  };
  const std::size_t links = topology_.links.size();
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    auto& channels = pools_[i].channels;
    if (i / links == pod) {
      for (const auto& each : channels) close(*each, Side::kClient);
      channels.clear();
      continue;
    }
    std::erase_if(channels, [&](const std::unique_ptr<Channel>& each) {
      if (each->server_pod != pod) return false;
      close(*each, Side::kServer);
      return true;
    });
  }
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    if (peer->first.first != pod && peer->first.second != pod) {
      ++peer;
      continue;
    }
    const TimeNs end_ns = std::max(time_ns, peer->second.last_seen_ns());
    peer->second.close(end_ns + nanoseconds(random_.exponential(kNsPerMs)));
    peer = peers_.erase(peer);
  }
}

void Traffic::heartbeat(std::uint32_t pod, std::uint32_t link, TimeNs time_ns) {
  const Protocol protocol = topology_.services[server_of_link_[link]].protocol;
  for (const auto& channel : pool(pod, link).channels) {
    Connection& connection = channel->connection;
    if (connection.ready_ns() > time_ns) continue;
    TimeNs now_ns = time_ns;
    const Message asked = payloads_.heartbeat(protocol, true);
    if (asked.size > 0) {
      now_ns = connection.send(Side::kClient, now_ns, asked, Acknowledge::kWithReply);
      now_ns += nanoseconds(random_.exponential(kClientReactionNs));
    }
    now_ns = connection.send(Side::kServer, now_ns, payloads_.heartbeat(protocol, false),
                             Acknowledge::kNow);
    connection.set_ready(now_ns);
  }
}

void Traffic::tend_idle(TimeNs time_ns) {
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    const Link& how = topology_.links[i % topology_.links.size()];
    auto& channels = pools_[i].channels;
    if (channels.empty()) continue;
    if (how.idle_close_ns > 0) {
      const auto dead = std::stable_partition(
          channels.begin(), channels.end(), [&](const std::unique_ptr<Channel>& each) {
            return each->connection.ready_ns() > time_ns - how.idle_close_ns;
          });
      for (auto each = dead; each != channels.end(); ++each) {
        close_channel(**each, time_ns + nanoseconds(random_.exponential(kNsPerMs)));
      }
      channels.erase(dead, channels.end());
    }
    if (how.keep_alive_ns <= 0) continue;
    for (const auto& each : channels) {
      const TimeNs silent_ns = time_ns - each->connection.last_seen_ns();
      if (each->connection.ready_ns() > time_ns || silent_ns < how.keep_alive_ns) continue;
      const TimeNs idle_ns = each->connection.ready_ns();
      each->connection.keep_alive(time_ns + nanoseconds(random_.exponential(kNsPerMs)));
      // It is no use: the time it has been idle goes on.
      each->connection.set_ready(idle_ns);
    }
  }
}

}  // namespace mimir::simulator
