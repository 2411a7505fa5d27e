// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/traffic.h"

#include <algorithm>
#include <limits>

namespace mimir::simulator {
namespace {

constexpr std::uint32_t kNoLink = std::numeric_limits<std::uint32_t>::max();
constexpr double kNsPerMs = 1e6;
constexpr double kClientReactionNs = 60'000;  // mean time of a program to go on

TimeNs nanoseconds(double value) { return static_cast<TimeNs>(value); }

}  // namespace

Traffic::Traffic(const Topology& topology, Cluster& cluster, Tap& tap, Random& random)
    : topology_(topology),
      cluster_(cluster),
      tap_(tap),
      random_(random),
      payloads_(random),
      dns_(*topology.find_service(topology.dns)) {
  const std::size_t services = topology.services.size();
  link_between_.assign(services, std::vector<std::uint32_t>(services, kNoLink));
  for (std::uint32_t i = 0; i < topology.links.size(); ++i) {
    const Link& link = topology.links[i];
    client_of_link_.push_back(*topology.find_service(link.client));
    server_of_link_.push_back(*topology.find_service(link.server));
    link_between_[client_of_link_.back()][server_of_link_.back()] = i;
    greetings_.push_back(Payloads::greetings(topology.services[server_of_link_.back()].protocol));
  }
  for (const Operation& operation : topology.operations) {
    service_of_operation_.push_back(*topology.find_service(operation.service));
    auto& steps = steps_.emplace_back();
    for (const Step& step : operation.steps) {
      steps.push_back({*topology.find_operation(step.operation), step.probability, step.parallel});
    }
  }
  pools_.resize(cluster.pods.size() * topology.links.size());
  outside_known_until_ns_.assign(topology.outside_names.size(), 0);
}

std::uint32_t Traffic::any_pod(std::uint32_t service) {
  const auto& pods = cluster_.pods_of[service];
  return pods[random_.below(static_cast<std::uint32_t>(pods.size()))];
}

Delay Traffic::delay_within(std::uint32_t first_node, std::uint32_t second_node) {
  const double mean_ns = first_node == second_node ? 22'000 : 75'000;
  return {nanoseconds(random_.log_normal(mean_ns, 0.3)),
          nanoseconds(random_.log_normal(mean_ns, 0.3))};
}

std::unique_ptr<Traffic::Channel> Traffic::connect(std::uint32_t client_pod, std::uint32_t link,
                                                   TimeNs& time_ns) {
  const std::uint32_t service = server_of_link_[link];
  const Link& how = topology_.links[link];
  Pool& names = pool(client_pod, link);
  if (how.lookup_cache_s >= 0 && time_ns >= names.name_known_until_ns) {
    time_ns = look_up(client_pod, service, time_ns);
    names.name_known_until_ns = time_ns + nanoseconds(how.lookup_cache_s * 1e9);
  }
  const Pod& client = cluster_.pods[client_pod];
  const std::uint32_t server_pod = any_pod(service);
  const Pod& server = cluster_.pods[server_pod];
  Route route;
  route.virtual_server = {cluster_.virtual_addresses[service], topology_.services[service].port};
  auto channel = std::make_unique<Channel>(Channel{
      Connection(tap_, random_, {client.address, take_port(cluster_.pods[client_pod].next_port)},
                 {server.address, topology_.services[service].target}, route,
                 delay_within(client.node, server.node)),
      server_pod});
  Connection& connection = channel->connection;
  ++connections_;
  time_ns = connection.open(time_ns);
  for (const Greeting& greeting : greetings_[link]) {
    if (greeting.bytes.empty()) continue;
    Message message;
    message.add(greeting.bytes);
    time_ns = connection.send(greeting.from_client ? Side::kClient : Side::kServer,
                              time_ns + nanoseconds(random_.exponential(kClientReactionNs)),
                              message, Acknowledge::kNow);
  }
  connection.set_ready(Connection::kBusy);
  return channel;
}

Traffic::Channel& Traffic::acquire(std::uint32_t client_pod, std::uint32_t link, TimeNs& time_ns) {
  auto& channels = pool(client_pod, link).channels;
  for (const auto& each : channels) {
    if (each->connection.ready_ns() > time_ns) continue;
    each->connection.set_ready(Connection::kBusy);
    return *each;
  }
  channels.push_back(connect(client_pod, link, time_ns));
  return *channels.back();
}

TimeNs Traffic::call(std::uint32_t client_pod, std::uint32_t operation, TimeNs time_ns) {
  const std::uint32_t service = service_of_operation_[operation];
  const std::uint32_t link = link_between_[cluster_.pods[client_pod].service][service];
  if (!topology_.links[link].pooled) {
    const auto channel = connect(client_pod, link, time_ns);
    const TimeNs done_ns =
        serve(channel->connection, channel->server_pod, operation, time_ns, false);
    channel->connection.close(done_ns + nanoseconds(random_.exponential(kClientReactionNs)));
    return done_ns;
  }
  Channel& channel = acquire(client_pod, link, time_ns);
  const TimeNs done_ns = serve(channel.connection, channel.server_pod, operation, time_ns, false);
  channel.connection.set_ready(done_ns);
  return done_ns;
}

TimeNs Traffic::serve_steps(std::uint32_t pod, std::uint32_t operation, TimeNs time_ns) {
  TimeNs begun_ns = time_ns;
  for (const CompiledStep& step : steps_[operation]) {
    if (step.probability < 1.0 && !random_.chance(step.probability)) continue;
    if (!step.parallel) begun_ns = time_ns;
    const TimeNs start_ns = begun_ns + nanoseconds(random_.exponential(kClientReactionNs));
    time_ns = std::max(time_ns, call(pod, step.operation, start_ns));
  }
  return time_ns;
}

TimeNs Traffic::serve(Connection& connection, std::uint32_t pod, std::uint32_t operation,
                      TimeNs time_ns, bool from_outside) {
  const Operation& what = topology_.operations[operation];
  const Service& server = topology_.services[service_of_operation_[operation]];
  const bool answered = server.protocol != Protocol::kAmqp;
  const bool at_once = !answered || random_.chance(0.3);
  time_ns = connection.send(Side::kClient, time_ns, payloads_.request(what, server, from_outside),
                            at_once ? Acknowledge::kNow : Acknowledge::kWithReply);
  const double work_ns = what.work_ms * kNsPerMs;
  time_ns += nanoseconds(0.3 * work_ns + random_.exponential(0.7 * work_ns));
  time_ns = serve_steps(pod, operation, time_ns);
  if (!what.deliver_to.empty()) deliver(what, time_ns);
  if (!answered) return time_ns;
  return connection.send(Side::kServer, time_ns, payloads_.reply(what, server), Acknowledge::kNow);
}

void Traffic::deliver(const Operation& operation, TimeNs time_ns) {
  const std::uint32_t consumer = *topology_.find_service(operation.deliver_to);
  const std::uint32_t link = link_between_[consumer][*topology_.find_service(operation.service)];
  Connection& connection = acquire(any_pod(consumer), link, time_ns).connection;
  time_ns = connection.send(Side::kServer, time_ns, payloads_.amqp_delivery(operation),
                            Acknowledge::kNow);
  time_ns += nanoseconds(random_.exponential(3 * kNsPerMs));
  connection.set_ready(
      connection.send(Side::kClient, time_ns, payloads_.amqp_acknowledgement(), Acknowledge::kNow));
}

Connection Traffic::connect_from_outside(Endpoint user, std::uint32_t pod, TimeNs way_ns) {
  Route route;
  route.client = Route::Client::kOutside;
  ++connections_;
  return Connection(
      tap_, random_, user,
      {cluster_.pods[pod].address, topology_.services[cluster_.pods[pod].service].target}, route,
      {way_ns, nanoseconds(random_.log_normal(60'000, 0.3))});
}

void Traffic::probe(std::uint32_t pod, TimeNs time_ns) {
  const Pod& asked = cluster_.pods[pod];
  const std::uint16_t port = topology_.services[asked.service].probe_port;
  Route route;
  route.client = Route::Client::kNode;
  Node& node = cluster_.nodes[asked.node];
  Connection connection(tap_, random_, {node.address, take_port(node.next_port)},
                        {asked.address, port}, route, {9'000, 9'000});
  ++connections_;
  time_ns = connection.open(time_ns);
  time_ns = connection.send(Side::kClient, time_ns,
                            payloads_.probe_request(address_text(asked.address), port),
                            Acknowledge::kWithReply);
  time_ns += nanoseconds(random_.exponential(0.8 * kNsPerMs));
  time_ns = connection.send(Side::kServer, time_ns, payloads_.probe_reply(), Acknowledge::kNow);
  connection.close(time_ns + nanoseconds(random_.exponential(kClientReactionNs)));
}

void Traffic::open_pools(std::uint32_t pod, TimeNs time_ns) {
  for (std::uint32_t link = 0; link < topology_.links.size(); ++link) {
    const Link& how = topology_.links[link];
    if (client_of_link_[link] != cluster_.pods[pod].service) continue;
    if (!how.pooled || how.idle_close_s > 0) continue;
    TimeNs open_ns = time_ns;
    acquire(pod, link, open_ns).connection.set_ready(open_ns);
  }
}

void Traffic::heartbeat(std::uint32_t pod, std::uint32_t link, TimeNs time_ns) {
  const Protocol protocol = topology_.services[server_of_link_[link]].protocol;
  for (const auto& channel : pool(pod, link).channels) {
    Connection& connection = channel->connection;
    if (connection.ready_ns() > time_ns) continue;
    TimeNs now_ns = connection.send(Side::kClient, time_ns, payloads_.heartbeat(protocol, true),
                                    Acknowledge::kWithReply);
    now_ns += nanoseconds(random_.exponential(kClientReactionNs));
    now_ns = connection.send(Side::kServer, now_ns, payloads_.heartbeat(protocol, false),
                             Acknowledge::kNow);
    connection.set_ready(now_ns);
  }
}

void Traffic::close_idle(TimeNs time_ns) {
  for (std::size_t i = 0; i < pools_.size(); ++i) {
    const Link& how = topology_.links[i % topology_.links.size()];
    if (!how.pooled || how.idle_close_s <= 0) continue;
    const TimeNs idle_ns = nanoseconds(how.idle_close_s * 1e9);
    auto& channels = pools_[i].channels;
    const auto dead = std::stable_partition(
        channels.begin(), channels.end(), [&](const std::unique_ptr<Channel>& each) {
          return each->connection.ready_ns() > time_ns - idle_ns;
        });
    for (auto each = dead; each != channels.end(); ++each) {
      (*each)->connection.close(time_ns + nanoseconds(random_.exponential(kNsPerMs)));
    }
    channels.erase(dead, channels.end());
  }
}

}  // namespace mimir::simulator
